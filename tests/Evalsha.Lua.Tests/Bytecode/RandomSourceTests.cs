// Thousands of random texts: what lua5.1 makes of each, we make too, bytecode or message.
namespace Evalsha.Lua.Tests.Bytecode;

public sealed class RandomSourceTests
{
    [Fact]
    public void Random_programs_compile_to_the_same_bytes() => Agree(1, 3000, source => source.Program());

    [Fact]
    public void Random_programs_with_one_broken_token_give_the_same_message() => Agree(100_000, 3000, source => source.BrokenProgram());

    [Fact]
    public void Random_tokens_give_the_same_message() => Agree(200_000, 5000, source => source.Soup());

    private static void Agree(int firstSeed, int count, Func<RandomSource, string> make)
    {
        PucCompiler.ShouldAgree([.. Enumerable.Range(firstSeed, count).Select(seed => PucCompiler.Bytes(make(new RandomSource(seed))))]);
    }
}
