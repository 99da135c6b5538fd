// Streams against a sorted list of ids, and where blocks end.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class StreamValueTests
{
    [Fact]
    public void A_stream_answers_as_a_sorted_list_does() => Properties.Hold<(byte Kind, byte Place, byte Step)[]>(steps =>
    {
        var stream = new StreamValue();
        var model = new List<StreamId>();
        foreach (var (kind, place, step) in steps)
        {
            switch (kind % 12)
            {
                case < 9:
                    // Several at once, so that blocks fill up.
                    for (var i = 0; i < 1 + (step % 40); i++)
                    {
                        var id = new StreamId(stream.LastId.Milliseconds + (ulong)(step % 3), stream.LastId.Sequence + 1);
                        stream.Append(id, [ByteString.FromUtf8("f"), ByteString.FromUtf8($"{place}")]);
                        model.Add(id);
                    }

                    break;
                case 9 when model.Count > 0:
                    var victim = model[place % model.Count];
                    stream.Remove(victim).ShouldBeTrue();
                    stream.Remove(victim).ShouldBeFalse();
                    model.Remove(victim);
                    break;
                case 10:
                    var length = model.Count * (place % 4) / 3;
                    stream.TrimToLength(length, wholeBlocksOnly: false, limit: 0).ShouldBe(Math.Max(0, model.Count - length));
                    model = model[Math.Max(0, model.Count - length)..];
                    break;
                case 11 when model.Count > 0:
                    var border = model[place % model.Count];
                    stream.TrimBelow(border, wholeBlocksOnly: false, limit: 0).ShouldBe(model.IndexOf(border));
                    model = model[model.IndexOf(border)..];
                    break;
            }

            stream.Count.ShouldBe(model.Count);
        }

        Forward(stream, StreamId.Min).ShouldBe(model);
        Forward(stream.Clone(), StreamId.Min).ShouldBe(model);
        var backward = new List<StreamId>();
        for (var cursor = stream.AtOrBelow(StreamId.Max); cursor.IsValid; cursor.MovePrevious())
        {
            backward.Add(cursor.Id);
        }

        backward.ShouldBe(Enumerable.Reverse(model));
        foreach (var id in model.Where(static (_, i) => i % 7 == 0))
        {
            Forward(stream, id).Count.ShouldBe(model.Count - model.IndexOf(id));
            stream.AtOrBelow(id).Id.ShouldBe(id);
        }
    });

    [Fact]
    public void A_trim_of_whole_blocks_never_goes_below_the_length()
    {
        var stream = new StreamValue();
        for (var i = 1; i <= 450; i++)
        {
            stream.Append(new StreamId((ulong)i, 0), [ByteString.FromUtf8("f"), ByteString.FromUtf8("v")]);
        }

        stream.BlockCount.ShouldBe(5);
        stream.TrimToLength(320, wholeBlocksOnly: true, limit: 0).ShouldBe(100);
        stream.TrimToLength(10, wholeBlocksOnly: true, limit: 150).ShouldBe(100);
        stream.Count.ShouldBe(250);
    }

    [Fact]
    public void An_id_may_be_read_into_itself()
    {
        var id = StreamId.Max;
        id.TryNext(out id).ShouldBeFalse();
        id = StreamId.Min;
        id.TryPrevious(out id).ShouldBeFalse();
        id = new StreamId(5, ulong.MaxValue);
        id.TryNext(out id).ShouldBeTrue();
        id.ShouldBe(new StreamId(6, 0));
    }

    private static List<StreamId> Forward(StreamValue stream, StreamId from)
    {
        var ids = new List<StreamId>();
        for (var cursor = stream.AtOrAbove(from); cursor.IsValid; cursor.MoveNext())
        {
            ids.Add(cursor.Id);
        }

        return ids;
    }
}
