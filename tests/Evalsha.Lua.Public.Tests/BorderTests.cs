// What crosses the border of a state: values, tables, globals, bytes, and errors with where they come from.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Public.Tests;

public sealed class BorderTests
{
    private readonly LuaState _state = new();

    [Fact]
    public void Results_are_read_as_what_one_asks_for()
    {
        _state.Run<double>("return 1 / 4").ShouldBe(0.25);
        _state.Run<int>("return '42'").ShouldBe(42);
        _state.Run<long>("return 2 ^ 53").ShouldBe(1L << 53);
        _state.Run<bool>("return not nil").ShouldBeTrue();
        _state.Run<string>("return 10 / 4").ShouldBe("2.5");
        _state.Run<int?>("return nil").ShouldBeNull();
        _state.Run<int?>("return 3").ShouldBe(3);
        _state.Run<LuaTable>("return {1, 2}").Length.ShouldBe(2);
        _state.Run("return 'first', 'second'").To<string>().ShouldBe("first");
        _state.Call<double>(_state.Load("local a, b = ... return a * b"), 6, 7).ShouldBe(42);
        _state.Call<double>(_state.Load("local a, b = ... return a * b"), new LuaBudget { MaxSteps = 1_000 }, 6, 7).ShouldBe(42);
    }

    [Fact]
    public void A_result_of_another_type_is_an_error_with_both_names()
    {
        var error = Should.Throw<LuaException>(() => _state.Run<int>("return {}"));
        (error.Kind, error.Message).ShouldBe((LuaErrorKind.Result, "number expected, got table"));
        _state.TryRun<int>("return 1.5", out _, out var fraction).ShouldBeFalse();
        fraction.Message.ShouldBe("number 1.5 is no Int32");
        Should.Throw<InvalidCastException>(() => ((LuaValue)"x").To<bool>()).Message.ShouldBe("boolean expected, got string");
        _state.Run<string>("return 'still whole'").ShouldBe("still whole");
    }

    [Fact]
    public void Text_is_UTF_8_and_bytes_stay_bytes()
    {
        _state.Globals["name"] = "Zoë";
        _state.Run<int>("return #name").ShouldBe(4);
        _state.Run<string>("return 'å' .. name").ShouldBe("åZoë");
        _state.Run<byte[]>("return '\\255\\0x'").ShouldBe([255, 0, (byte)'x']);
        _state.Globals["raw"] = ByteString.From([0xFF, 0xFE]);
        _state.Run<ByteString>("return raw .. raw").Span.ToArray().ShouldBe([0xFF, 0xFE, 0xFF, 0xFE]);
        _state.Run<ReadOnlyMemory<byte>>("return raw").Length.ShouldBe(2);
    }

    [Fact]
    public void Tables_are_read_and_written_by_name_by_number_and_by_pair()
    {
        _state.Globals["order"] = new LuaTable { ["id"] = 7, ["lines"] = LuaTable.List("tea", "milk"), ["größe"] = 1.5, ["none"] = (string?)null };
        _state.Run("order.id = order.id + 1; order.lines[3] = order.lines[1] .. '!'; order['größe'] = order['größe'] * 2");

        var order = _state.Globals.Get<LuaTable>("order");
        (order.Get<int>("id"), order.Get<double>("größe"), order["none"].IsNil).ShouldBe((8, 3.0, true));
        order.TryGet<string>("missing", out _).ShouldBeFalse();
        Should.Throw<InvalidCastException>(() => order.Get<string>("missing")).Message.ShouldBe("field 'missing': string expected, got nil");
        var lines = order.Get<LuaTable>("lines");
        lines[2] = LuaValue.Nil;
        (lines.Get<string>(1), lines[2].IsNil, lines.Get<string>(3)).ShouldBe(("tea", true, "tea!"));
        var pairs = new List<string>();
        foreach (var (key, value) in lines) pairs.Add($"{key}={value}");
        pairs.ShouldBe(["1=tea", "3=tea!"]);
    }

    [Fact]
    public void Reading_a_field_by_a_text_allocates_nothing()
    {
        var table = new LuaTable { ["count"] = 3 };
        var least = long.MaxValue;
        for (var round = 0; round < 30; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++) table.Get<int>("count");
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.ShouldBe(0);
    }

    [Fact]
    public void An_exception_says_what_where_and_how_it_came_there()
    {
        _state.Run("function check(order)\n  if not order then\n    error('no ordér')\n  end\nend", "@lib.lua");
        var error = Should.Throw<LuaException>(() => _state.Run("\n check(nil)", "@main.lua"));

        error.Message.ShouldBe("lib.lua:3: no ordér");
        (error.Kind, error.Chunk, error.Line).ShouldBe((LuaErrorKind.Runtime, "lib.lua", 3));
        error.Traceback.ShouldBe("stack traceback:\n\t[C]: in function 'error'\n\tlib.lua:3: in function 'check'\n\tmain.lua:2: in main chunk");
        error.ToString().ShouldStartWith("lib.lua:3: no ordér\nstack traceback:");
    }

    [Fact]
    public void An_error_that_is_a_table_keeps_its_value_and_its_place()
    {
        _state.TryRun("local x\nerror({code = 404})", out _, out var error, "=web").ShouldBeFalse();
        (error.Value.AsTable.Get<int>("code"), error.Message, error.Chunk, error.Line).ShouldBe((404, "(error object is a table value)", "web", 2));
    }

    [Fact]
    public void What_does_not_compile_says_where()
    {
        var error = Should.Throw<LuaException>(() => _state.Load("local a = 1\nlocal = 2", "@broken.lua"));
        (error.Kind, error.Chunk, error.Line).ShouldBe((LuaErrorKind.Syntax, "broken.lua", 2));
        error.Message.ShouldBe("broken.lua:2: '<name>' expected near '='");
        _state.TryLoad("return", out _, out _).ShouldBeTrue();
        _state.TryRun("return +", out _, out var unnamed).ShouldBeFalse();
        unnamed.Chunk.ShouldBe("[string \"return +\"]");
    }
}
