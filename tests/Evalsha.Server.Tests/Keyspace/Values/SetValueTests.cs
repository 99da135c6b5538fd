// Sets in all three forms against a hash set.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class SetValueTests
{
    [Fact]
    public void A_set_answers_as_a_set_does_in_every_form() => Properties.Hold<(byte Kind, short Number)[]>(steps =>
    {
        var set = new SetValue();
        var model = new HashSet<string>();
        foreach (var (kind, number) in steps)
        {
            var text = kind % 16 == 0 ? $"m{number}" : number.ToString(System.Globalization.CultureInfo.InvariantCulture);
            var member = ByteString.FromUtf8(text);
            set.Contains(member.Span).ShouldBe(model.Contains(text));
            if (kind % 4 == 1)
            {
                set.Remove(member.Span).ShouldBe(model.Remove(text));
            }
            else
            {
                set.Add(member).ShouldBe(model.Add(text));
            }

            set.Count.ShouldBe(model.Count);
        }

        Members(set).ShouldBe(model, ignoreOrder: true);
        var clone = set.Clone();
        while (set.Count > 0)
        {
            set.RemoveAt(set.Count / 2);
        }

        Members(clone).ShouldBe(model, ignoreOrder: true);
    });

    [Fact]
    public void Integers_ascend_while_there_are_few()
    {
        var set = new SetValue();
        foreach (var text in (string[])["3", "-7", "20", "1"])
        {
            set.Add(ByteString.FromUtf8(text));
        }

        Members(set).ShouldBe(["-7", "1", "3", "20"]);
        set.Encoding.ShouldBe("intset");
        set.Add(ByteString.FromUtf8("01"));
        set.Encoding.ShouldBe("listpack");
        Members(set).ShouldBe(["-7", "1", "3", "20", "01"]);
    }

    private static List<string> Members(SetValue set) => [.. Enumerable.Range(0, set.Count).Select(i => set[i].ToString())];
}
