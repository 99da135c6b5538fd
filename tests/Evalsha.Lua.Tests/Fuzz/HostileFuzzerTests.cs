// A short run of the hostile cases that `./bench fuzz hostile` runs by the million.
using Evalsha.Tests.Support.LuaFuzz;

namespace Evalsha.Lua.Tests.Fuzz;

public sealed class HostileFuzzerTests
{
    private const int FirstSeed = 1;

    // A jump to a word that is the operand of a CLOSURE.
    [Theory]
    [InlineData(444941)]
    [InlineData(659437)]
    [InlineData(1171613)]
    public void A_chunk_that_jumps_into_operands_is_run_by_the_interpreter(int seed) =>
        new HostileFuzzer(LuaTier.Compiled).Run(seed, 1, _ => { }).ShouldBeEmpty();

    [Theory]
    [InlineData(LuaTier.Interpreted, 30_000)]
    [InlineData(LuaTier.Compiled, 5_000)]
    [InlineData(LuaTier.Automatic, 10_000)]
    public void Random_bytes_end_in_a_value_or_a_lua_error(LuaTier tier, int cases)
    {
        HostileFinding? stuck = null;
        var fuzzer = new HostileFuzzer(tier);
        fuzzer.Run(FirstSeed, cases, finding => stuck = finding).ShouldBeEmpty();
        stuck.ShouldBeNull();
        fuzzer.Cases.Values.Min().ShouldBeGreaterThan(cases / fuzzer.Cases.Count / 2);
    }
}
