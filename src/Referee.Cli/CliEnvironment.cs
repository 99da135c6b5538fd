// What a verb may touch of the world outside: where it stands, variables, the two outputs, the clock. Tests bring their own.
using System.Collections;

namespace Referee.Cli;

/// <param name="Directory">Where the command was typed; the search for <c>.referee</c> begins here.</param>
/// <param name="IsInteractive">Whether <paramref name="Out"/> is a terminal: only then colours and live displays.</param>
public sealed record CliEnvironment(
    string Directory,
    IReadOnlyDictionary<string, string> Variables,
    TextWriter Out,
    TextWriter Error,
    bool IsInteractive,
    TimeProvider Time)
{
    public static CliEnvironment OfProcess() => new(
        System.IO.Directory.GetCurrentDirectory(),
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal),
        Console.Out,
        Console.Error,
        !Console.IsOutputRedirected && !Environment.GetEnvironmentVariables().Contains("NO_COLOR") && Environment.GetEnvironmentVariable("TERM") != "dumb",
        TimeProvider.System);

    /// <summary>The user of the operating system, as a principal's name: other characters become hyphens.</summary>
    public string OsUser
    {
        get
        {
            var name = new string([.. Environment.UserName.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')]);
            return name.Length == 0 ? "nobody" : name;
        }
    }
}
