// Sorted sets against a dictionary of scores, below and above the compact form.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class SortedSetValueTests
{
    [Fact]
    public void A_sorted_set_answers_as_a_dictionary_of_scores_does() => Properties.Hold<(byte Kind, byte Member, sbyte Score)[]>(steps =>
    {
        var set = new SortedSetValue();
        var model = new Dictionary<string, double>();
        foreach (var (kind, number, score) in steps)
        {
            var text = $"m{number}";
            var member = ByteString.FromUtf8(text);
            if (kind % 8 < 6)
            {
                set.Set(member, score / 4.0);
                model[text] = score / 4.0;
            }
            else if (kind % 8 == 6)
            {
                set.Remove(member.Span).ShouldBe(model.Remove(text));
            }
            else if (model.Count > 0)
            {
                var ordered = Ordered(model);
                var from = number % model.Count;
                var run = Math.Min(3, model.Count - from);
                set.RemoveRun(from, run);
                ordered.Skip(from).Take(run).ToList().ForEach(p => model.Remove(p.Key));
            }

            set.TryGetScore(member.Span, out var found).ShouldBe(model.TryGetValue(text, out var expected));
            found.ShouldBe(expected);
        }

        set.Verify();
        var all = Ordered(model);
        for (var rank = 0; rank < all.Count; rank++)
        {
            var cursor = set.At(rank);
            (cursor.Member.ToString(), cursor.Score).ShouldBe((all[rank].Key, all[rank].Value));
            set.RankOf(cursor.Member.Span, out _).ShouldBe(rank);
        }

        Enumerable.Range(0, set.Count).Select(i => set.MemberAt(i, out _).ToString()).ShouldBe(model.Keys, ignoreOrder: true);
    });

    [Fact]
    public void Intervals_of_names_are_ranks_when_scores_are_equal() => Properties.Hold<(byte[] Members, byte Low, byte High, bool LowExcluded, bool HighExcluded)>(run =>
    {
        var set = new SortedSetValue();
        foreach (var member in run.Members)
        {
            set.Set(ByteString.From([member]), 0);
        }

        var range = new LexRange(new LexBound(0, ByteString.From([run.Low]), run.LowExcluded), new LexBound(0, ByteString.From([run.High]), run.HighExcluded));
        var (first, end) = set.RanksOf(range);
        var expected = run.Members.Distinct().Count(m =>
            (run.LowExcluded ? m > run.Low : m >= run.Low) && (run.HighExcluded ? m < run.High : m <= run.High));
        Math.Max(0, end - first).ShouldBe(expected);
    });

    [Theory]
    [InlineData(128, 10, "listpack")]
    [InlineData(129, 10, "skiplist")]
    [InlineData(1, 65, "skiplist")]
    public void It_is_large_beyond_either_threshold(int members, int bytes, string encoding)
    {
        var set = new SortedSetValue();
        for (var i = 0; i < members; i++)
        {
            set.Add(ByteString.FromUtf8($"{i}".PadLeft(bytes, 'x')), i);
        }

        set.Encoding.ShouldBe(encoding);
    }

    private static List<KeyValuePair<string, double>> Ordered(Dictionary<string, double> model) =>
        [.. model.OrderBy(static p => p.Value).ThenBy(static p => p.Key, StringComparer.Ordinal)];
}
