// Redis's glob patterns over bytes: * ? [a-z] [^a] \x. Used by KEYS, SCAN, CONFIG GET and pattern subscriptions.
// Always: ends after a bounded number of steps; a pattern that would need more backtracking than the limit matches nothing.
namespace Evalsha.Server.Dispatch;

public static class Glob
{
    private const int NestingMax = 1000;

    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        var skip = false;
        return Match(pattern, text, ignoreCase, ref skip, 0);
    }

    // skip: a star further right has seen the text end, so stars further left need not try longer matches.
    private static bool Match(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase, ref bool skip, int nesting)
    {
        if (nesting > NestingMax)
        {
            return false;
        }

        while (!pattern.IsEmpty && !text.IsEmpty)
        {
            switch (pattern[0])
            {
                case (byte)'*':
                    return MatchStar(pattern, text, ignoreCase, ref skip, nesting);
                case (byte)'?':
                    text = text[1..];
                    pattern = pattern[1..];
                    break;
                case (byte)'[':
                    if (!MatchSet(ref pattern, text[0], ignoreCase))
                    {
                        return false;
                    }

                    text = text[1..];
                    break;
                default:
                    if (pattern[0] == (byte)'\\' && pattern.Length >= 2)
                    {
                        pattern = pattern[1..];
                    }

                    if (Fold(pattern[0], ignoreCase) != Fold(text[0], ignoreCase))
                    {
                        return false;
                    }

                    text = text[1..];
                    pattern = pattern[1..];
                    break;
            }
        }

        if (text.IsEmpty)
        {
            pattern = pattern.TrimStart((byte)'*');
        }

        return pattern.IsEmpty && text.IsEmpty;
    }

    private static bool MatchStar(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase, ref bool skip, int nesting)
    {
        while (pattern.Length > 1 && pattern[1] == (byte)'*')
        {
            pattern = pattern[1..];
        }

        if (pattern.Length == 1)
        {
            return true;
        }

        for (; !text.IsEmpty; text = text[1..])
        {
            if (Match(pattern[1..], text, ignoreCase, ref skip, nesting + 1))
            {
                return true;
            }

            if (skip)
            {
                return false;
            }
        }

        skip = true;
        return false;
    }

    /// <summary>Takes the set off the pattern, closed or not, and says whether the byte is in it.</summary>
    private static bool MatchSet(ref ReadOnlySpan<byte> pattern, byte b, bool ignoreCase)
    {
        pattern = pattern[1..];
        var negated = !pattern.IsEmpty && pattern[0] == (byte)'^';
        if (negated)
        {
            pattern = pattern[1..];
        }

        var found = false;
        b = Fold(b, ignoreCase);
        while (!pattern.IsEmpty && pattern[0] != (byte)']')
        {
            if (pattern[0] == (byte)'\\' && pattern.Length >= 2)
            {
                found |= pattern[1] == b;
                pattern = pattern[2..];
            }
            else if (pattern.Length >= 3 && pattern[1] == (byte)'-')
            {
                var (low, high) = (Fold(pattern[0], ignoreCase), Fold(pattern[2], ignoreCase));
                found |= low <= high ? b >= low && b <= high : b >= high && b <= low;
                pattern = pattern[3..];
            }
            else
            {
                found |= Fold(pattern[0], ignoreCase) == b;
                pattern = pattern[1..];
            }
        }

        pattern = pattern.IsEmpty ? pattern : pattern[1..];
        return found != negated;
    }

    private static byte Fold(byte b, bool ignoreCase) => ignoreCase && b is >= (byte)'A' and <= (byte)'Z' ? (byte)(b | 0x20) : b;
}
