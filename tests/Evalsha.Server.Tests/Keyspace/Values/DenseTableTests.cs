// The dense table against a dictionary and a list, and what a scan promises while the table changes.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class DenseTableTests
{
    [Fact]
    public void A_table_answers_as_a_dictionary_does() => Properties.Hold<(bool Adds, byte Key, int Value)[]>(steps =>
    {
        var table = new DenseTable<int>();
        var model = new Dictionary<string, int>();
        foreach (var (adds, number, value) in steps)
        {
            var text = $"key{number}";
            var key = ByteString.FromUtf8(text);
            var index = table.IndexOf(key);
            index.ShouldBe(table.IndexOf(key.Span));
            (index >= 0).ShouldBe(model.ContainsKey(text));
            if (adds && index < 0)
            {
                table.Add(key, value);
                model.Add(text, value);
            }
            else if (adds)
            {
                table.ValueAt(index) = value;
                model[text] = value;
            }
            else if (index >= 0)
            {
                table.RemoveAt(index);
                model.Remove(text);
            }
        }

        table.Count.ShouldBe(model.Count);
        foreach (var (text, value) in model)
        {
            table.ValueAt(table.IndexOf(ByteString.FromUtf8(text))).ShouldBe(value);
        }
    });

    [Fact]
    public void Removal_that_keeps_order_keeps_it() => Properties.Hold<(bool Adds, byte Key)[]>(steps =>
    {
        var table = new DenseTable<int>();
        var model = new List<string>();
        foreach (var (adds, number) in steps)
        {
            var text = $"{number}";
            var key = ByteString.FromUtf8(text);
            var index = table.IndexOf(key);
            index.ShouldBe(model.IndexOf(text));
            if (adds && index < 0)
            {
                table.Add(key, 0);
                model.Add(text);
            }
            else if (!adds && index >= 0)
            {
                table.RemoveAtKeepingOrder(index);
                model.RemoveAt(index);
            }
        }

        Enumerable.Range(0, table.Count).Select(i => table.KeyAt(i).ToString()).ShouldBe(model);
    });

    [Fact]
    public void A_clone_shares_nothing() => Properties.Hold<byte[]>(keys =>
    {
        var table = new DenseTable<int>();
        foreach (var key in keys.Distinct())
        {
            table.Add(ByteString.From([key, key]), key);
        }

        var clone = table.Clone();
        while (table.Count > 0)
        {
            table.RemoveAt(0);
        }

        clone.Count.ShouldBe(keys.Distinct().Count());
        foreach (var key in keys)
        {
            clone.ValueAt(clone.IndexOf([key, key])).ShouldBe(key);
        }

        clone.Add(ByteString.FromUtf8("another"), 1);
        clone.Contains("another"u8).ShouldBeTrue();
    });

    [Fact]
    public void A_scan_under_change_returns_all_that_stays_and_ends() => Properties.Hold<(byte Count, (bool Adds, byte Key)[] Changes)>(run =>
    {
        var table = new DenseTable<int>();
        for (var i = 0; i < 300; i++)
        {
            table.Add(ByteString.FromUtf8($"old{i}"), i);
        }

        var stays = Enumerable.Range(0, 300).Select(i => $"old{i}").ToHashSet();
        var seen = new HashSet<string>();
        var change = 0;
        ulong cursor = 0;
        var steps = 0;
        do
        {
            cursor = table.Scan(cursor, 1 + (run.Count % 20), out var from, out var to);
            for (var i = from; i < to; i++)
            {
                seen.Add(table.KeyAt(i).ToString());
            }

            for (var i = 0; i < 5 && change < run.Changes.Length; i++, change++)
            {
                var (adds, key) = run.Changes[change];
                var text = adds ? $"new{key}" : $"old{key}";
                var index = table.IndexOf(ByteString.FromUtf8(text));
                if (adds && index < 0)
                {
                    table.Add(ByteString.FromUtf8(text), 0);
                }
                else if (!adds && index >= 0)
                {
                    table.RemoveAt(index);
                    stays.Remove(text);
                }
            }

            (++steps).ShouldBeLessThan(400);
        }
        while (cursor != 0);

        stays.IsSubsetOf(seen).ShouldBeTrue();
    });
}
