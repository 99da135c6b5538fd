// A command's reply as Lua values, built while the command makes it: no RESP in between.
// Always: one call makes one value; in script protocol 2 a missing value is false and maps are flat arrays, in 3 they are nil and {map={…}}.
// Used inside the turn by the one script that runs. Nothing here calls into Lua.
// HOT: no allocation but the values, no await, no LINQ. Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Diagnostics;
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal sealed class LuaReply(StringPool strings) : IReply
{
    private static readonly ByteString Ok = ByteString.FromUtf8("ok");
    private static readonly ByteString Err = ByteString.FromUtf8("err");
    private static readonly ByteString IgnoreStats = ByteString.FromUtf8("ignore_error_stats_update");
    private static readonly ByteString MapName = ByteString.FromUtf8("map");
    private static readonly ByteString SetName = ByteString.FromUtf8("set");
    private static readonly ByteString DoubleName = ByteString.FromUtf8("double");
    private static readonly ByteString BigNumberName = ByteString.FromUtf8("big_number");
    private static readonly ByteString VerbatimName = ByteString.FromUtf8("verbatim_string");
    private static readonly ByteString StringName = ByteString.FromUtf8("string");
    private static readonly ByteString FormatName = ByteString.FromUtf8("format");

    private Frame[] _open = new Frame[4];
    private int _depth;
    private LuaValue _result;

    private enum Shape
    {
        Array,
        Map,
        Set,
    }

    /// <summary>The script's protocol: 2, or 3 after redis.setresp(3).</summary>
    public int Protocol { get; set; } = 2;

    /// <summary>The reply was an error; <see cref="Result"/> is its table.</summary>
    public bool IsError { get; private set; }

    public LuaValue Result => _result;

    /// <summary>False for a call whose reply the script drops: then no table is made for a status. Whether it is an error is known all the same.</summary>
    public bool IsWanted { get; set; } = true;

    private bool IsResp3 => Protocol == 3;

    /// <summary>Forgets the last reply; to be called before each command.</summary>
    public void Begin()
    {
        Debug.Assert(_depth == 0, "the last reply was complete");
        IsError = false;
        _result = LuaValue.False;
    }

    /// <summary>Lets go of the last value between scripts.</summary>
    public void Clear()
    {
        _depth = 0;
        _result = LuaValue.Nil;
        Protocol = 2;
    }

    /// <summary>The table that stands for an error reply.</summary>
    public static LuaTable MakeError(ByteString text, bool wasCounted)
    {
        var table = new LuaTable(0, 2);
        table.SetString(Err, text);
        if (wasCounted)
        {
            table.SetString(IgnoreStats, true);
        }

        return table;
    }

    public void Status(ReadOnlySpan<byte> text) => Add(IsWanted || _depth != 0 ? Field(Ok, strings.Get(text)) : LuaValue.False);

    public void Error(ReadOnlySpan<byte> text)
    {
        IsError |= _depth == 0;
        Add(MakeError(ByteString.From(text), wasCounted: true));
    }

    public void Integer(long value) => Add((double)value);

    public void Bulk(ReadOnlySpan<byte> value) => Add(strings.Get(value));

    public void Bulk(ByteString value) => Add(value);

    public void Null() => Add(IsResp3 ? LuaValue.Nil : LuaValue.False);

    public void NullArray() => Null();

    public void Array(int count) => Open(Shape.Array, count);

    public void Map(int pairs) => Open(IsResp3 ? Shape.Map : Shape.Array, pairs * 2);

    public void Set(int count) => Open(IsResp3 ? Shape.Set : Shape.Array, count);

    public void Push(int count) => Open(Shape.Array, count);

    public void Double(double value, ReadOnlySpan<byte> digits)
    {
        if (IsResp3)
        {
            Add(Field(DoubleName, value));
        }
        else
        {
            Add(strings.Get(digits));
        }
    }

    public void Double(double value)
    {
        if (IsResp3)
        {
            Add(Field(DoubleName, value));
            return;
        }

        Span<byte> text = stackalloc byte[RespDouble.MaxLength];
        Add(strings.Get(text[..RespDouble.Format(value, text)]));
    }

    public void Boolean(bool value) => Add(IsResp3 ? (LuaValue)value : value ? 1.0 : 0.0);

    public void BigNumber(ReadOnlySpan<byte> digits) => Add(IsResp3 ? Field(BigNumberName, strings.Get(digits)) : strings.Get(digits));

    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text)
    {
        if (!IsResp3)
        {
            Bulk(text);
            return;
        }

        var inner = new LuaTable(0, 2);
        inner.SetString(StringName, strings.Get(text));
        inner.SetString(FormatName, strings.Get(format));
        Add(Field(VerbatimName, inner));
    }

    private static LuaValue Field(ByteString name, in LuaValue value)
    {
        var table = new LuaTable(0, 1);
        table.SetString(name, value);
        return table;
    }

    private void Open(Shape shape, int count)
    {
        var table = shape == Shape.Array ? new LuaTable(count, 0) : new LuaTable(0, shape == Shape.Map ? count / 2 : count);
        if (count == 0)
        {
            Add(Wrap(shape, table));
            return;
        }

        if (_depth == _open.Length)
        {
            System.Array.Resize(ref _open, _depth * 2);
        }

        _open[_depth++] = new Frame { Table = table, Shape = shape, Missing = count };
    }

    private void Add(LuaValue value)
    {
        while (true)
        {
            if (_depth == 0)
            {
                _result = value;
                return;
            }

            ref var frame = ref _open[_depth - 1];
            frame.Take(value);
            if (--frame.Missing > 0)
            {
                return;
            }

            value = Wrap(frame.Shape, frame.Table);
            frame = default;
            _depth--;
        }
    }

    private static LuaValue Wrap(Shape shape, LuaTable table) => shape switch
    {
        Shape.Map => Field(MapName, table),
        Shape.Set => Field(SetName, table),
        _ => table,
    };

    /// <summary>An aggregate some of whose elements are still to come.</summary>
    private struct Frame
    {
        public LuaTable Table;
        public Shape Shape;
        public int Missing;
        private int _index;
        private LuaValue _key;

        public void Take(in LuaValue value)
        {
            _index++;
            if (Shape == Shape.Array)
            {
                if (!value.IsNil)
                {
                    Table.SetInt(_index, value);
                }
            }
            else if (Shape == Shape.Set)
            {
                Store(value, true);
            }
            else if (_index % 2 == 1)
            {
                _key = value;
            }
            else
            {
                Store(_key, value);
            }
        }

        private readonly void Store(in LuaValue key, in LuaValue value)
        {
            if (!key.IsNil && !(key.IsNumber && double.IsNaN(key.AsNumber)))
            {
                Table.Set(key, value);
            }
        }
    }
}
