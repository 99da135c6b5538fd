// Lua values to JSON as cjson writes them: a table with positive integer keys only is an array with nulls in its holes, any other (the empty one too) an object.
// Always: keys come in the table's own traversal order; no metamethod is called; nesting lives in an explicit stack.
// cjson also stops where its Lua stack would be full (8000 slots); that is counted here, because it decides the depth named in the error.
using System.Buffers;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal ref struct JsonEncoder
{
    private const int StepsAtOnce = 256;
    private const int SlotsNeeded = 3;
    private const int LuaPrecision = 14;

    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(c => (byte)c), (byte)'"', (byte)'\\', (byte)'/', 127]);

    private readonly CjsonSettings _settings;
    private Frame[] _frames;
    private int _depth;
    private int _slots;
    private int _pending;

    private JsonEncoder(CjsonSettings settings)
    {
        _settings = settings;
        _frames = [];
        _slots = 1;
    }

    /// <summary>Appends the JSON of a value. False: an error was raised.</summary>
    public static bool Encode(ref LuaCall call, ref ByteBuilder builder, CjsonSettings settings, LuaValue value)
    {
        var encoder = new JsonEncoder(settings);
        do
        {
            if (++encoder._pending == StepsAtOnce)
            {
                encoder._pending = 0;
                if (!call.Step(StepsAtOnce))
                {
                    return false;
                }
            }

            if (!(value.IsTable ? encoder.Open(ref call, ref builder, value.AsTable) : encoder.Scalar(ref call, ref builder, value)))
            {
                return false;
            }
        }
        while (encoder.Next(ref call, ref builder, ref value, out var failed) && !failed);
        return encoder._depth == 0;
    }

    private bool Open(ref LuaCall call, ref ByteBuilder builder, LuaTable table)
    {
        var depth = _depth + 1;
        if (depth > _settings.EncodeMaxDepth || _slots + SlotsNeeded > LuaLimits.HostStackSlotsMax)
        {
            call.Error($"Cannot serialise, excessive nesting ({depth})");
            return false;
        }

        if (!TryArrayLength(ref call, table, out var length))
        {
            return false;
        }

        if (_depth == _frames.Length)
        {
            Array.Resize(ref _frames, Math.Max(4, _depth * 2));
        }

        var isArray = length > 0;
        _frames[_depth++] = new Frame { Table = table, Length = isArray ? length : -1, Key = LuaValue.Nil };
        _slots += isArray ? 1 : 2;
        return builder.Append(ref call, isArray ? (byte)'[' : (byte)'{');
    }

    /// <summary>The next value to write, with what stands before it; false when all is written.</summary>
    private bool Next(ref LuaCall call, ref ByteBuilder builder, ref LuaValue value, out bool failed)
    {
        failed = false;
        while (_depth > 0)
        {
            ref var frame = ref _frames[_depth - 1];
            if (frame.Length >= 0)
            {
                if (frame.Position < frame.Length)
                {
                    failed = frame.Position > 0 && !builder.Append(ref call, (byte)',');
                    value = frame.Table.GetInt(++frame.Position);
                    return true;
                }
            }
            else if (frame.Table.NextAt(ref frame.Position, ref frame.Key, out value))
            {
                failed = (frame.Seen && !builder.Append(ref call, (byte)',')) || !Key(ref call, ref builder, frame.Key);
                frame.Seen = true;
                return true;
            }

            var isArray = frame.Length >= 0;
            failed = !builder.Append(ref call, isArray ? (byte)']' : (byte)'}');
            if (failed)
            {
                return true;
            }

            _slots -= isArray ? 1 : 2;
            frame.Table = null!;
            _depth--;
        }

        return false;
    }

    private readonly bool Key(ref LuaCall call, ref ByteBuilder builder, in LuaValue key)
    {
        switch (key.Type)
        {
            case LuaType.Number:
                return builder.Append(ref call, (byte)'"') && Number(ref call, ref builder, key.AsNumber) && builder.Append(ref call, "\":"u8);
            case LuaType.String:
                return String(ref call, ref builder, key.AsString.Span) && builder.Append(ref call, (byte)':');
            default:
                return Refuse(ref call, key.Type, "table key must be a number or string");
        }
    }

    private readonly bool Scalar(ref LuaCall call, ref ByteBuilder builder, in LuaValue value)
    {
        switch (value.Type)
        {
            case LuaType.String:
                return String(ref call, ref builder, value.AsString.Span);
            case LuaType.Number:
                return Number(ref call, ref builder, value.AsNumber);
            case LuaType.Boolean:
                return builder.Append(ref call, value.AsBoolean ? "true"u8 : "false"u8);
            case LuaType.Nil:
            case LuaType.LightUserdata when value.AsLightUserdata is null:
                return builder.Append(ref call, "null"u8);
            default:
                return Refuse(ref call, value.Type, "type not supported");
        }
    }

    private readonly bool Number(ref LuaCall call, ref ByteBuilder builder, double number)
    {
        if (!double.IsFinite(number))
        {
            switch (_settings.EncodeInvalidNumbers)
            {
                case 0:
                    return Refuse(ref call, LuaType.Number, "must not be NaN or Inf");
                case 1 when double.IsNaN(number):
                    return builder.Append(ref call, "nan"u8);
                case 1:
                    break;
                default:
                    return builder.Append(ref call, "null"u8);
            }
        }

        if (!builder.Reserve(ref call, LuaNumber.MaxTextLength))
        {
            return false;
        }

        builder.Advance(_settings.NumberPrecision == LuaPrecision
            ? LuaNumber.Format(number, builder.Free)
            : LuaNumber.FormatG(number, _settings.NumberPrecision, builder.Free));
        return true;
    }

    private static bool String(ref LuaCall call, ref ByteBuilder builder, ReadOnlySpan<byte> text)
    {
        if (!builder.Append(ref call, (byte)'"'))
        {
            return false;
        }

        while (true)
        {
            var special = text.IndexOfAny(Escaped);
            if (!builder.Append(ref call, special < 0 ? text : text[..special]))
            {
                return false;
            }

            if (special < 0)
            {
                return builder.Append(ref call, (byte)'"');
            }

            if (!Escape(ref call, ref builder, text[special]))
            {
                return false;
            }

            text = text[(special + 1)..];
        }
    }

    private static bool Escape(ref LuaCall call, ref ByteBuilder builder, byte c)
    {
        byte letter = c switch
        {
            (byte)'"' or (byte)'\\' or (byte)'/' => c,
            8 => (byte)'b',
            9 => (byte)'t',
            10 => (byte)'n',
            12 => (byte)'f',
            13 => (byte)'r',
            _ => 0,
        };
        return letter != 0
            ? builder.Append(ref call, [(byte)'\\', letter])
            : builder.Append(ref call, [.. "\\u00"u8, "0123456789abcdef"u8[c >> 4], "0123456789abcdef"u8[c & 15]]);
    }

    /// <summary>The highest key when all keys are positive integers, else -1 (0 for the empty table). int arithmetic as in C.</summary>
    private readonly bool TryArrayLength(ref LuaCall call, LuaTable table, out int length)
    {
        int max = 0, items = 0;
        var key = LuaValue.Nil;
        var position = 0;
        length = -1;
        while (table.NextAt(ref position, ref key, out _))
        {
            if (!key.IsNumber || Math.Floor(key.AsNumber) != key.AsNumber || key.AsNumber < 1)
            {
                return true;
            }

            if (key.AsNumber > max)
            {
                max = key.AsNumber < 2147483648.0 ? (int)key.AsNumber : int.MinValue;
            }

            items++;
            if (items % StepsAtOnce == 0 && !call.Step(StepsAtOnce))
            {
                return false;
            }
        }

        if (_settings.SparseRatio > 0 && max > unchecked(items * _settings.SparseRatio) && max > _settings.SparseSafe)
        {
            return _settings.SparseConvert != 0 || Refuse(ref call, LuaType.Table, "excessively sparse array");
        }

        length = max;
        return true;
    }

    private static bool Refuse(ref LuaCall call, LuaType type, string reason)
    {
        call.Error($"Cannot serialise {type.Name()}: {reason}");
        return false;
    }

    /// <summary>A table being written. Length: of an array, -1 for an object. Position: last index written, or where the traversal stands.</summary>
    private struct Frame
    {
        public LuaTable Table;
        public LuaValue Key;
        public int Length;
        public int Position;
        public bool Seen;
    }
}
