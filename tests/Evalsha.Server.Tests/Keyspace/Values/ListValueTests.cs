// The ring against a list, and the weight that decides its encoding.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class ListValueTests
{
    [Fact]
    public void A_list_answers_as_a_list_does() => Properties.Hold<(byte Kind, byte Place, byte Item)[]>(steps =>
    {
        var list = new ListValue();
        var model = new List<string>();
        foreach (var (kind, place, number) in steps)
        {
            var text = $"item{number % 5}";
            var item = ByteString.FromUtf8(text);
            var at = model.Count == 0 ? 0 : place % model.Count;
            switch (kind % 10)
            {
                case 0 or 1:
                    list.PushHead(item);
                    model.Insert(0, text);
                    break;
                case 2 or 3:
                    list.PushTail(item);
                    model.Add(text);
                    break;
                case 4 when model.Count > 0:
                    list.PopHead().ToString().ShouldBe(model[0]);
                    model.RemoveAt(0);
                    break;
                case 5 when model.Count > 0:
                    list.PopTail().ToString().ShouldBe(model[^1]);
                    model.RemoveAt(model.Count - 1);
                    break;
                case 6:
                    list.Insert(at, item);
                    model.Insert(at, text);
                    break;
                case 7 when model.Count > 0:
                    list[at] = item;
                    model[at] = text;
                    break;
                case 8:
                    var limit = number % 3 + 1;
                    var expected = 0;
                    var fromTail = place % 2 == 0;
                    for (; expected < limit; expected++)
                    {
                        var found = fromTail ? model.LastIndexOf(text) : model.IndexOf(text);
                        if (found < 0)
                        {
                            break;
                        }

                        model.RemoveAt(found);
                    }

                    list.Remove(item.Span, limit, fromTail).ShouldBe(expected);
                    break;
                case 9 when model.Count > 20:
                    var last = Math.Min(model.Count - 1, at + 30);
                    list.Trim(at, last);
                    model = model[at..(last + 1)];
                    break;
            }

            list.Count.ShouldBe(model.Count);
        }

        Enumerable.Range(0, list.Count).Select(i => list[i].ToString()).ShouldBe(model);
        var clone = list.Clone();
        list.PushHead(ByteString.Empty);
        Enumerable.Range(0, clone.Count).Select(i => clone[i].ToString()).ShouldBe(model);
    });

    [Fact]
    public void The_weight_follows_what_is_there()
    {
        var list = new ListValue();
        for (var i = 0; i < 2000; i++)
        {
            list.PushTail(ByteString.FromUtf8($"element {i}"));
        }

        list.Encoding.ShouldBe("quicklist");
        list.Trim(0, 5);
        list.Encoding.ShouldBe("listpack");
    }
}
