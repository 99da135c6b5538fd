// MessagePack to Lua values as cmsgpack reads it. Declared lengths are never believed: tables grow as their elements arrive.
// Always: nesting lives in an explicit stack. cmsgpack stops where its Lua stack would be full (8000 slots); the slots are counted here,
// because they decide where "stack overflow (…)" is raised.
using System.Buffers.Binary;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal ref struct MsgpackDecoder(ReadOnlySpan<byte> bytes, int offset, int slots)
{
    private const int TableBytes = 64;
    private const int EntryBytes = 40;
    private const string TooManyValues = "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)";

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private Frame[] _frames = [];
    private int _depth;
    private int _slots = slots;

    private enum Outcome : byte
    {
        Value,
        Container,
        Missing,
        Malformed,
        Raised,
    }

    public int Position { get; private set; } = offset;

    /// <summary>Values the C code would hold on its Lua stack now.</summary>
    public readonly int Slots => _slots;

    public readonly bool More => Position < _bytes.Length;

    /// <summary>One value from where the last one ended. False: an error was raised.</summary>
    public bool Decode(ref LuaCall call, out LuaValue value)
    {
        value = LuaValue.Nil;
        while (true)
        {
            if (_slots >= LuaLimits.HostStackSlotsMax)
            {
                call.Error(TooManyValues);
                return false;
            }

            uint entries = 0;
            var isMap = false;
            switch (call.Step(1) ? Read(ref call, out value, out entries, out isMap) : Outcome.Raised)
            {
                case Outcome.Missing:
                    call.Error("Missing bytes in input.");
                    return false;
                case Outcome.Malformed:
                    call.Error("Bad data format in input.");
                    return false;
                case Outcome.Raised:
                    return false;
                case Outcome.Container:
                    if (!Open(ref call, value.AsTable, entries, isMap))
                    {
                        return false;
                    }

                    break;
                default:
                    break;
            }

            if (!Close(ref call, ref value, out var complete))
            {
                return false;
            }

            if (complete)
            {
                _slots++;                                    // the value stays on the stack as a result
                return true;
            }
        }
    }

    private bool Open(ref LuaCall call, LuaTable table, uint entries, bool isMap)
    {
        if (_depth == _frames.Length)
        {
            System.Array.Resize(ref _frames, Math.Max(4, _depth * 2));
        }

        _slots++;
        if (!isMap && _slots >= LuaLimits.HostStackSlotsMax)
        {
            call.Error("stack overflow (in function mp_decode_to_lua_array)");
            return false;
        }

        _frames[_depth++] = new Frame { Table = table, Left = entries, IsMap = isMap, Opening = true };
        return true;
    }

    /// <summary>Hands a value to the container it belongs to, and closes containers that are full.</summary>
    private bool Close(ref LuaCall call, ref LuaValue value, out bool complete)
    {
        complete = false;
        while (_depth > 0)
        {
            ref var frame = ref _frames[_depth - 1];
            if (frame.Opening)
            {
                frame.Opening = false;
            }
            else if (frame.IsMap && !frame.HasKey)
            {
                frame.Key = value;
                frame.HasKey = true;
                _slots++;
                return true;
            }
            else
            {
                if (!call.Allocate(EntryBytes) || !call.Store(frame.Table, frame.IsMap ? frame.Key : (double)++frame.Index, value))
                {
                    return false;
                }

                _slots--;                                    // the index or key
                frame.HasKey = false;
                frame.Left--;
            }

            if (frame.Left > 0)
            {
                _slots += frame.IsMap ? 0 : 1;
                return true;
            }

            value = frame.Table;
            frame = default;
            _slots--;
            _depth--;
        }

        complete = true;
        return true;
    }

    private Outcome Read(ref LuaCall call, out LuaValue value, out uint entries, out bool isMap)
    {
        value = LuaValue.Nil;
        entries = 0;
        isMap = false;
        var rest = _bytes[Position..];
        if (rest.IsEmpty)
        {
            return Outcome.Missing;
        }

        var tag = rest[0];
        switch (tag)
        {
            case <= 0x7F:
                value = (double)tag;
                break;
            case >= 0xE0:
                value = (double)(sbyte)tag;
                break;
            case >= 0xA0 and <= 0xBF:
                return Text(ref call, 1, tag & 0x1Fu, out value);
            case >= 0x90 and <= 0x9F:
                return Container(ref call, 1, tag & 0xFu, out value, out entries);
            case >= 0x80 and <= 0x8F:
                isMap = true;
                return Container(ref call, 1, tag & 0xFu, out value, out entries);
            case 0xC0:
                break;
            case 0xC2:
                value = LuaValue.False;
                break;
            case 0xC3:
                value = LuaValue.True;
                break;
            default:
                return Sized(ref call, tag, rest, out value, out entries, out isMap);
        }

        Position++;
        return Outcome.Value;
    }

    /// <summary>Tags with a number or a length behind them.</summary>
    private Outcome Sized(ref LuaCall call, byte tag, ReadOnlySpan<byte> rest, out LuaValue value, out uint entries, out bool isMap)
    {
        value = LuaValue.Nil;
        entries = 0;
        isMap = tag is 0xDE or 0xDF;
        var width = tag switch
        {
            0xCC or 0xD0 or 0xD9 => 1,
            0xCD or 0xD1 or 0xDA or 0xDC or 0xDE => 2,
            0xCA or 0xCE or 0xD2 or 0xDB or 0xDD or 0xDF => 4,
            0xCB or 0xCF or 0xD3 => 8,
            _ => 0,
        };
        if (width == 0)
        {
            return Outcome.Malformed;
        }

        if (rest.Length <= width)
        {
            return Outcome.Missing;
        }

        var number = width switch
        {
            1 => rest[1],
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest[1..]),
            4 => BinaryPrimitives.ReadUInt32BigEndian(rest[1..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(rest[1..]),
        };
        switch (tag)
        {
            case 0xD9 or 0xDA or 0xDB:
                return Text(ref call, width + 1, (uint)number, out value);
            case 0xDC or 0xDD or 0xDE or 0xDF:
                return Container(ref call, width + 1, (uint)number, out value, out entries);
            case 0xCA:
                value = (double)BitConverter.UInt32BitsToSingle((uint)number);
                break;
            case 0xCB:
                value = BitConverter.UInt64BitsToDouble(number);
                break;
            case 0xD0:
                value = (double)unchecked((sbyte)number);
                break;
            case 0xD1:
                value = (double)unchecked((short)number);
                break;
            case 0xD2:
                value = (double)unchecked((int)number);
                break;
            case 0xD3 or 0xCF:                               // unsigned ones too are pushed as a signed 64-bit integer
                value = (double)unchecked((long)number);
                break;
            default:
                value = (double)number;
                break;
        }

        Position += width + 1;
        return Outcome.Value;
    }

    private Outcome Text(ref LuaCall call, int header, uint length, out LuaValue value)
    {
        value = LuaValue.Nil;
        if (_bytes.Length - Position - header < length)
        {
            return Outcome.Missing;
        }

        var text = _bytes.Slice(Position + header, (int)length);
        Position += header + (int)length;
        return Strings.Make(ref call, text, out value) ? Outcome.Value : Outcome.Raised;
    }

    private Outcome Container(ref LuaCall call, int header, uint count, out LuaValue value, out uint entries)
    {
        value = LuaValue.Nil;
        entries = count;
        Position += header;
        if (!call.Allocate(TableBytes))
        {
            return Outcome.Raised;
        }

        value = new LuaTable();
        return Outcome.Container;
    }

    /// <summary>A table being read: entries still to come, and for a map the key that waits for its value.</summary>
    private struct Frame
    {
        public LuaTable Table;
        public LuaValue Key;
        public uint Left;
        public int Index;
        public bool IsMap;
        public bool HasKey;
        public bool Opening;
    }
}
