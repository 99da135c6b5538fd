// The whole keyspace, and the function libraries before it, as the commands that make it again: the base of a rewritten log.
// Always: inside one turn, so it is one instant of the data; keys past their deadline are left out; no command has more than ItemsPerCommand
// items (as Redis writes them), and the buffer is handed on when it has filled, so memory does not grow with the data.
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Persistence;

internal sealed class KeyspaceDump
{
    private const int ItemsPerCommand = 64;
    private const int HandOnFrom = 256 * 1024;
    private readonly RespBuffer _buffer = new();
    private readonly RespWriter _writer;
    private readonly AofFile _target;

    private KeyspaceDump(AofFile target)
    {
        _target = target;
        _writer = new RespWriter(_buffer);
    }

    public static void Write(ServerContext server, AofFile target)
    {
        var dump = new KeyspaceDump(target);
        foreach (var code in server.FunctionCodes())
        {
            dump.WriteFunctions(code);
        }

        foreach (var database in server.Databases)
        {
            if (database.Count > 0)
            {
                dump.WriteDatabase(database);
            }
        }

        dump.HandOn();
    }

    private void WriteFunctions(ByteString code)
    {
        _writer.Request(3);
        _writer.Bulk("FUNCTION"u8);
        _writer.Bulk("LOAD"u8);
        _writer.Bulk(code.Span);
        HandOnIfFull();
    }

    private void WriteDatabase(Database database)
    {
        _writer.Request(2);
        _writer.Bulk("SELECT"u8);
        _writer.BulkInteger(database.Index);
        foreach (var entry in database.Entries)
        {
            if (!database.IsExpired(entry))
            {
                WriteEntry(entry);
                if (_buffer.Length >= HandOnFrom)
                {
                    HandOn();
                }
            }
        }
    }

    private void HandOn()
    {
        _target.Write(_buffer.Written);
        _buffer.Clear();
    }

    private void WriteEntry(Entry entry)
    {
        var key = entry.KeyBytes;
        switch (entry.Value)
        {
            case ListValue list:
                WriteList(key, list);
                break;
            case HashValue hash:
                WriteHash(key, hash);
                break;
            case SetValue set:
                WriteSet(key, set);
                break;
            case SortedSetValue sorted:
                WriteSortedSet(key, sorted);
                break;
            case StreamValue stream:
                WriteStream(key, stream);
                break;
            case var text when StringValue.IsString(text):
                Begin("SET"u8, key, 1);
                _writer.Bulk(StringValue.Bytes(text, stackalloc byte[StringValue.ScratchBytes]));
                break;
            default:
                throw new InvalidOperationException($"no command makes a {entry.Value.GetType().Name} again");
        }

        if (entry.HasExpiry)
        {
            Begin("PEXPIREAT"u8, key, 1);
            _writer.BulkInteger(entry.ExpireAt);
        }
    }

    private void Begin(ReadOnlySpan<byte> command, ReadOnlySpan<byte> key, int more)
    {
        _writer.Request(2 + more);
        _writer.Bulk(command);
        _writer.Bulk(key);
    }

    private void WriteList(ReadOnlySpan<byte> key, ListValue list)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (i % ItemsPerCommand == 0)
            {
                Begin("RPUSH"u8, key, Math.Min(ItemsPerCommand, list.Count - i));
            }

