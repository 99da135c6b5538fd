// XREAD: entries of several streams after given ids, and the wait for new ones.
// Always: an id of $ means the last one at the moment the command came; a client that waits keeps that moment, however often it is woken.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class XReadCommand
{
    public static readonly CommandRow[] Rows =
    [
        new("xread", -4, ReadOnly | Blocking | MovableKeys, new KeySpec(0, 0, 0, ReadRequest.FindKeys) { Ranges = [KeyRange.After("STREAMS", 1, -1, 1, 2)] }, XRead)
        {
            Since = "5.0.0", Group = "stream", Summary = "The entries of several streams after given ids; may wait for one.", AclCategories = ["@stream"],
            Complexity = "O(N) for each stream, N: elements being returned", KeyUses = ["RO ACCESS"],
            Syntax = "[COUNT <count:integer>] [BLOCK <milliseconds:integer>] STREAMS <streams{key... id...}>",
        },
    ];

    private static void XRead(CommandContext c)
    {
        if (!ReadRequest.TryParse(c, ofGroup: false, out var request))
        {
            return;
        }

        var (first, streams) = (request.First, request.Streams);
        var after = new StreamId[streams];
        var waits = 0;
        for (var i = 0; i < streams; i++)
        {
            if (!TryStart(c, first + i, first + streams + i, out after[i], out var hasNew))
            {
                return;
            }

            waits += hasNew ? 0 : 1;
        }

        if (waits < streams)
        {
            Answer(c, first, after, streams - waits, request.CountMax);
        }
        else if (request.Timeout != ReadRequest.NoBlock && c.MayBlock)
        {
            Wait(c, first, after, request.Timeout);
        }
        else
        {
            c.Reply.NullArray();
        }
    }

    private static void Wait(CommandContext c, int first, StreamId[] after, long timeout)
    {
        var command = c.Own();
        for (var i = 0; i < after.Length; i++)
        {
            command[first + after.Length + i] = after[i].Text();
        }

        c.Block(typeof(StreamValue), first, first + after.Length - 1, timeout, command);
    }

    /// <summary>After which id to read; false: the error has been replied.</summary>
    private static bool TryStart(CommandContext c, int key, int id, out StreamId after, out bool hasNew)
    {
        (after, hasNew) = (StreamId.Min, false);
        if (!c.TryGet<StreamValue>(key, out var stream))
        {
            return false;
        }

        if (c[id] is [(byte)'$'])
        {
            after = stream?.LastId ?? StreamId.Min;
            return true;
        }

        if (c[id] is [(byte)'>'])
        {
            c.Reply.Error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."u8);
            return false;
        }

        if (!StreamsCommands.TryStrict(c, id, 0, out after))
        {
            return false;
        }

        hasNew = stream is { Count: > 0 } && stream.AtOrBelow(StreamId.Max).Id > after;
        return true;
    }

    private static void Answer(CommandContext c, int first, StreamId[] after, int found, long count)
    {
        ReadRequest.BeginAnswer(c.Reply, found);
        for (var i = 0; i < after.Length; i++)
        {
            c.TryGet<StreamValue>(first + i, out var stream);
            if (stream is not { Count: > 0 } || c[first + after.Length + i] is [(byte)'$'] || !after[i].TryNext(out var from) || !stream.AtOrAbove(from).IsValid)
            {
                continue;
            }

            ReadRequest.BeginStream(c, first + i);
            var entries = 0;
            for (var cursor = stream.AtOrAbove(from); cursor.IsValid && entries < count; cursor.MoveNext())
            {
                entries++;
            }

            c.Reply.Array(entries);
            for (var cursor = stream.AtOrAbove(from); entries > 0; entries--, cursor.MoveNext())
            {
                StreamsCommands.AnswerEntry(c.Reply, cursor);
            }
        }
    }
}
