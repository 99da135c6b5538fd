// Bytes that nobody meant well with: whatever a script feeds the libraries ends in a value or in a Lua error, within its budget,
// on a thread of 512 KB, and never in an exception of .NET. Round trips give back what went in.
using System.Text;
using Evalsha.Lua.Runtime;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Lua.Tests.Library;

public sealed class HostileInputTests
{
    private const int StackBytes = 512 << 10;

    [Theory]
    [InlineData("cjson.decode(input)")]
    [InlineData("cjson.encode({input, [input] = input})")]
    [InlineData("cmsgpack.unpack(input)")]
    [InlineData("cmsgpack.unpack_limit(input, 3, 1)")]
    [InlineData("struct.unpack(input, other)")]
    [InlineData("struct.pack(input, 1, other, 3, other, 5)")]
    [InlineData("struct.size(input)")]
    [InlineData("string.format(input, 1, other, 3.5, other, 7)")]
    [InlineData("other:find(input)")]
    [InlineData("other:match(input, -3)")]
    [InlineData("other:gsub(input, '%1%0')")]
    [InlineData("other:gsub('.', input)")]
    [InlineData("(function() local n = 0 for a in other:gmatch(input) do n = n + #tostring(a) end return n end)()")]
    [InlineData("tonumber(input)")]
    [InlineData("tonumber(input, 7)")]
    [InlineData("os.date(input, #other)")]
    public void Any_bytes_end_in_a_value_or_a_lua_error(string expression)
    {
        var state = new LuaState(new LuaOptions { Limits = new LuaLimits { MaxSteps = 2_000_000, MaxLiveBytes = 64 << 20 } });
        var chunk = state.Load(Encoding.ASCII.GetBytes($"local input, other = ... return {expression}"), "=test");
        Prop.ForAll(Texts().ToArbitrary(), Texts().ToArbitrary(), (input, other) =>
        {
            state.TryCall(chunk, [ByteString.From(input), ByteString.From(other)], out LuaValue _, out _);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1500).WithQuietOnSuccess(true));
    }

