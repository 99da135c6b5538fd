// A short run of the random programs that `./bench fuzz lua` runs for as long as one likes.
using Evalsha.Tests.Support.LuaFuzz;

namespace Evalsha.Lua.Tests.Fuzz;

public sealed class DifferentialFuzzerTests
{
    private const int FirstSeed = 1;
    private const int Programs = 100;

    [Fact]
    public void Random_programs_print_what_lua_prints_and_reach_every_opcode()
    {
        var fuzzer = new DifferentialFuzzer(new LuaOptions());
        foreach (var difference in fuzzer.Run(FirstSeed, Programs))
        {
            throw new ShouldAssertException($"seed {difference.Seed}\n{difference.Program}\nlua5.1: {difference.Theirs}\nours:   {difference.Ours}");
        }
        fuzzer.UnreachedOpCodes.ShouldBeEmpty();
    }
}
