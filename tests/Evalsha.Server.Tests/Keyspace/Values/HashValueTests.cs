// Hashes against a list of pairs: content, order while small, thresholds.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class HashValueTests
{
    [Fact]
    public void A_hash_answers_as_a_dictionary_does_and_keeps_order_while_small() => Properties.Hold<(byte Kind, byte Field, byte Value)[]>(steps =>
    {
        var hash = new HashValue();
        var model = new List<(string Field, string Value)>();
        foreach (var (kind, number, value) in steps)
        {
            var field = $"f{number}";
            var known = model.FindIndex(p => p.Field == field);
            if (kind % 3 != 0)
            {
                hash.Set(ByteString.FromUtf8(field), ByteString.FromUtf8($"{value}")).ShouldBe(known < 0);
                if (known < 0)
                {
                    model.Add((field, $"{value}"));
                }
                else
                {
                    model[known] = (field, $"{value}");
                }
            }
            else
            {
                hash.Remove(ByteString.FromUtf8(field).Span).ShouldBe(known >= 0);
                if (known >= 0)
                {
                    model.RemoveAt(known);
                }
            }
        }

        Pairs(hash).ShouldBe(model);
        hash.Encoding.ShouldBe("listpack");
        var clone = hash.Clone();
        hash.Set(ByteString.FromUtf8("another"), ByteString.Empty);
        Pairs(clone).ShouldBe(model);
    });

    [Theory]
    [InlineData(512, 64, "listpack")]
    [InlineData(513, 64, "hashtable")]
    [InlineData(2, 65, "hashtable")]
    public void It_is_large_beyond_either_threshold(int fields, int valueBytes, string encoding)
    {
        var hash = new HashValue();
        for (var i = 0; i < fields; i++)
        {
            hash.Set(ByteString.FromUtf8($"{i}"), ByteString.FromUtf8(new string('v', valueBytes)));
        }

        hash.Encoding.ShouldBe(encoding);
    }

    private static List<(string Field, string Value)> Pairs(HashValue hash) =>
        [.. Enumerable.Range(0, hash.Count).Select(i => (hash.FieldAt(i).ToString(), hash.ValueAt(i).ToString()))];
}
