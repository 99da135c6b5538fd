// The math library against lua5.1, and math.random against the numbers observed in Redis.
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Library;

public sealed class MathLibraryTests
{
    [Fact]
    public void Every_function_gives_the_c_librarys_bits() => OurLua.ShouldPrintWhatPucPrints(OurLua.Tools + """
        local values = {0, -0.0, 1, -1, 0.5, -0.5, 2, 3, -3, 7.25, -7.25, 1e-300, 1e300, 5e-324, 2.2250738585072014e-308, 1/0, -1/0, 0/0, tonumber('nan'), 2^53, 100, 1.5, -1.5, 1e15 + 0.5, 709, 710, 0.1, '2', 'x'}
        for i = 1, 40 do values[#values + 1] = (rnd(2000000) - 1000000) / rnd(5000) end
        for _, name in ipairs {'abs', 'acos', 'asin', 'atan', 'ceil', 'cos', 'cosh', 'deg', 'exp', 'floor', 'frexp', 'log', 'log10', 'modf', 'rad', 'sin', 'sinh', 'sqrt', 'tan', 'tanh'} do
          for _, v in ipairs(values) do print(name, show(v), text(pcall(math[name], v))) end
        end
        for _, name in ipairs {'atan2', 'fmod', 'pow', 'ldexp', 'max', 'min', 'mod'} do
          for i = 1, 900 do
            local a, b = pick(values), pick(values)
            print(name, show(a, b), text(pcall(math[name], a, b)))
          end
        end
        for _, e in ipairs {-1100, -1074, -1050, -1022, 0, 1023, 1024, 2000, 2^31, -2^31} do print(text(pcall(math.ldexp, 0.75, e)), text(pcall(math.ldexp, 5e-324, e))) end
        for name, f in pairs(math) do if type(f) == 'function' and name ~= 'random' and name ~= 'log1p' then print(name, text(pcall(f))) print(name, text(pcall(f, {}))) end end
        print(math.pi, math.huge, math.mod == math.fmod, text(pcall(math.max, 1, 5, 3)), text(pcall(math.min, 1, 0/0, 3)), text(pcall(math.max, 0/0, 1)))
        print(text(pcall(math.random, 0)), text(pcall(math.random, 5, 1)), text(pcall(math.random, 1, 2, 3)), text(pcall(math.random, 'x')), text(pcall(math.randomseed)))
        """);

    [Theory]
    [InlineData("return math.random(1000000) .. ' ' .. math.random(1000000) .. ' ' .. math.random(1000000)", "396465 840486 353337")]
    [InlineData("math.randomseed(42) return math.random(1000000) .. ' ' .. math.random(1000000) .. ' ' .. math.random(1000000)", "744526 342702 111086")]
    [InlineData("math.randomseed(0) return tostring(math.random())", "0.17082803611217")]
    [InlineData("math.randomseed(0) return math.random(100) .. ' ' .. math.random(100) .. ' ' .. math.random(5, 7)", "18 75 5")]
    [InlineData("math.randomseed(0) math.random() pcall(math.random, 0) return math.random(1000000) .. ''", "96372")]
    public void Random_numbers_are_those_of_redis(string source, string expected)
    {
        var state = new LuaState(new LuaOptions { Libraries = LuaLibraries.Sandbox, Sandbox = true });
        state.TryLoad(Encoding.ASCII.GetBytes(source), "=test", out var chunk, out _).ShouldBeTrue();
        state.TryCall(chunk, [], out LuaValue result, out _).ShouldBeTrue();
        result.AsString.ToString().ShouldBe(expected);
    }
}
