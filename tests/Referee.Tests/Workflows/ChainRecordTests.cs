// The vectors in docs/chain.md, recomputed from scratch, and the codec's manners with bytes that are none of ours.
using FsCheck;
using FsCheck.Fluent;
using Referee.Workflows;

namespace Referee.Tests.Workflows;

public sealed class ChainRecordTests
{
    private static readonly ChainRecord First = new()
    {
        Previous = ChainRecord.Beginning,
        Number = 1,
        Kind = "pass",
        Item = "T-1",
        From = "ready",
        To = "review",
        Principal = "ann",
        Verified = true,
        At = 1_800_000_000_000,
        Version = 7,
        Fence = 1,
        Policy = "0123456789abcdef0123456789abcdef01234567",
        Subject = "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        Evidence = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        Request = "promote/ann/r-1",
    };

    private static readonly ChainRecord Second = First with
    {
        Previous = "7c6a78e038eb10608a66326c5c9a14965d5cd05a",
        Number = 2,
        Kind = "send_back",
        From = "review",
        To = "ready",
        Principal = "rita",
        Verified = false,
        At = 1_800_000_060_000,
        Version = 9,
        Fence = 300,
        Evidence = "",
        Request = "",
        ItemBefore = "1-0",
        Note = "Das Prüfprotokoll fehlt.",
    };

    private static readonly ChainRecord Third = First with
    {
        Previous = "7c99302be4dff33b47f1a1ef9053ad0ba84e8f0f",
        Number = 3,
        Kind = "override",
        Principal = "olga",
        At = 1_800_000_120_000,
        Version = 70_000,
        Fence = 301,
        Approvals = "356a192b7913b04c54574d18c28d46e6395428ab",
        ItemBefore = "2-0",
        Note = "the building is on fire\n3 TIER\n5 APPROVALS",
    };

    [Fact]
    public void The_vectors_of_the_document_hold()
    {
        var lines = Vectors();
        ChainRecord[] records = [First, Second, Third];
        lines.Count.ShouldBe(2 * records.Length);
        var link = ChainRecord.Beginning;
        for (var i = 0; i < records.Length; i++)
        {
            var bytes = Convert.FromHexString(lines[2 * i]);
            Convert.ToHexStringLower(records[i].ToBytes()).ShouldBe(lines[2 * i]);
            ChainRecord.TryRead(bytes, out var read).ShouldBeTrue();
            read.ShouldBe(records[i] with { Link = lines[(2 * i) + 1] });
            read!.Previous.ShouldBe(link);
            link = ChainRecord.LinkOf(bytes);
            link.ShouldBe(lines[(2 * i) + 1]);
        }
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_thrown_at() =>
        Prop.ForAll<byte[]>(bytes => ChainRecord.TryRead(bytes, out _) || true).QuickCheckThrowOnFailure();

    [Fact]
    public void A_record_cut_short_or_with_a_tail_is_none()
    {
        var bytes = First.ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            ChainRecord.TryRead(bytes.AsSpan(0, length), out _).ShouldBeFalse();
        }

        ChainRecord.TryRead([.. bytes, 0], out _).ShouldBeFalse();
    }

    private static List<string> Vectors()
    {
        var document = File.ReadAllText(Path.Combine(Repository(), "docs", "chain.md"));
        var begin = document.IndexOf("```chain-vectors", StringComparison.Ordinal);
        var end = document.IndexOf("```", begin + 3, StringComparison.Ordinal);
        return [.. document[begin..end].Split('\n').Skip(1).Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#'))];
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Referee.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
    }
}
