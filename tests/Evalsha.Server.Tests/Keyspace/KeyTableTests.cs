// The keyspace's hash table against a dictionary, and its scans while it is being resized.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Server.Tests.Keyspace;

public sealed class KeyTableTests
{
    [Fact]
    public void It_holds_what_a_dictionary_holds_after_any_sequence_of_changes()
    {
        Prop.ForAll<int[]>(changes =>
        {
            var table = New();
            var model = new Dictionary<int, Node>();
            foreach (var change in changes)
            {
                var key = Math.Abs(change % 200);
                if (change >= 0 && !model.ContainsKey(key))
                {
                    model[key] = new Node(Key(key));
                    table.Add(model[key]);
                }
                else if (change < 0)
                {
                    (table.Remove(Key(key)) is not null).ShouldBe(model.Remove(key));
                }
            }

            var walked = new List<string>();
            foreach (var node in table)
            {
                walked.Add(node.Key.ToString());
            }

            walked.Order().ShouldBe(model.Values.Select(n => n.Key.ToString()).Order());
            foreach (var key in Enumerable.Range(0, 200))
            {
                table.Find(Key(key)).ShouldBe(model.GetValueOrDefault(key));
                table.Find(Key(key).Span).ShouldBe(model.GetValueOrDefault(key));
            }

            return table.Count == model.Count;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Theory]
    [InlineData(10, 3_000)]
    [InlineData(3_000, 10)]
    public void A_scan_returns_whatever_stays_while_the_table_grows_and_shrinks(int before, int after)
    {
        var table = New();
        for (var i = 0; i < Math.Max(before, 10); i++)
        {
            table.Add(new Node(Key(i)));
        }

        var seen = new HashSet<string>();
        var found = new List<Node>();
        var (cursor, next) = (0UL, before);
        do
        {
            found.Clear();
            cursor = table.Scan(cursor, found);
            seen.UnionWith(found.Select(node => node.Key.ToString()));
            for (var i = 0; i < 40 && next != after; i++)
            {
                if (before < after)
                {
                    table.Add(new Node(Key(next++)));
                }
                else
                {
                    table.Remove(Key(--next));
                }
            }
        }
        while (cursor != 0);

        foreach (var stays in Enumerable.Range(0, 10))
        {
            seen.ShouldContain(Key(stays).ToString());
        }
    }

    [Fact]
    public void Random_picks_reach_every_node()
    {
        var table = New();
        for (var i = 0; i < 20; i++)
        {
            table.Add(new Node(Key(i)));
        }

        var random = new Random(7);
        Enumerable.Range(0, 2_000).Select(_ => table.Random(random)!.Key.ToString()).Distinct().Count().ShouldBe(20);
    }

    private static KeyTable<Node> New() => new(new ByteStringComparer(1));

    private static ByteString Key(int i) => ByteString.FromUtf8($"key:{i}");

    private sealed class Node(ByteString key) : KeyNode(key);
}
