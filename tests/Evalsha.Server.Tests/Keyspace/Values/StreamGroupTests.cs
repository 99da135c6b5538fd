// A consumer group against a plain list: what is pending with whom, however entries are given, taken and settled.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class StreamGroupTests
{
    [Fact]
    public void What_is_pending_with_whom_is_what_a_plain_list_says() => Properties.Hold<(byte Kind, byte Id, byte Consumer)[]>(steps =>
    {
        var group = new StreamGroup(ByteString.FromUtf8("g"), StreamId.Min, 0);
        var model = new SortedDictionary<ulong, string>();
        foreach (var (kind, number, who) in steps)
        {
            var id = new StreamId(number % 24UL, 1);
            var name = ByteString.FromUtf8($"c{who % 3}");
            switch (kind % 8)
            {
                case < 4:
                    group.Give(group.Pending.Find(id) ?? new PendingEntry { Id = id }, group.Find(name) ?? group.Add(name, 0));
                    model[id.Milliseconds] = name.ToString();
                    break;
                case 4 or 5:
                    group.Settle(id).ShouldBe(model.Remove(id.Milliseconds));
                    break;
                case 6 when group.Find(name) is { } consumer:
                    group.Remove(consumer);
                    foreach (var gone in model.Where(pair => pair.Value == name.ToString()).ToList())
                    {
                        model.Remove(gone.Key);
                    }

                    break;
                case 7:
                    var clone = group.Clone();
                    group.Settle(id);
                    Holds(clone, model);
                    model.Remove(id.Milliseconds);
                    break;
            }

            Holds(group, model);
            (group.Pending.AtOrAbove(id)?.Id.Milliseconds).ShouldBe(model.Keys.Where(key => key >= id.Milliseconds).Select(key => (ulong?)key).FirstOrDefault());
        }
    });

    [Fact]
    public void Consumers_stand_in_the_order_of_their_bytes()
    {
        var group = new StreamGroup(ByteString.FromUtf8("g"), StreamId.Min, 0);
        foreach (var name in (string[])["b", "", "ab", "a", "\u00e9", "B"])
        {
            group.Add(ByteString.FromUtf8(name), 0);
        }

        group.Consumers.Select(consumer => consumer.Name.ToString()).ShouldBe(["", "B", "a", "ab", "b", "\u00e9"]);
    }

    private static void Holds(StreamGroup group, SortedDictionary<ulong, string> model)
    {
        group.Pending.From(StreamId.Min).Select(entry => (entry.Id.Milliseconds, entry.Consumer!.Name.ToString())).ShouldBe(model.Select(pair => (pair.Key, pair.Value)));
        foreach (var consumer in group.Consumers)
        {
            consumer.Pending.From(StreamId.Min).Select(entry => entry.Id.Milliseconds).ShouldBe(model.Where(pair => pair.Value == consumer.Name.ToString()).Select(pair => pair.Key));
        }
    }
}
