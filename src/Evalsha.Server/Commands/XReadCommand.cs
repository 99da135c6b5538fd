// XREAD: entries of several streams after given ids, and the wait for new ones.
// Always: an id of $ means the last one at the moment the command came; a client that waits keeps that moment, however often it is woken.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class XReadCommand
{
    private const long NoBlock = -1;

    public static readonly CommandRow[] Rows =
    [
        new("xread", -4, ReadOnly | Blocking | MovableKeys, new KeySpec(0, 0, 0, FindKeys) { Ranges = [KeyRange.After("STREAMS", 1, -1, 1, 2)] }, XRead)
        {
            Since = "5.0.0", Group = "stream", Summary = "The entries of several streams after given ids; may wait for one.", AclCategories = ["@stream"],
            Complexity = "O(N) for each stream, N: elements being returned", KeyUses = ["RO ACCESS"],
            Syntax = "[COUNT <count:integer>] [BLOCK <milliseconds:integer>] STREAMS <streams{key... id...}>",
        },
    ];

    private static bool FindKeys(CommandContext c, List<int> keys)
    {
        for (var i = 1; i < c.Count; i++)
        {
            if (c.Is(i, "BLOCK"u8) || c.Is(i, "COUNT"u8))
            {
                i++;
            }
            else if (c.Is(i, "STREAMS"u8))
            {
                var streams = c.Count - i - 1;
                keys.AddRange(Enumerable.Range(i + 1, streams / 2));
                return streams > 0 && streams % 2 == 0;
            }
            else
            {
                return false;
            }
        }

        return false;
    }

    private static void XRead(CommandContext c)
    {
        if (!TryParse(c, out var first, out var streams, out var count, out var timeout))
        {
            return;
        }

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
            Answer(c, first, after, streams - waits, count);
        }
        else if (timeout != NoBlock && c.MayBlock)
        {
            Wait(c, first, after, timeout);
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

    private static bool TryParse(CommandContext c, out int first, out int streams, out long count, out long timeout)
    {
        (first, streams, count, timeout) = (0, 0, 0, NoBlock);
        for (var i = 1; i < c.Count; i++)
        {
            var more = i + 1 < c.Count;
            if (more && c.Is(i, "BLOCK"u8))
            {
                if (c.IsScript)
                {
                    c.Reply.Error($"ERR {System.Text.Encoding.Latin1.GetString(c[0])} command is not allowed with BLOCK option from scripts");
                    return false;
                }

                if (!c.TryTimeoutMilliseconds(++i, out timeout))
                {
                    return false;
                }
            }
            else if (more && c.Is(i, "COUNT"u8))
            {
                if (!c.TryInteger(++i, out count))
                {
                    return false;
                }
            }
            else if (more && c.Is(i, "STREAMS"u8))
            {
                (first, streams) = (i + 1, (c.Count - i - 1) / 2);
                if ((c.Count - first) % 2 != 0)
                {
                    c.Reply.Error("ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."u8);
                    return false;
                }

                return true;
            }
            else
            {
                Refuse(c, i);
                return false;
            }
        }

        c.SyntaxError();
        return false;
    }

    private static void Refuse(CommandContext c, int i)
    {
        if (c.Is(i, "GROUP"u8) && i + 2 < c.Count)
        {
            c.Reply.Error("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        else if (c.Is(i, "NOACK"u8))
        {
            c.Reply.Error("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        else
        {
            c.SyntaxError();
        }
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
        if (c.Reply.Protocol == 3)
        {
            c.Reply.Map(found);
        }
        else
        {
            c.Reply.Array(found);
        }

        var limit = count <= 0 ? long.MaxValue : count;
        for (var i = 0; i < after.Length; i++)
        {
            c.TryGet<StreamValue>(first + i, out var stream);
            if (stream is not { Count: > 0 } || c[first + after.Length + i] is [(byte)'$'] || !after[i].TryNext(out var from) || !stream.AtOrAbove(from).IsValid)
            {
                continue;
            }

            if (c.Reply.Protocol != 3)
            {
                c.Reply.Array(2);
            }

            c.Reply.Bulk(c.Text(first + i));
            var entries = 0;
            for (var cursor = stream.AtOrAbove(from); cursor.IsValid && entries < limit; cursor.MoveNext())
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
