// cmsgpack 0.4.0 as Redis has it: MessagePack without bin and ext types. The functions; MsgpackEncoder and MsgpackDecoder do the work.
using System.Runtime.CompilerServices;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class CmsgpackLibrary
{
    /// <summary>In cmsgpack's order, which decides the order of <c>pairs(cmsgpack)</c>.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("pack", Pack),
        new("unpack", static (ref LuaCall call) => Unpack(ref call, 0, 0)),
        new("unpack_one", UnpackOne),
        new("unpack_limit", UnpackLimit),
    ];

    public static LuaTable Open(LuaState state)
    {
        var table = new LuaTable();
        LibraryTable.Add(state, table, Rows);
        table.SetString("_NAME", LuaValue.FromText("cmsgpack"));
        table.SetString("_VERSION", LuaValue.FromText("lua-cmsgpack 0.4.0"));
        table.SetString("_COPYRIGHT", LuaValue.FromText("Copyright (C) 2012, Salvatore Sanfilippo"));
        table.SetString("_DESCRIPTION", LuaValue.FromText("MessagePack C implementation for Lua"));
        return table;
    }

    private static int Pack(ref LuaCall call)
    {
        if (call.Count == 0)
        {
            return call.ArgumentError(-1, "MessagePack pack needs input.");
        }

        if (!call.HasStackRoom(call.Count))
        {
            return call.ArgumentError(-1, "Too many arguments for MessagePack pack.");
        }

        var builder = new ByteBuilder();
        for (var i = 0; i < call.Count; i++)
        {
            if (!MsgpackEncoder.Encode(ref call, ref builder, call[i], 0))
            {
                builder.Dispose();
                return LuaCall.Raised;
            }
        }

        return builder.Finish(ref call);
    }

    private static int UnpackOne(ref LuaCall call)
        => call.OptInteger(1, 0, out var offset) ? Unpack(ref call, 1, offset) : LuaCall.Raised;

    private static int UnpackLimit(ref LuaCall call)
        => call.CheckInteger(1, out var limit) && call.OptInteger(2, 0, out var offset) ? Unpack(ref call, limit, offset) : LuaCall.Raised;

    /// <summary>Limit and offset both 0 mean: everything, without the offset of what follows.</summary>
    private static int Unpack(ref LuaCall call, long limit, long offset)
    {
        if (!call.CheckString(0, out var text))
        {
            return LuaCall.Raised;
        }

        if (offset < 0 || limit < 0)
        {
            return call.Error($"Invalid request to unpack with offset of {unchecked((int)offset)} and limit of {text.Length}.");
        }

        if (offset > text.Length)
        {
            return call.Error($"Start offset {unchecked((int)offset)} greater than input length {text.Length}.");
        }

        var everything = limit == 0 && offset == 0;
        limit = everything ? int.MaxValue : limit;          // messages print both as C ints, as the C code does

        // The other functions drop their further arguments first; unpack leaves them on the stack.
        var decoder = new MsgpackDecoder(text.Span, (int)offset, slots: everything ? call.Count : 1);
        var room = new Room();
        var values = new ValueList(room);
        if (!everything)
        {
            values.Add(LuaValue.Nil);                        // room for the offset
        }

        for (var count = 0; decoder.More && count < limit; count++)
        {
            if (!decoder.Decode(ref call, out var value))
            {
                return LuaCall.Raised;
            }

            values.Add(value);
        }

        if (!everything)
        {
            if (decoder.Slots >= LuaLimits.HostStackSlotsMax)
            {
                return call.Error("stack overflow (in function mp_unpack_full)");
            }

            values.Written[0] = (double)(decoder.More ? decoder.Position : -1);
        }

        return call.Return(values.Written);
    }

    /// <summary>Results until their number is known; the decoder's count of stack slots bounds them. The first lie where the caller gave room.</summary>
    private ref struct ValueList(Span<LuaValue> room)
    {
        private Span<LuaValue> _values = room;
        private int _count;

        public readonly Span<LuaValue> Written => _values[.._count];

        public void Add(in LuaValue value)
        {
            if (_count == _values.Length)
            {
                var larger = new LuaValue[_count * 2];
                _values.CopyTo(larger);
                _values = larger;
            }

            _values[_count++] = value;
        }
    }

    [InlineArray(16)]
    private struct Room
    {
        private LuaValue _first;
    }
}
