// Hooks, however the functions they watch are run, and the errors that meet an error handler at the limit of levels.
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Runtime;

public sealed class HooksTests
{
    // The hook is set in the middle of calls that run already: each of them has to leave its compiled form.
    private const string SetInside = """
        local log = {}
        local function on() debug.sethook(function(e, l) if #log < 60 then log[#log + 1] = e .. tostring(l) end end, 'crl') end
        local function inner(n)
          if n == 0 then on() end
          local s = n
          s = s + 1
          return s
        end
        local meta = setmetatable({}, {__add = function(a, b)
          local r = inner(b)
          return r
        end})
        local function outer(n)
          local s = 0
          for i = 3, n, -1 do
            s = s + inner(i)
            s = s + (meta + i)
          end
          return s
        end
        for i = 1, 300 do inner(i) end
        print(outer(0))
        debug.sethook()
        print(table.concat(log, ' '))
        log = {}
        table.sort({3, 1, 2}, function(a, b) if #log == 0 then on() end
          return a < b
        end)
        debug.sethook()
        print(table.concat(log, ' '))
        """;

    [Theory]
    [InlineData(LuaTier.Interpreted)]
    [InlineData(LuaTier.Compiled)]
    [InlineData(LuaTier.Automatic)]
    public void A_hook_set_by_a_running_function_sees_the_rest_of_it_and_of_its_callers(LuaTier tier)
    {
        var output = new MemoryStream();
        var state = new LuaState(new LuaOptions { Output = output, Tier = tier });
        state.TryLoad(Encoding.Latin1.GetBytes(PucLua.Prelude + SetInside), "=stdin", out var chunk, out var error).ShouldBeTrue(error.Message);
        state.TryCall(chunk, [], out LuaValue _, out error).ShouldBeTrue(error.Message);
        state.FlushOutput();
        Encoding.Latin1.GetString(output.ToArray()).ShouldBe(Encoding.Latin1.GetString(PucLua.Run(SetInside)));
    }

    [Fact]
    public void The_handler_of_an_xpcall_that_finds_no_level_left_hears_of_it()
    {
        const string Program = """
        for k = 0, 3 do
          local log = {}
          local function f()
            local co = coroutine.wrap(function() return f() end)
            local a, b = xpcall(co, debug.traceback)
            log[#log + 1] = tostring(b)
            return a, b
          end
          local function nest(d) if d == 0 then return f() end return pcall(nest, d - 1) end
          print(pcall(nest, k))
          print(#log, log[1], log[2], log[3])
        end
        """;
        // As the stand-alone program runs it: the levels below the main chunk count.
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        new LuaProgram(new LuaState(new LuaOptions { Output = output }), errors).TryRun(Encoding.Latin1.GetBytes(PucLua.Prelude + Program), "=stdin", []).ShouldBeTrue();
        Encoding.Latin1.GetString(output.ToArray()).ShouldBe(Encoding.Latin1.GetString(PucLua.Run(Program)));
    }

    [Theory]
    [InlineData(LuaTier.Interpreted)]
    [InlineData(LuaTier.Compiled)]
    [InlineData(LuaTier.Automatic)]
    public void A_loop_that_calls_nothing_but_a_metamethod_counts_its_steps(LuaTier tier)
    {
        var options = new LuaOptions { Tier = tier, Limits = new LuaLimits { MaxSteps = 100_000 } };
        LuaHost.Error("local a = setmetatable({}, {__lt = function() return false end}) repeat until a < a", options).Message.ShouldContain("step limit exceeded");
        LuaHost.Error("local m = {__eq = function() return false end} local a, b = setmetatable({}, m), setmetatable({}, m) repeat until a == b", options).Message.ShouldContain("step limit exceeded");
    }

    [Fact]
    public void C_strings_end_at_a_zero_byte_where_PUCs_do() => OurLua.ShouldPrintWhatPucPrints("""
        local function q(...) for i = 1, select('#', ...) do local v = select(i, ...) print(type(v) == 'string' and hex(v) or type(v)) end end
        q(pcall(function() assert(false, 'x\0y') end))
        q(pcall(collectgarbage, 'a\0b'))
        q(io.open('/none\0/x')) q(io.open('')) q(pcall(dofile, '/none\0x'))
        q(pcall(loadstring('local a = 1 error("x")', '=a\0b')))
        q(debug.getinfo(loadstring('', '=a\0b'), 'S').source, debug.getinfo(1, 'n\0x') ~= nil, debug.getinfo('1') ~= nil)
        print(os.difftime(2.5, 1), pcall(debug.setlocal, 0))
        """);
}
