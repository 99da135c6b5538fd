// LCS: the longest common subsequence of two strings, its length, or where it lies in both.
// Always: one table of (a + 1) × (b + 1) numbers, refused when it would be larger than the longest string may be.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class LcsCommand
{
    public static readonly CommandRow[] Rows =
    [
        new("lcs", -3, ReadOnly, KeySpec.Two, Lcs) { Since = "7.0.0", Group = "string", Summary = "The longest common subsequence of two strings.", AclCategories = ["@string"], Complexity = "O(N*M), N, M: lengths of the strings", KeyUses = ["RO ACCESS"], Syntax = "key1:key key2:key#0 [LEN] [IDX] [MINMATCHLEN <len:integer>] [WITHMATCHLEN]" },
    ];

    private static void Lcs(CommandContext c)
    {
        var first = c.Look(1);
        var second = c.Look(2);
        if ((first is not null && !StringValue.IsString(first.Value)) || (second is not null && !StringValue.IsString(second.Value)))
        {
            c.Reply.Error("ERR The specified keys must contain string values"u8);
            return;
        }

        bool wantsIndexes = false, wantsLength = false, withLengths = false;
        long shortest = 0;
        for (var i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "IDX"u8))
            {
                wantsIndexes = true;
            }
            else if (c.Is(i, "LEN"u8))
            {
                wantsLength = true;
            }
            else if (c.Is(i, "WITHMATCHLEN"u8))
            {
                withLengths = true;
            }
            else if (c.Is(i, "MINMATCHLEN"u8) && i + 1 < c.Count)
            {
                if (!c.TryInteger(++i, out shortest))
                {
                    return;
                }
            }
            else
            {
                c.SyntaxError();
                return;
            }
        }

        if (wantsIndexes && wantsLength)
        {
            c.Reply.Error("ERR If you want both the length and indexes, please just use IDX."u8);
            return;
        }

        var a = first is null ? default : StringValue.Bytes(first.Value, stackalloc byte[StringValue.ScratchBytes]);
        var b = second is null ? default : StringValue.Bytes(second.Value, stackalloc byte[StringValue.ScratchBytes]);
        if ((a.Length + 1L) * (b.Length + 1L) * sizeof(int) > EncodingLimits.StringBytesMax)
        {
            c.Reply.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"u8);
            return;
        }

        if (wantsLength)
        {
            c.Reply.Integer(Length(a, b));
            return;
        }

        var table = Table(a, b);
        var length = table[(a.Length * (b.Length + 1)) + b.Length];
        var common = new byte[length];
        var matches = Walk(table, a, b, common);
        if (!wantsIndexes)
        {
            c.Reply.Bulk(common);
            return;
        }

        matches.RemoveAll(m => shortest > 0 && m.Length < shortest);
        c.Reply.Map(2);
        c.Reply.Bulk("matches"u8);
        c.Reply.Array(matches.Count);
        foreach (var match in matches)
        {
            c.Reply.Array(withLengths ? 3 : 2);
            c.Reply.Array(2);
            c.Reply.Integer(match.A);
            c.Reply.Integer(match.A + match.Length - 1);
            c.Reply.Array(2);
            c.Reply.Integer(match.B);
            c.Reply.Integer(match.B + match.Length - 1);
            if (withLengths)
            {
                c.Reply.Integer(match.Length);
            }
        }

        c.Reply.Bulk("len"u8);
        c.Reply.Integer(length);
    }

    /// <summary>The length alone needs two rows of the table.</summary>
    private static int Length(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var (above, row) = (new int[b.Length + 1], new int[b.Length + 1]);
        foreach (var letter in a)
        {
            FillRow(above, row, letter, b);
            (above, row) = (row, above);
        }

        return above[b.Length];
    }

    private static void FillRow(ReadOnlySpan<int> above, Span<int> row, byte letter, ReadOnlySpan<byte> b)
    {
        var (diagonal, left) = (0, 0);
        above = above[1..];
        row = row[1..];
        for (var j = 0; j < row.Length && j < above.Length && j < b.Length; j++)
        {
            var up = above[j];
            left = letter == b[j] ? diagonal + 1 : Math.Max(up, left);
            diagonal = up;
            row[j] = left;
        }
    }

    /// <summary>table[i, j] is the length for the first i bytes of a and the first j of b.</summary>
    private static int[] Table(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        var width = b.Length + 1;
        var table = new int[(a.Length + 1) * width];
        for (var i = 1; i <= a.Length; i++)
        {
            FillRow(table.AsSpan((i - 1) * width, width), table.AsSpan(i * width, width), a[i - 1], b);
        }

        return table;
    }

    /// <summary>From the end back: fills in the common bytes, and answers the runs that are contiguous in both, last first.</summary>
    private static List<Match> Walk(int[] table, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, byte[] common)
    {
        var width = b.Length + 1;
        var matches = new List<Match>();
        var run = default(Match);
        var place = common.Length;
        for (int i = a.Length, j = b.Length; i > 0 && j > 0;)
        {
            var ends = false;
            if (a[i - 1] == b[j - 1])
            {
                common[--place] = a[i - 1];
                if (run.Length == 0)
                {
                    run = new Match(i - 1, j - 1, 1);
                }
                else if (run.A == i && run.B == j)
                {
                    run = new Match(i - 1, j - 1, run.Length + 1);
                }
                else
                {
                    ends = true;
                }

                ends |= run.A == 0 || run.B == 0;
                i--;
                j--;
            }
            else
            {
                if (table[((i - 1) * width) + j] > table[(i * width) + j - 1])
                {
                    i--;
                }
                else
                {
                    j--;
                }

                ends = run.Length > 0;
            }

            if (ends)
            {
                matches.Add(run);
                run = default;
            }
        }

        return matches;
    }

    private readonly record struct Match(int A, int B, int Length);
}