            _writer.Bulk(list[i].Span);
            HandOnIfFull();
        }
    }

    private void WriteHash(ReadOnlySpan<byte> key, HashValue hash)
    {
        for (var i = 0; i < hash.Count; i++)
        {
            if (i % ItemsPerCommand == 0)
            {
                Begin("HSET"u8, key, 2 * Math.Min(ItemsPerCommand, hash.Count - i));
            }

            _writer.Bulk(hash.FieldAt(i).Span);
            _writer.Bulk(hash.ValueAt(i).Span);
            HandOnIfFull();
        }
    }

    private void WriteSet(ReadOnlySpan<byte> key, SetValue set)
    {
        Span<byte> scratch = stackalloc byte[RedisNumber.IntegerBytesMax];
        for (var i = 0; i < set.Count; i++)
        {
            if (i % ItemsPerCommand == 0)
            {
                Begin("SADD"u8, key, Math.Min(ItemsPerCommand, set.Count - i));
            }

            _writer.Bulk(set.Bytes(i, scratch));
            HandOnIfFull();
        }
    }

    private void WriteSortedSet(ReadOnlySpan<byte> key, SortedSetValue sorted)
    {
        var cursor = sorted.At(0);
        for (var i = 0; i < sorted.Count; i++, cursor.MoveNext())
        {
            if (i % ItemsPerCommand == 0)
            {
                Begin("ZADD"u8, key, 2 * Math.Min(ItemsPerCommand, sorted.Count - i));
            }

            _writer.BulkDouble(cursor.Score);
            _writer.Bulk(cursor.Member.Span);
            HandOnIfFull();
        }
    }

    private void WriteStream(ReadOnlySpan<byte> key, StreamValue stream)
    {
        if (stream.Count == 0 && stream.Groups.All(static group => group.Pending.Count == 0))
        {
            // An empty stream is a key all the same: add an entry and trim it away in one command, as Redis does.
            Begin("XADD"u8, key, 5);
            _writer.Bulk("MAXLEN"u8);
            _writer.Bulk("0"u8);
            WriteId(stream.LastId == StreamId.Min ? new StreamId(0, 1) : stream.LastId);
            _writer.Bulk("x"u8);
            _writer.Bulk("y"u8);
        }

        // A pending entry is made again by claiming the stream's entry. Where that one is gone, something stands in for it until all are claimed.
        var gone = new Queue<StreamId>(stream.Groups.SelectMany(static group => group.Pending.From(StreamId.Min)).Select(static entry => entry.Id)
            .Where(id => !stream.Contains(id)).Distinct().Order());
        var standIns = gone.ToArray();
        for (var cursor = stream.AtOrAbove(StreamId.Min); cursor.IsValid; cursor.MoveNext())
        {
            while (gone.TryPeek(out var missing) && missing < cursor.Id)
            {
                WriteStandIn(key, gone.Dequeue());
            }

            var pairs = cursor.Pairs;
            Begin("XADD"u8, key, 1 + pairs.Length);
            WriteId(cursor.Id);
            foreach (var text in pairs)
            {
                _writer.Bulk(text.Span);
            }

            HandOnIfFull();
        }

        while (gone.TryDequeue(out var missing))
        {
            WriteStandIn(key, missing);
        }

        if (standIns.Length == 0)
        {
            WriteStreamFacts(key, stream);
        }

        foreach (var group in stream.Groups)
        {
            WriteGroup(key, group);
        }

        if (standIns.Length > 0)
        {
            RemoveStandIns(key, stream, standIns);
            WriteStreamFacts(key, stream);
        }
    }

    private void WriteStandIn(ReadOnlySpan<byte> key, StreamId id)
    {
        Begin("XADD"u8, key, 3);
        WriteId(id);
        _writer.Bulk("x"u8);
        _writer.Bulk("y"u8);
        HandOnIfFull();
    }

    // At the front by XTRIM, which unlike XDEL leaves no mark; what is gone from the middle was removed by XDEL.
    private void RemoveStandIns(ReadOnlySpan<byte> key, StreamValue stream, StreamId[] standIns)
    {
        Begin("XTRIM"u8, key, 2);
        _writer.Bulk(stream.Count == 0 ? "MAXLEN"u8 : "MINID"u8);
        if (stream.Count == 0)
        {
            _writer.Bulk("0"u8);
            return;
        }

        WriteId(stream.FirstId);
        foreach (var id in standIns.Where(id => id > stream.FirstId))
        {
            Begin("XDEL"u8, key, 1);
            WriteId(id);
            HandOnIfFull();
        }
    }

    private void WriteStreamFacts(ReadOnlySpan<byte> key, StreamValue stream)
    {
        Begin("XSETID"u8, key, 5);
        WriteId(stream.LastId);
        _writer.Bulk("ENTRIESADDED"u8);
        WriteNumber(stream.EntriesAdded);
        _writer.Bulk("MAXDELETEDID"u8);
        WriteId(stream.MaxDeletedId);
    }

    private void WriteGroup(ReadOnlySpan<byte> key, StreamGroup group)
    {
        _writer.Request(7);
        _writer.Bulk("XGROUP"u8);
        _writer.Bulk("CREATE"u8);
        _writer.Bulk(key);
        _writer.Bulk(group.Name.Span);
        WriteId(group.LastId);
        _writer.Bulk("ENTRIESREAD"u8);
        _writer.BulkInteger(group.EntriesRead);
        foreach (var consumer in group.Consumers)
        {
            _writer.Request(5);
            _writer.Bulk("XGROUP"u8);
            _writer.Bulk("CREATECONSUMER"u8);
            _writer.Bulk(key);
            _writer.Bulk(group.Name.Span);
            _writer.Bulk(consumer.Name.Span);
            foreach (var entry in consumer.Pending.From(StreamId.Min))
            {
                Begin("XCLAIM"u8, key, 10);
                _writer.Bulk(group.Name.Span);
                _writer.Bulk(consumer.Name.Span);
                _writer.Bulk("0"u8);
                WriteId(entry.Id);
                _writer.Bulk("TIME"u8);
                _writer.BulkInteger(entry.DeliveredAt);
                _writer.Bulk("RETRYCOUNT"u8);
                _writer.BulkInteger(entry.Deliveries);
                _writer.Bulk("JUSTID"u8);
                _writer.Bulk("FORCE"u8);
                HandOnIfFull();
            }
        }
    }

    private void WriteId(StreamId id)
    {
        Span<byte> text = stackalloc byte[StreamId.TextBytesMax];
        _writer.Bulk(text[..id.Format(text)]);
    }

    private void WriteNumber(ulong number)
    {
        Span<byte> digits = stackalloc byte[20];
        number.TryFormat(digits, out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        _writer.Bulk(digits[..written]);
    }

    private void HandOnIfFull()
    {
        if (_buffer.Length >= HandOnFrom)
        {
            HandOn();
        }
    }
}
