// The sorted integer array against a sorted set.
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class IntegerSetTests
{
    [Fact]
    public void It_answers_as_a_sorted_set_does() => Properties.Hold<(bool Adds, sbyte Item)[]>(steps =>
    {
        var set = new IntegerSet();
        var model = new SortedSet<long>();
        foreach (var (adds, item) in steps)
        {
            if (adds)
            {
                set.Add(item).ShouldBe(model.Add(item));
            }
            else
            {
                set.Remove(item).ShouldBe(model.Remove(item));
            }

            set.Contains(item).ShouldBe(model.Contains(item));
        }

        Enumerable.Range(0, set.Count).Select(i => set[i]).ShouldBe(model);
    });
}