    [Theory]
    [InlineData("return cjson.decode(('['):rep(200000))")]
    [InlineData("cjson.decode_max_depth(2^31 - 1) return cjson.decode(('{\"a\":'):rep(200000))")]
    [InlineData("local t = {} for i = 1, 200000 do t = {t} end cjson.encode_max_depth(2^31 - 1) return cjson.encode(t)")]
    [InlineData("local t = {} for i = 1, 200000 do t = {a = t} end return cmsgpack.pack(t)")]
    [InlineData("return cmsgpack.unpack(('\\145'):rep(200000))")]
    [InlineData("return cmsgpack.unpack('\\223\\255\\255\\255\\255')")]
    [InlineData("return ('x'):rep(200000):match(('x?'):rep(200000))")]
    [InlineData("return ('x'):rep(200000):match(('x-'):rep(150000) .. 'y')")]
    [InlineData("return ('x'):match(('('):rep(32) .. (')'):rep(33))")]
    [InlineData("local t = {} for i = 1, 20000 do t[i] = i % 7 end table.sort(t, function(a, b) return true end)")]
    [InlineData("local function f(s) return (s:gsub('.', f)) end return f('x')")]
    [InlineData("local function f() table.sort({3, 2, 1}, f) end f()")]
    [InlineData("local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return (k:gsub('.', t)) end return ('x'):gsub('.', t)")]
    [InlineData("local function f() table.foreach({1}, f) end f()")]
    [InlineData("return string.format(('%99.99f'):rep(10000), 1)")]
    [InlineData("return struct.unpack(('s'):rep(100000), ('\\0'):rep(100000))")]
    [InlineData("return string.byte(('x'):rep(100000), 1, -1)")]
    public void No_nesting_or_size_ends_a_small_stack(string source)
    {
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    var state = new LuaState(new LuaOptions { Limits = new LuaLimits { MaxSteps = 20_000_000, MaxLiveBytes = 256 << 20 } });
                    state.TryCall(state.Load(Encoding.Latin1.GetBytes(source), "=test"), [], out LuaValue _, out _);
                }
                catch (Exception e)
                {
                    failure = e;
                }
            },
            StackBytes);
        thread.Start();
        thread.Join();
        failure.ShouldBeNull();
    }

    [Fact]
    public void Json_gives_back_what_it_was_given() => RoundTrips("""
        local function same(a, b)
          if type(a) ~= 'table' then return a == b end
          for k, v in pairs(a) do if not same(v, b[k]) then return false end end
          for k in pairs(b) do if a[k] == nil then return false end end
          return true
        end
        local value = ...
        return same(cjson.decode(cjson.encode(value)), value)
        """, json: true);

    [Fact]
    public void Messagepack_gives_back_what_it_was_given() => RoundTrips("""
        local function same(a, b)
          if type(a) ~= 'table' then return a == b or a ~= a and b ~= b end
          for k, v in pairs(a) do if not same(v, b[k]) then return false end end
          for k in pairs(b) do if a[k] == nil then return false end end
          return true
        end
        local value = ...
        return same(cmsgpack.unpack(cmsgpack.pack(value)), value)
        """, json: false);

    [Fact]
    public void Struct_gives_back_what_it_was_given()
    {
        var state = new LuaState();
        var chunk = state.Load("""
            local a, b, c, text = ...
            local x, y, z, s, at = struct.unpack('>!4 bi8ds', struct.pack('>!4 bi8ds', a, b, c, text))
            local u, v, w = struct.unpack('<hI4f', struct.pack('<hI4f', a, 7, 0.5))
            return x == a and y == b and (z == c or c ~= c) and s == text and u == a and v == 7 and w == 0.5
            """u8, "=test");
        Prop.ForAll(ArbMap.Default.ArbFor<sbyte>(), ArbMap.Default.ArbFor<int>(), ArbMap.Default.ArbFor<double>(), (a, b, c) =>
        {
            state.TryCall(chunk, [(double)a, b * 2048.0, c, LuaValue.FromText($"text {a}")], out LuaValue same, out var error).ShouldBeTrue(error.Message);
            return same.IsTruthy;
        }).QuickCheckThrowOnFailure();
    }

    private static void RoundTrips(string source, bool json)
    {
        var state = new LuaState();
        var chunk = state.Load(Encoding.ASCII.GetBytes(source), "=test");
        Prop.ForAll(Values(4, json).ToArbitrary(), value =>
        {
            state.TryCall(chunk, [value], out LuaValue same, out var error).ShouldBeTrue(error.Message);
            return same.IsTruthy;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true));
    }

    /// <summary>Bytes near enough to each language for its parsers to get somewhere.</summary>
    private static Gen<byte[]> Texts()
    {
        string[] pieces =
        [
            "{", "}", "[", "]", "\"", ":", ",", "\\u00", "\\", "null", "nan", "1e", "-", "%", "%d", "%5.3f", "%s", "%q", "%b()", "%f[", "[^", "a-", ".*", "(", ")", "^", "$", "%1", "()",
            "i4", "!8", ">", "c0", "s", "x", "I16", "d", "\xdd\xff\xff\xff\xff", "\x81\xa1", "\x93", "\xc1", "\xcb", "\0", "0x1p", "99", "*t", "!%c",
        ];
        var piece = Gen.OneOf(Gen.Elements(pieces).Select(Encoding.Latin1.GetBytes), Gen.Choose(0, 255).Select(b => new[] { (byte)b }));
        return piece.ListOf().Select(list => list.SelectMany(bytes => bytes).ToArray());
    }

    private static Gen<LuaValue> Values(int depth, bool json)
    {
        var number = Gen.OneOf(
            Gen.Choose(-100000, 100000).Select(n => (LuaValue)(double)n),
            Gen.Choose(-1000000, 1000000).Select(n => (LuaValue)(n / 128.0)));
        var text = ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => (LuaValue)ByteString.From(bytes));
        var boolean = Gen.Elements((LuaValue)true, (LuaValue)false);
        if (depth == 0)
        {
            return Gen.OneOf(number, text, boolean);
        }

        var inner = Values(depth - 1, json);
        var array = inner.ListOf().Select(items =>
        {
            var table = new LuaTable();
            var i = 0;
            foreach (var item in items)
            {
                table.SetInt(++i, item);
            }

            return (LuaValue)table;
        });
        // JSON's keys are strings; a key that reads as a number stays one.
        var key = json ? text : Gen.OneOf(text, number);
        var map = Gen.Zip(key, inner).ListOf().Select(pairs =>
        {
            var table = new LuaTable();
            foreach (var (k, v) in pairs)
            {
                table.Set(k, v);
            }

            return (LuaValue)table;
        });
        return Gen.OneOf(number, text, boolean, array, map);
    }
}
