// The text of a script as it goes to the server: the file of that name inside this assembly with its includes put in.
// Always: an include is a line `--- @include NAME` and stands for Scripts/lib/NAME.lua; each library goes in once, libraries include nothing.
// A library holds only local functions and constants, so including it costs a run nothing but their closures.
using System.Collections.Concurrent;
using System.Text;

namespace Referee.Scripts;

public static class ScriptSource
{
    private const string Include = "--- @include ";
    private static readonly ConcurrentDictionary<string, string> Read = new(StringComparer.Ordinal);

    /// <summary>Reads a script such as <c>Work/Scripts/claim.lua</c>.</summary>
    /// <exception cref="FileNotFoundException">No such script is in this assembly.</exception>
    public static string Load(string path) => Expand(Text(path));

    /// <summary>Puts the includes into a text that comes from elsewhere, such as a compiled policy.</summary>
    public static string Expand(string lua)
    {
        var output = new StringBuilder(lua.Length * 2);
        var included = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in lua.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith(Include, StringComparison.Ordinal))
            {
                var name = line[Include.Length..].Trim();
                if (included.Add(name))
                {
                    output.Append(Text($"Scripts/lib/{name}.lua").TrimEnd('\n')).Append('\n');
                }
            }
            else
            {
                output.Append(line).Append('\n');
            }
        }

        return output.ToString().TrimEnd('\n') + "\n";
    }

    private static string Text(string path) => Read.GetOrAdd(path, static name =>
    {
        using var stream = typeof(ScriptSource).Assembly.GetManifestResourceStream(name)
            ?? throw new FileNotFoundException($"The script {name} is not in this assembly.", name);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    });
}
