// A short run of the hostile cases that `./bench fuzz hostile` runs by the million.
using Evalsha.Tests.Support.LuaFuzz;

namespace Evalsha.Lua.Tests.Fuzz;

public sealed class HostileFuzzerTests
{
    private const int FirstSeed = 1;
    private const int Cases = 30_000;

    [Theory]
    [InlineData(LuaTier.Interpreted)]
    [InlineData(LuaTier.Compiled)]
    [InlineData(LuaTier.Automatic)]
    public void Random_bytes_end_in_a_value_or_a_lua_error(LuaTier tier)
    {
        HostileFinding? stuck = null;
        var fuzzer = new HostileFuzzer(tier);
        fuzzer.Run(FirstSeed, Cases, finding => stuck = finding).ShouldBeEmpty();
        stuck.ShouldBeNull();
        fuzzer.Cases.Values.Min().ShouldBeGreaterThan(Cases / fuzzer.Cases.Count / 2);
    }
}
