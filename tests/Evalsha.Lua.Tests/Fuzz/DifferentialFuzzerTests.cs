// A short run of the random programs that `./bench fuzz lua` runs for as long as one likes.
using Evalsha.Tests.Support.LuaFuzz;

namespace Evalsha.Lua.Tests.Fuzz;

public sealed class DifferentialFuzzerTests
{
    private const int FirstSeed = 1;

    [Theory]
    [InlineData(LuaTier.Interpreted, 100)]
    [InlineData(LuaTier.Compiled, 50)] // each function is compiled: slow
    [InlineData(LuaTier.Automatic, 100)]
    public void Random_programs_print_what_lua_prints_and_reach_every_opcode_and_function(LuaTier tier, int programs)
    {
        var fuzzer = new DifferentialFuzzer(new LuaOptions { Tier = tier });
        foreach (var difference in fuzzer.Run(FirstSeed, programs))
        {
            throw new ShouldAssertException($"seed {difference.Seed}\n{difference.Program}\nlua5.1: {difference.Theirs}\nours:   {difference.Ours}");
        }
        fuzzer.UnreachedOpCodes.ShouldBeEmpty();
        fuzzer.UnreachedFunctions.ShouldBeEmpty();
    }
}
