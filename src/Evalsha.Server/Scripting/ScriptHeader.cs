// The first line of a script: #!lua flags=no-writes,allow-oom.
// Always: a script without it runs as Redis's compatibility mode demands (nothing checked up front); a bad one is refused in Redis's words.
using System.Text;

namespace Evalsha.Server.Scripting;

[Flags]
internal enum ScriptFlags
{
    None = 0,
    NoWrites = 1,
    AllowOom = 2,
    AllowStale = 4,
    NoCluster = 8,
    AllowCrossSlotKeys = 16,

    /// <summary>There was no first line: each command is checked on its own.</summary>
    Compatible = 32,
}

/// <param name="Length">Bytes to leave out of the compiled text; the line's end stays, so that line numbers are the author's.</param>
internal readonly record struct ScriptHeader(ScriptFlags Flags, int Length)
{
    internal static readonly (string Name, ScriptFlags Flag)[] Names =
    [
        ("no-writes", ScriptFlags.NoWrites),
        ("allow-oom", ScriptFlags.AllowOom),
        ("allow-stale", ScriptFlags.AllowStale),
        ("no-cluster", ScriptFlags.NoCluster),
        ("allow-cross-slot-keys", ScriptFlags.AllowCrossSlotKeys),
    ];

    public static bool TryParse(ReadOnlySpan<byte> script, out ScriptHeader header, out string? error)
    {
        header = new ScriptHeader(ScriptFlags.Compatible, 0);
        error = null;
        if (!script.StartsWith("#!"u8))
        {
            return true;
        }

        var end = script.IndexOf((byte)'\n');
        if (end < 0)
        {
            error = "ERR Invalid script shebang";
            return false;
        }

        var words = Split(Encoding.Latin1.GetString(script[..end]));
        if (words is null or [])
        {
            error = "ERR Invalid engine in script shebang";
            return false;
        }

        if (words[0] != "#!lua")
        {
            error = $"ERR Unexpected engine in script shebang: {words[0]}";
            return false;
        }

        var flags = ScriptFlags.None;
        foreach (var word in words.Skip(1))
        {
            if (!word.StartsWith("flags=", StringComparison.Ordinal))
            {
                error = $"ERR Unknown lua shebang option: {word}";
                return false;
            }

            foreach (var name in word["flags=".Length..].Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                var flag = Array.Find(Names, known => known.Name == name).Flag;
                if (flag == ScriptFlags.None)
                {
                    error = $"ERR Unexpected flag in script shebang: {name}";
                    return false;
                }

                flags |= flag;
            }
        }

        header = new ScriptHeader(flags, end);
        return true;
    }

    /// <summary>Words as a shell splits them; null when a quote is not closed or is followed by more than a blank.</summary>
    internal static List<string>? Split(string line)
    {
        var words = new List<string>();
        for (var i = 0; i < line.Length;)
        {
            if (char.IsWhiteSpace(line[i]))
            {
                i++;
                continue;
            }

            var word = new StringBuilder();
            for (; i < line.Length && !char.IsWhiteSpace(line[i]); i++)
            {
                if (line[i] is not ('"' or '\''))
                {
                    word.Append(line[i]);
                    continue;
                }

                var close = line.IndexOf(line[i], i + 1);
                if (close < 0 || (close + 1 < line.Length && !char.IsWhiteSpace(line[close + 1])))
                {
                    return null;
                }

                word.Append(line, i + 1, close - i - 1);
                i = close;
            }

            words.Add(word.ToString());
        }

        return words;
    }
}
