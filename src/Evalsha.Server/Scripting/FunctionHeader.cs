// The first line of a function library: #!lua name=lib. Always: refused in Redis's words; the engine's name is read without regard to case.
using System.Text;

namespace Evalsha.Server.Scripting;

/// <param name="Length">Bytes to leave out of the compiled text; the line's end stays, so that line numbers are the author's.</param>
internal readonly record struct FunctionHeader(string Name, int Length)
{
    internal const string BadName = "ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

    public static bool TryParse(ReadOnlySpan<byte> code, out FunctionHeader header, out string error)
    {
        (header, error) = (default, "");
        if (!code.StartsWith("#!"u8))
        {
            error = "ERR Missing library metadata";
            return false;
        }

        var end = code.IndexOf((byte)'\n');
        if (end < 0 || ScriptHeader.Split(Encoding.Latin1.GetString(code[..end])) is not { Count: > 0 } words)
        {
            error = "ERR Invalid library metadata";
            return false;
        }

        string? name = null;
        foreach (var word in words.Skip(1))
        {
            if (!word.StartsWith("name=", StringComparison.OrdinalIgnoreCase))
            {
                error = $"ERR Invalid metadata value given: {word}";
                return false;
            }

            if (name is not null)
            {
                error = "ERR Invalid metadata value, name argument was given multiple times";
                return false;
            }

            name = word["name=".Length..];
        }

        error = name is null ? "ERR Library name was not given"
            : !IsName(name) ? BadName
            : !words[0].Equals("#!lua", StringComparison.OrdinalIgnoreCase) ? $"ERR Engine '{words[0][2..]}' not found"
            : "";
        header = new FunctionHeader(name ?? "", end);
        return error.Length == 0;
    }

    public static bool IsName(string name) => name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
