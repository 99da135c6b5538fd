// JSON to Lua values as cjson reads it: numbers by strtod (hexadecimal, inf and nan too unless that is switched off), strings as bytes,
// null as cjson.null, arrays and objects as tables that grow as PUC's do, so that their traversal order is Redis's.
// Always: nesting lives in an explicit stack; a NUL ends the text wherever it stands, as in C; positions in errors count from 1.
using System.Buffers;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal ref struct JsonDecoder(ReadOnlySpan<byte> text, CjsonSettings settings)
{
    private const int StepsAtOnce = 256;
    private const int TableBytes = 64;
    private const int EntryBytes = 40;

    private static readonly SearchValues<byte> StringStops = SearchValues.Create("\"\\\0"u8);

    private readonly ReadOnlySpan<byte> _text = text;
    private readonly CjsonSettings _settings = settings;
    private Frame[] _frames = [];
    private int _depth;
    private int _slots = 1;
    private int _at;
    private int _pending;
    private Token _token;
    private int _tokenAt;
    private string? _tokenError;
    private LuaValue _tokenValue;

    private enum Token : byte
    {
        ObjectBegin,
        ObjectEnd,
        ArrayBegin,
        ArrayEnd,
        String,
        Number,
        Boolean,
        Null,
        Colon,
        Comma,
        End,
        Error,
    }

    private static string NameOf(Token token) => token switch
    {
        Token.ObjectBegin => "T_OBJ_BEGIN",
        Token.ObjectEnd => "T_OBJ_END",
        Token.ArrayBegin => "T_ARR_BEGIN",
        Token.ArrayEnd => "T_ARR_END",
        Token.String => "T_STRING",
        Token.Number => "T_NUMBER",
        Token.Boolean => "T_BOOLEAN",
        Token.Null => "T_NULL",
        Token.Colon => "T_COLON",
        Token.Comma => "T_COMMA",
        _ => "T_END",
    };

    /// <summary>Reads the whole text as one value. False: an error was raised.</summary>
    public bool Decode(ref LuaCall call, out LuaValue value)
    {
        value = LuaValue.Nil;
        if (!Advance(ref call))
        {
            return false;
        }

        while (true)
        {
            // The token begins a value.
            switch (_token)
            {
                case Token.ObjectBegin:
                case Token.ArrayBegin:
                    if (!Descend(ref call, _token == Token.ArrayBegin, out var closed))
                    {
                        return false;
                    }

                    if (!closed)
                    {
                        continue;
                    }

                    value = _frames[_depth].Table;
                    break;
                case Token.String or Token.Number or Token.Boolean or Token.Null:
                    value = _tokenValue;
                    break;
                default:
                    return Expected(ref call, "value");
            }

            if (!Ascend(ref call, ref value, out var complete))
            {
                return false;
            }

            if (complete)
            {
                return Advance(ref call) && (_token == Token.End || Expected(ref call, "the end"));
            }
        }
    }

    /// <summary>Enters an array or object and stands at its first value, unless it is empty.</summary>
    private bool Descend(ref LuaCall call, bool isArray, out bool closed)
    {
        closed = false;
        var depth = _depth + 1;
        if (depth > _settings.DecodeMaxDepth || _slots + (isArray ? 2 : 3) > LuaLimits.HostStackSlotsMax)
        {
            call.Error($"Found too many nested data structures ({depth}) at character {_at}");
            return false;
        }

        if (!call.Allocate(TableBytes))
        {
            return false;
        }

        if (_depth == _frames.Length)
        {
            Array.Resize(ref _frames, Math.Max(4, _depth * 2));
        }

        _frames[_depth] = new Frame { Table = new LuaTable(), Index = isArray ? 1 : 0 };
        if (!Advance(ref call))
        {
            return false;
        }

        if (_token == (isArray ? Token.ArrayEnd : Token.ObjectEnd))
        {
            closed = true;
            return true;
        }

        _depth++;
        _slots += isArray ? 1 : 2;
        return isArray || Key(ref call);
    }

    /// <summary>Stores a finished value where it belongs, closes what ends with it, and stands at the next value.</summary>
    private bool Ascend(ref LuaCall call, ref LuaValue value, out bool complete)
    {
        complete = false;
        while (_depth > 0)
        {
            ref var frame = ref _frames[_depth - 1];
            if (!call.Allocate(EntryBytes))
            {
                return false;
            }

            var isArray = frame.Index > 0;
            if (isArray)
            {
                if (!call.Store(frame.Table, (double)frame.Index++, value))
                {
                    return false;
                }
            }
            else if (!call.Store(frame.Table, frame.Key, value))
            {
                return false;
            }

            if (!Advance(ref call))
            {
                return false;
            }

            if (_token == Token.Comma)
            {
                return Advance(ref call) && (isArray || Key(ref call));
            }

            if (_token != (isArray ? Token.ArrayEnd : Token.ObjectEnd))
            {
                return Expected(ref call, isArray ? "comma or array end" : "comma or object end");
            }

            value = frame.Table;
            frame = default;
            _slots -= isArray ? 1 : 2;
            _depth--;
        }

        complete = true;
        return true;
    }

    /// <summary>The token is an object's key; reads it, the colon, and stands at the value.</summary>
    private bool Key(ref LuaCall call)
    {
        if (_token != Token.String)
        {
            return Expected(ref call, "object key string");
        }

        _frames[_depth - 1].Key = _tokenValue;
        if (!Advance(ref call))
        {
            return false;
        }

        return _token == Token.Colon ? Advance(ref call) : Expected(ref call, "colon");
    }

    private readonly bool Expected(ref LuaCall call, string wanted)
    {
        call.Error($"Expected {wanted} but found {(_token == Token.Error ? _tokenError! : NameOf(_token))} at character {_tokenAt + 1}");
        return false;
    }

    /// <summary>Reads the next token. False only when the budget is spent; a malformed token is a token of its own.</summary>
    private bool Advance(ref LuaCall call)
    {
        if (++_pending == StepsAtOnce)
        {
            _pending = 0;
            if (!call.Step(StepsAtOnce))
            {
                return false;
            }
        }

        while (_at < _text.Length && _text[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r')
        {
            _at++;
        }

        _tokenAt = _at;
        var c = _at < _text.Length ? _text[_at] : (byte)0;
        switch (c)
        {
            case (byte)'{':
                return Single(Token.ObjectBegin);
            case (byte)'}':
                return Single(Token.ObjectEnd);
            case (byte)'[':
                return Single(Token.ArrayBegin);
            case (byte)']':
                return Single(Token.ArrayEnd);
            case (byte)',':
                return Single(Token.Comma);
            case (byte)':':
                return Single(Token.Colon);
            case 0:
                _token = Token.End;
                return true;
            case (byte)'"':
                return ReadString(ref call);
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                return _settings.DecodeInvalidNumbers == 0 && IsInvalidNumber() ? Malformed("invalid number") : Number();
            case (byte)'t' when _text[_at..].StartsWith("true"u8):
                return Word(Token.Boolean, true, 4);
            case (byte)'f' when _text[_at..].StartsWith("false"u8):
                return Word(Token.Boolean, false, 5);
            case (byte)'n' when _text[_at..].StartsWith("null"u8):
                return Word(Token.Null, CjsonLibrary.Null, 4);
            case (byte)'i' or (byte)'I' or (byte)'n' or (byte)'N' or (byte)'+' when _settings.DecodeInvalidNumbers != 0 && IsInvalidNumber():
                return Number();
            default:
                return Malformed("invalid token");
        }
    }

    private bool Single(Token token)
    {
        _token = token;
        _at++;
        return true;
    }

    private bool Word(Token token, in LuaValue value, int length)
    {
        _token = token;
        _tokenValue = value;
        _at += length;
        return true;
    }

    private bool Malformed(string error)
    {
        _token = Token.Error;
        _tokenError = error;
        _tokenAt = _at;
        return true;
    }

    private bool Number()
    {
        var length = LuaNumber.ParsePrefix(_text[_at..], out var number);
        return length == 0 ? Malformed("invalid number") : Word(Token.Number, number, length);
    }

    /// <summary>Numbers that strtod reads and JSON forbids: a plus sign, leading zeros, hexadecimal, inf and nan.</summary>
    private readonly bool IsInvalidNumber()
    {
        var rest = _text[_at..];
        if (rest[0] == '+')
        {
            return true;
        }

        rest = rest[0] == '-' ? rest[1..] : rest;
        if (rest.Length > 0 && rest[0] == '0')
        {
            return rest.Length > 1 && ((rest[1] | 0x20) == 'x' || rest[1] is >= (byte)'0' and <= (byte)'9');
        }

        return rest.Length >= 3 && rest[0] > '9'
            && (System.Text.Ascii.EqualsIgnoreCase(rest[..3], "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(rest[..3], "nan"u8));
    }

    private bool ReadString(ref LuaCall call)
    {
        var start = ++_at;
        var stop = _text[start..].IndexOfAny(StringStops);
        if (stop >= 0 && _text[start + stop] == '"')
        {
            _token = Token.String;
            _at = start + stop + 1;
            return Strings.Make(ref call, _text.Slice(start, stop), out _tokenValue);
        }

        var builder = new ByteBuilder();
        var read = Unescape(ref call, ref builder, out var error);
        if (read)
        {
            read = error is null ? Strings.Make(ref call, builder.Written, out _tokenValue) : Malformed(error);
        }

        builder.Dispose();
        return read;
    }

    private bool Unescape(ref LuaCall call, ref ByteBuilder builder, out string? error)
    {
        while (true)
        {
            var rest = _text[_at..];
            var stop = rest.IndexOfAny(StringStops);
            var plain = stop < 0 ? rest : rest[..stop];
            error = null;
            if (!builder.Append(ref call, plain))
            {
                return false;
            }

            _at += plain.Length;
            if (stop < 0 || rest[stop] == 0)
            {
                error = "unexpected end of string";
                return true;
            }

            if (rest[stop] == '"')
            {
                _token = Token.String;
                _at++;
                return true;
            }

            var letter = stop + 1 < rest.Length ? rest[stop + 1] : (byte)0;
            if (letter == 'u')
            {
                if (!builder.Reserve(ref call, 4))
                {
                    return false;
                }

                var length = CodePoint(rest[stop..], out var codePoint);
                if (length == 0)
                {
                    error = "invalid unicode escape code";
                    return true;
                }

                builder.Advance(Utf8(codePoint, builder.Free));
                _at += length;
                continue;
            }

            byte translated = letter switch
            {
                (byte)'"' or (byte)'\\' or (byte)'/' => letter,
                (byte)'b' => 8,
                (byte)'t' => 9,
                (byte)'n' => 10,
                (byte)'f' => 12,
                (byte)'r' => 13,
                _ => 0,
            };
            if (translated == 0)
            {
                error = "invalid escape code";
                return true;
            }

            if (!builder.Append(ref call, translated))
            {
                return false;
            }

            _at += 2;
        }
    }

    /// <summary>\uXXXX, or a surrogate pair of two such; returns the bytes it takes, 0 when it is malformed.</summary>
    private static int CodePoint(ReadOnlySpan<byte> escape, out int codePoint)
    {
        codePoint = Hex4(escape, 2);
        if (codePoint < 0)
        {
            return 0;
        }

        if ((codePoint & 0xF800) != 0xD800)
        {
            return 6;
        }

        if ((codePoint & 0x400) != 0 || escape.Length < 8 || escape[6] != '\\' || escape[7] != 'u')
        {
            return 0;
        }

        var low = Hex4(escape, 8);
        if (low < 0 || (low & 0xFC00) != 0xDC00)
        {
            return 0;
        }

        codePoint = (((codePoint & 0x3FF) << 10) | (low & 0x3FF)) + 0x10000;
        return 12;
    }

    private static int Hex4(ReadOnlySpan<byte> text, int at)
    {
        if (text.Length < at + 4)
        {
            return -1;
        }

        var value = 0;
        for (var i = at; i < at + 4; i++)
        {
            if (!char.IsAsciiHexDigit((char)text[i]))
            {
                return -1;
            }

            value = (value << 4) | (text[i] <= '9' ? text[i] - '0' : (text[i] | 0x20) - 'a' + 10);
        }

        return value;
    }

    private static int Utf8(int codePoint, Span<byte> to)
    {
        if (codePoint < 0x80)
        {
            to[0] = (byte)codePoint;
            return 1;
        }

        if (codePoint < 0x800)
        {
            to[0] = (byte)(0xC0 | (codePoint >> 6));
            to[1] = (byte)(0x80 | (codePoint & 0x3F));
            return 2;
        }

        if (codePoint < 0x10000)
        {
            to[0] = (byte)(0xE0 | (codePoint >> 12));
            to[1] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
            to[2] = (byte)(0x80 | (codePoint & 0x3F));
            return 3;
        }

        to[0] = (byte)(0xF0 | (codePoint >> 18));
        to[1] = (byte)(0x80 | ((codePoint >> 12) & 0x3F));
        to[2] = (byte)(0x80 | ((codePoint >> 6) & 0x3F));
        to[3] = (byte)(0x80 | (codePoint & 0x3F));
        return 4;
    }

    /// <summary>A table being read. Index: the next one of an array, 0 for an object.</summary>
    private struct Frame
    {
        public LuaTable Table;
        public LuaValue Key;
        public int Index;
    }
}
