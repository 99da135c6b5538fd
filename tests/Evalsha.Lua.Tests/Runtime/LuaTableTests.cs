// The table against PUC's: the same keys come and go in both, and pairs(), next and # must answer the same.
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Runtime;

public class LuaTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Order_and_border_are_PUCs_after_any_sequence_of_stores(int seed)
    {
        var program = RandomProgram(seed, 60);
        LuaHost.Run(program).ShouldBe(Puc(program));
    }

    [Fact]
    public void Constructors_size_the_parts_as_PUC_does()
    {
        const string Program = """
            local function show(t) local o = {} for k, v in pairs(t) do o[#o + 1] = tostring(k) .. '=' .. tostring(v) end print(#t, table.concat(o, ' ')) end
            show{1, 2, 3, nil, 5}
            show{1, 2, nil, nil}
            show{nil, nil, 3}
            show{a = 1, b = 2, c = 3, 10, 20, d = 4, 30}
            show{[1] = 'a', [2] = 'b', [4] = 'd'}
            show{n = 1, [3] = 3, [1.5] = 1, [true] = 2, [false] = 3, [-1] = 4, [0] = 5}
            local t = {} for i = 10, 1, -1 do t[i] = i end show(t)
            t = {} for i = 1, 40 do t[i] = i end for i = 1, 40, 2 do t[i] = nil end t.x = 1 show(t)
            t = {} for i = 1, 20 do t['key' .. i] = i end for i = 1, 20, 3 do t['key' .. i] = nil end t.more = 1 t.yet = 2 show(t)
            t = {f()} if t then end
            """;
        var program = Program.Replace("t = {f()} if t then end", "local function f(...) return ... end t = {f(1, nil, 3)} show(t) t = {f()} show(t) t = {1, f(2, 3, nil)} show(t)");
        LuaHost.Run(program).ShouldBe(Puc(program));
    }

    [Fact]
    public void Fields_may_be_cleared_during_a_traversal_and_none_is_missed()
    {
        const string Program = """
            local t = {}
            for i = 1, 200 do t[i] = i t['k' .. i] = i end
            local n = 0
            for k in pairs(t) do t[k] = nil n = n + 1 end
            print(n, next(t))
            """;
        LuaHost.Run(Program).ShouldBe(Puc(Program));
    }

    [Fact]
    public void Whatever_was_stored_last_is_what_a_table_gives()
    {
        Prop.ForAll(
                ArbMap.Default.ArbFor<(short, int)[]>(),
                stores =>
                {
                    var table = new LuaTable();
                    var model = new Dictionary<double, double>();
                    foreach (var (key, value) in stores)
                    {
                        var number = key / 4.0;
                        if (value % 5 == 0)
                        {
                            table.Set(number, LuaValue.Nil);
                            model.Remove(number);
                        }
                        else
                        {
                            table.Set(number, (double)value);
                            model[number] = value;
                        }
                    }
                    var seen = 0;
                    var k = LuaValue.Nil;
                    while (table.Next(ref k, out var v))
                    {
                        seen++;
                        if (model[k.AsNumber] != v.AsNumber) return false;
                    }
                    return seen == model.Count && model.All(pair => table.Get(pair.Key).AsNumber == pair.Value);
                })
            .QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Strings_of_equal_bytes_are_one_key_whatever_object_carries_them()
    {
        var table = new LuaTable();
        table.Set(ByteString.FromUtf8("name"), 1.0);
        table.Set(ByteString.Own([.. "name"u8]), 2.0);
        table.GetString("name"u8).AsNumber.ShouldBe(2.0);
        table.Slots.Hash.ShouldBe(1);
    }

    [Fact]
    public void A_read_only_table_refuses_scripts_and_obeys_its_host()
    {
        var table = new LuaTable { IsReadOnly = true };
        table.TrySet(1.0, 2.0, out var error).ShouldBeFalse();
        error.ShouldBe(LuaTableError.ReadOnly);
        table.Set(1.0, 2.0);
        table.GetInt(1).AsNumber.ShouldBe(2.0);
        table.IsReadOnly.ShouldBeTrue();
    }

    [Fact]
    public void Nil_and_NaN_are_no_keys()
    {
        var table = new LuaTable();
        table.TrySet(LuaValue.Nil, 1.0, out var error).ShouldBeFalse();
        error.ShouldBe(LuaTableError.IndexIsNil);
        table.TrySet(double.NaN, 1.0, out error).ShouldBeFalse();
        error.ShouldBe(LuaTableError.IndexIsNaN);
    }

    static string Puc(string program) => Encoding.Latin1.GetString(PucLua.Run(program));

    // Keys of every kind that hashes the same in both engines: integers near and far, fractions, booleans, short strings.
    static string RandomProgram(int seed, int tables)
    {
        var random = new Random(seed);
        var text = new StringBuilder("""
            local function show(t)
              local o = {}
              for k, v in pairs(t) do o[#o + 1] = tostring(k) .. '=' .. tostring(v) end
              print(#t, #o, next(t), table.concat(o, ' '))
            end

            """);
        for (var t = 0; t < tables; t++)
        {
            text.Append("do local t = {}\n");
            var stores = random.Next(1, 120);
            var span = random.Next(2, 80);
            for (var i = 0; i < stores; i++)
            {
                var key = random.Next(10) switch
                {
                    < 5 => random.Next(1, span).ToString(CultureInfo.InvariantCulture),
                    5 => random.Next(-100000, 100000).ToString(CultureInfo.InvariantCulture),
                    6 => (random.Next(-1000, 1000) / 8.0).ToString(CultureInfo.InvariantCulture),
                    7 => random.Next(2) == 0 ? "true" : "false",
                    _ => $"'{new string((char)('a' + random.Next(26)), random.Next(1, 9))}{random.Next(40)}'",
                };
                text.Append(CultureInfo.InvariantCulture, $"t[{key}] = {(random.Next(4) == 0 ? "nil" : random.Next(1000))}\n");
                if (random.Next(12) == 0) text.Append("show(t)\n");
            }
            text.Append("show(t) end\n");
        }
        return text.ToString();
    }
}
