// The counted B+ tree against a sorted list: order, ranks, bounds, runs, through every split and join.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class ScoreTreeTests
{
    private static readonly IComparer<(double Score, ByteString Member)> Order =
        Comparer<(double Score, ByteString Member)>.Create(static (a, b) => ScoreTree.Compare(a.Score, a.Member, b.Score, b.Member));

    [Fact]
    public void A_tree_answers_as_a_sorted_list_does() => Properties.Hold<(byte Kind, sbyte Score, ushort Member)[]>(steps =>
        Run(steps.Select(static s => (s.Kind, s.Score, s.Member))));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_tree_of_many_levels_answers_as_a_sorted_list_does(int seed)
    {
        var random = new Random(seed);
        // Long stretches of growing and of shrinking: every split and every join is passed.
        Run(Enumerable.Range(0, 30_000).Select(i =>
            ((byte)(i / 5000 % 2 == 0 ? random.Next(8) : random.Next(14)), (sbyte)random.Next(-20, 20), (ushort)random.Next(20_000))));
    }

    [Fact]
    public void Ascending_members_fill_their_leaves()
    {
        var tree = new ScoreTree();
        for (var i = 0; i < 10_000; i++)
        {
            tree.Add(i, ByteString.FromUtf8("m"));
        }

        tree.Verify();
        tree.At(9_999).Score.ShouldBe(9_999);
        tree.RankOf(5_000, ByteString.FromUtf8("m")).ShouldBe(5_000);
    }

    private static void Run(IEnumerable<(byte Kind, sbyte Score, ushort Member)> steps)
    {
        var tree = new ScoreTree();
        var model = new List<(double Score, ByteString Member)>();
        var count = 0;
        foreach (var (kind, score, number) in steps)
        {
            var pair = ((double)score, ByteString.FromUtf8($"m{number}"));
            var place = model.BinarySearch(pair, Order);
            tree.RankOf(pair.Item1, pair.Item2).ShouldBe(place < 0 ? ~place : place);
            if (kind % 14 < 7 && place < 0)
            {
                tree.Add(pair.Item1, pair.Item2);
                model.Insert(~place, pair);
            }
            else if (kind % 14 < 13 && model.Count > 0)
            {
                var victim = model[number % model.Count];
                tree.Remove(victim.Score, victim.Member);
                model.RemoveAt(number % model.Count);
            }
            else if (kind % 14 == 13 && model.Count > 0)
            {
                var from = number % model.Count;
                var run = Math.Min(model.Count - from, number % 200);
                tree.RemoveRun(from, run);
                model.RemoveRange(from, run);
            }

            if (++count % 97 == 0)
            {
                tree.Verify();
            }
        }

        tree.Verify();
        Forward(tree).ShouldBe(model);
        Backward(tree).ShouldBe(Enumerable.Reverse(model));
        Forward(tree.Clone()).ShouldBe(model);
        for (var bound = -21; bound <= 21; bound++)
        {
            tree.CountBefore(new ScoreRange(bound, 0, false, false), ScoreRange.BeforeStart).ShouldBe(model.Count(p => p.Score < bound));
            tree.CountBefore(new ScoreRange(bound, 0, true, false), ScoreRange.BeforeStart).ShouldBe(model.Count(p => p.Score <= bound));
        }

        for (var rank = 0; rank < model.Count; rank += 13)
        {
            tree.At(rank).Member.ShouldBe(model[rank].Member);
        }

        tree.At(model.Count).IsValid.ShouldBeFalse();
    }

    private static List<(double, ByteString)> Forward(ScoreTree tree)
    {
        var all = new List<(double, ByteString)>();
        for (var cursor = tree.At(0); cursor.IsValid; cursor.MoveNext())
        {
            all.Add((cursor.Score, cursor.Member));
        }

        return all;
    }

    private static List<(double, ByteString)> Backward(ScoreTree tree)
    {
        var all = new List<(double, ByteString)>();
        for (var cursor = tree.At(tree.Count - 1); cursor.IsValid; cursor.MovePrevious())
        {
            all.Add((cursor.Score, cursor.Member));
        }

        return all;
    }
}
