// What a script returned, as a reply to its caller.
// Always: fields are read raw, no metamethod runs; nesting is walked with a list of open tables, not by recursion, and too deep a nesting gives
// an error in the element's place, as Redis does when its Lua stack is full.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal sealed class ScriptResult
{
    // Redis converts with one Lua stack slot a level and wants four free: 8000 in all.
    private const int DepthMax = 7_990;

    private static readonly ByteString Err = ByteString.FromUtf8("err");
    private static readonly ByteString Ok = ByteString.FromUtf8("ok");
    private static readonly ByteString DoubleName = ByteString.FromUtf8("double");
    private static readonly ByteString MapName = ByteString.FromUtf8("map");
    private static readonly ByteString SetName = ByteString.FromUtf8("set");
    private static readonly ByteString BigNumberName = ByteString.FromUtf8("big_number");
    private static readonly ByteString VerbatimName = ByteString.FromUtf8("verbatim_string");
    private static readonly ByteString StringName = ByteString.FromUtf8("string");
    private static readonly ByteString FormatName = ByteString.FromUtf8("format");

    private readonly List<Open> _open = [];

    private enum Walk
    {
        Elements,
        Pairs,
        Keys,
    }

    /// <param name="protocol">The script's own protocol: 2 unless it called redis.setresp(3).</param>
    public void Write(IReply reply, in LuaValue value, int protocol)
    {
        WriteOne(reply, value, protocol);
        while (_open.Count > 0)
        {
            var open = _open[^1];
            if (open.TryNext(out var next))
            {
                _open[^1] = open;
                WriteOne(reply, next, protocol);
            }
            else
            {
                _open.RemoveAt(_open.Count - 1);
            }
        }
    }

    private void WriteOne(IReply reply, in LuaValue value, int protocol)
    {
        switch (value.Type)
        {
            case LuaType.String:
                reply.Bulk(value.AsString);
                break;
            case LuaType.Number:
                reply.Integer(double.ConvertToIntegerNative<long>(value.AsNumber));
                break;
            case LuaType.Boolean when protocol == 3:
                reply.Boolean(value.IsTruthy);
                break;
            case LuaType.Boolean when value.IsTruthy:
                reply.Integer(1);
                break;
            case LuaType.Table:
                WriteTable(reply, value.AsTable);
                break;
            default:
                reply.Null();
                break;
        }
    }

    private void WriteTable(IReply reply, LuaTable table)
    {
        if (_open.Count >= DepthMax)
        {
            reply.Error("ERR reached lua stack limit"u8);
        }
        else if (table.GetString(Err) is { IsString: true } error)
        {
            reply.Error(error.AsString.Span);
        }
        else if (table.GetString(Ok) is { IsString: true } status)
        {
            reply.Status(status.AsString.Span);
        }
        else if (table.GetString(DoubleName) is { IsNumber: true } number)
        {
            reply.Double(number.AsNumber);
        }
        else if (table.GetString(MapName) is { IsTable: true } map)
        {
            reply.Map(CountPairs(map.AsTable));
            _open.Add(new Open(map.AsTable, Walk.Pairs));
        }
        else if (table.GetString(SetName) is { IsTable: true } set)
        {
            reply.Set(CountPairs(set.AsTable));
            _open.Add(new Open(set.AsTable, Walk.Keys));
        }
        else if (table.GetString(BigNumberName) is { IsString: true } big)
        {
            reply.BigNumber(big.AsString.Span.ContainsAny((byte)'\r', (byte)'\n') ? Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(big.AsString.Span).Replace('\r', ' ').Replace('\n', ' ')) : big.AsString.Span);
        }
        else if (!TryWriteVerbatim(reply, table))
        {
            reply.Array(CountElements(table));
            _open.Add(new Open(table, Walk.Elements));
        }
    }

    private static bool TryWriteVerbatim(IReply reply, LuaTable table)
    {
        if (table.GetString(VerbatimName) is not { IsTable: true } verbatim
            || verbatim.AsTable.GetString(FormatName) is not { IsString: true } format
            || verbatim.AsTable.GetString(StringName) is not { IsString: true } text)
        {
            return false;
        }

        Span<byte> three = stackalloc byte[3];
        three.Fill((byte)' ');
        format.AsString.Span[..Math.Min(3, format.AsString.Length)].CopyTo(three);
        reply.Verbatim(three, text.AsString.Span);
        return true;
    }

    private static int CountElements(LuaTable table)
    {
        var count = 0;
        while (!table.GetInt(count + 1).IsNil)
        {
            count++;
        }

        return count;
    }

    private static int CountPairs(LuaTable table)
    {
        var (count, position, key) = (0, 0, LuaValue.Nil);
        while (table.NextAt(ref position, ref key, out _))
        {
            count++;
        }

        return count;
    }

    /// <summary>A table whose header is written and whose elements follow.</summary>
    private struct Open(LuaTable table, Walk walk)
    {
        private int _position;
        private LuaValue _key = LuaValue.Nil;
        private LuaValue _pending;
        private bool _hasPending;

        public bool TryNext(out LuaValue value)
        {
            if (walk == Walk.Elements)
            {
                value = table.GetInt(++_position);
                return !value.IsNil;
            }

            if (_hasPending)
            {
                value = _pending;
                _hasPending = false;
                return true;
            }

            if (!table.NextAt(ref _position, ref _key, out _pending))
            {
                value = LuaValue.Nil;
                return false;
            }

            _hasPending = walk == Walk.Pairs;
            value = _key;
            return true;
        }
    }
}
