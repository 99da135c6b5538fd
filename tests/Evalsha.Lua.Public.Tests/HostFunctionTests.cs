// Functions of .NET that Lua calls: what goes in, what comes out, what they cost, and what happens when they fail.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Public.Tests;

public sealed class HostFunctionTests
{
    private readonly LuaState _state = new();

    [Fact]
    public void Arguments_and_results_are_typed()
    {
        _state.Register("add", (double a, double b) => a + b);
        _state.Register("times", (string text, int n) => string.Concat(Enumerable.Repeat(text, n)));
        _state.Register("sum", (LuaTable items) =>
        {
            var sum = 0L;
            foreach (var (_, value) in items) sum += value.To<long>();
            return sum;
        });
        _state.Register("clamp", (double value, double low, double high) => Math.Clamp(value, low, high));
        _state.Register("nothing", () => (string?)null!);

        _state.Run<string>("return add(1, 2) .. times('é', 3) .. sum{1, 2, 3} .. clamp(7, 0, 5) .. tostring(nothing())").ShouldBe("3ééé65nil");
    }

    [Fact]
    public void A_call_with_numbers_booleans_or_byte_strings_allocates_nothing()
    {
        var calls = 0L;
        _state.Register("add", (double a, double b) => a + b);
        _state.Register("odd", (int n) => n % 2 == 1);
        _state.Register("same", (ByteString text) => text);
        _state.Register("clamp", (long value, long? low, double high) => Math.Min(Math.Max(value, low ?? 0), high));
        _state.Register("count", (bool really) => { calls += really ? 1 : 0; });
        var loop = _state.Load("local text = 'text' for i = 1, 1000 do add(i, 2) odd(i) same(text) clamp(i, nil, 5) count(true) end");

        var least = long.MaxValue;
        for (var round = 0; round < 30; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            _state.TryCall(loop, [], out LuaValue _, out _).ShouldBeTrue();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.ShouldBe(0);
        calls.ShouldBe(30_000);
    }

    [Theory]
    [InlineData("add(1)", "bad argument #2 to 'add' (number expected, got no value)")]
    [InlineData("add({}, 1)", "bad argument #1 to 'add' (number expected, got table)")]
    [InlineData("whole(1.5)", "bad argument #1 to 'whole' (number 1.5 is no Int32)")]
    [InlineData("whole(1e10)", "bad argument #1 to 'whole' (number 10000000000 is no Int32)")]
    [InlineData("flag(1)", "bad argument #1 to 'flag' (boolean expected, got number)")]
    [InlineData("text(print)", "bad argument #1 to 'text' (string expected, got function)")]
    [InlineData("lib.add(nil, 1)", "bad argument #1 to 'add' (number expected, got nil)")]
    public void A_wrong_argument_is_told_in_Luas_own_words(string call, string text)
    {
        var add = _state.Function("add", (double a, double b) => a + b);
        _state.Globals["add"] = add;
        _state.Globals["lib"] = new LuaTable { ["add"] = add };
        _state.Register("whole", (int n) => n);
        _state.Register("flag", (bool flag) => flag);
        _state.Register("text", (string said) => said);

        _state.TryRun(call, out _, out var error, "=calls").ShouldBeFalse();

        error.Message.ShouldBe("calls:1: " + text);
        (error.Kind, error.Chunk, error.Line).ShouldBe((LuaErrorKind.Runtime, "calls", 1));
    }

    [Fact]
    public void Numbers_and_strings_turn_into_each_other_as_in_Lua()
    {
        _state.Register("half", (double n) => n / 2);
        _state.Register("length", (byte[] text) => text.Length);
        _state.Run<string>("return half('0x10') .. ' ' .. length(12.5)").ShouldBe("8 4");
    }

    [Fact]
    public void What_a_function_throws_can_be_caught_in_Lua_and_is_the_cause_of_what_is_not()
    {
        var thrown = new InvalidOperationException("no träffic");
        _state.Register("fetch", (string _) => { throw thrown; });

        _state.Run<string>("local ok, e = pcall(function() fetch('x') end) return e", "=one").ShouldBe("one:1: no träffic");

        var left = Should.Throw<LuaException>(() => _state.Run("local x = 1\nfetch('x')", "=two"));
        left.Message.ShouldBe("two:2: no träffic");
        left.InnerException.ShouldBeSameAs(thrown);
        _state.TryRun("pcall(fetch, 'x') error('other')", out _, out var other).ShouldBeFalse();
        other.Cause.ShouldBeNull();
    }

    [Fact]
    public void An_error_that_crosses_the_border_twice_stays_the_same_value()
    {
        var again = _state.Load("error({code = 7})");
        _state.Register("again", () => _state.Call(again).Length);

        _state.Run<int>("local ok, e = pcall(again) return e.code").ShouldBe(7);
        _state.Run<int>("return 1").ShouldBe(1);
    }

    [Fact]
    public void The_raw_form_gives_several_results()
    {
        _state.Register("divide", (ref LuaCall call) =>
            call.CheckNumber(0, out var a) && call.CheckNumber(1, out var b) ? call.Return(Math.Floor(a / b), a % b) : LuaCall.Raised);
        _state.Run<string>("local q, r = divide(7, 2) return q .. ' ' .. r").ShouldBe("3 1");
    }

    [Fact]
    public void A_type_that_Lua_has_no_value_for_is_refused_when_the_function_is_made()
    {
        Should.Throw<NotSupportedException>(() => _state.Register("when", (DateTime when) => 1)).Message.ShouldContain("System.DateTime");
        Should.Throw<NotSupportedException>(() => _state.Register("now", () => DateTime.UnixEpoch));
    }
}
