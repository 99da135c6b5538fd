// The engine's parts, one at a time: compiling, calling, errors, tables, strings, cjson and cmsgpack, with the bytes each allocates.
//     ./bench lua-micro
// Each figure is one operation; loops of a thousand run inside Lua, so that the cost of entering the engine is its own line.
using System.Text;
using BenchmarkDotNet.Attributes;
using Evalsha.Lua;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;

namespace Evalsha.Bench.Lua;

[MemoryDiagnoser]
public class LuaMicroBench
{
    private const int Many = 1000;

    private readonly LuaState _state = new();
    private readonly StringPool _pool = new();
    private byte[] _source10 = null!;
    private byte[] _source100 = null!;
    private byte[] _source1000 = null!;
    private LuaClosure _nothing = null!;
    private LuaClosure _calls = null!;
    private LuaClosure _pcalls = null!;
    private LuaClosure _errors = null!;
    private LuaClosure _fields = null!;
    private LuaClosure _integers = null!;
    private LuaClosure _strings = null!;
    private LuaClosure _concat = null!;
    private LuaClosure _encodeJson = null!;
    private LuaClosure _decodeJson = null!;
    private LuaClosure _encodeMsgpack = null!;
    private LuaClosure _decodeMsgpack = null!;

    [GlobalSetup]
    public void Setup()
    {
        _source10 = Statements(10);
        _source100 = Statements(100);
        _source1000 = Statements(1000);
        _nothing = Load("return nil");
        _calls = Load("local function f(a) return a end for i = 1, 1000 do f(i) end");
        _pcalls = Load("local function f() end for i = 1, 1000 do pcall(f) end");
        _errors = Load("local e, error = {}, error local function f() error(e) end for i = 1, 1000 do pcall(f) end");
        _fields = Load("local t = {x = 1, y = 2} for i = 1, 1000 do t.x = t.y end");
        _integers = Load("local t = {1, 2, 3, 4, 5, 6, 7, 8} for i = 1, 1000 do local k = i % 8 + 1 t[k] = t[k] end");
        _strings = Load("local t, keys = {alpha = 1, beta = 2}, {'alpha', 'beta'} for i = 1, 1000 do local k = keys[i % 2 + 1] t[k] = t[k] end");
        _concat = Load("for i = 1, 1000 do local s = 'user:' .. i .. ':name' end");
        Load("record = {id = 17, name = 'an item', tags = {'a', 'b', 'c'}, price = 2.5, stock = true} json = cjson.encode(record) packed = cmsgpack.pack(record)", run: true);
        _encodeJson = Load("local encode, r = cjson.encode, record for i = 1, 1000 do encode(r) end");
        _decodeJson = Load("local decode, s = cjson.decode, json for i = 1, 1000 do decode(s) end");
        _encodeMsgpack = Load("local pack, r = cmsgpack.pack, record for i = 1, 1000 do pack(r) end");
        _decodeMsgpack = Load("local unpack, s = cmsgpack.unpack, packed for i = 1, 1000 do unpack(s) end");
    }

    [Benchmark]
    public Prototype Compile10() => Compile(_source10);

    [Benchmark]
    public Prototype Compile100() => Compile(_source100);

    [Benchmark]
    public Prototype Compile1000() => Compile(_source1000);

    [Benchmark]
    public LuaValue EnterAndReturn() => Run(_nothing);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue Call() => Run(_calls);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue ProtectedCall() => Run(_pcalls);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue CaughtError() => Run(_errors);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue FieldGetAndSet() => Run(_fields);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue ArrayGetAndSet() => Run(_integers);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue StringKeyGetAndSet() => Run(_strings);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue Concat() => Run(_concat);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue CjsonEncode() => Run(_encodeJson);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue CjsonDecode() => Run(_decodeJson);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue CmsgpackPack() => Run(_encodeMsgpack);

    [Benchmark(OperationsPerInvoke = Many)]
    public LuaValue CmsgpackUnpack() => Run(_decodeMsgpack);

    private static byte[] Statements(int count)
    {
        string[] forms =
        [
            "local v{0} = redis.call('GET', KEYS[1])",
            "if not v then v = {0} end",
            "redis.call('HSET', KEYS[1], 'field{0}', ARGV[2])",
            "t.count = (t.count or 0) + {0} % 7",
            "for i = 1, #t do t[i] = t[i] .. ':{0}' end",
        ];
        var text = new StringBuilder("local v, t = nil, {}\n");
        for (var i = 0; i < count; i++)
        {
            // A hundred locals at most: a block each.
            if (i % 100 == 0) text.Append(i == 0 ? "do\n" : "end do\n");
            text.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, forms[i % forms.Length], i).Append('\n');
        }
        return Encoding.ASCII.GetBytes(text.Append("end").ToString());
    }

    private Prototype Compile(byte[] source) => Compiler.Compile(source, "=bench"u8.ToArray(), _pool);

    private LuaClosure Load(string source, bool run = false)
    {
        var made = _state.Load(Encoding.ASCII.GetBytes(source), "=bench");
        if (run) Run(made);
        return made;
    }

    private LuaValue Run(LuaClosure function) =>
        _state.TryCall(function, [], out LuaValue first, out var error) ? first : throw new InvalidOperationException(error.Message);
}
