// Chunks that PUC's check lets through and that could block or end the process: refused when they are read.
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Tests.Bytecode;

public sealed class BytecodeCheckTests
{
    [Theory]
    [InlineData("for i = 1, 2 do end", OpCode.ForPrep, -2)]
    [InlineData("for i = 1, 2 do end", OpCode.ForLoop, 0)]
    public void A_for_loop_jumps_only_as_a_compiler_writes_it(string source, OpCode opCode, int distance) => Refuses(source, opCode, i => i.WithSBx(distance));

    [Fact]
    public void A_table_is_made_no_larger_than_its_function_could_fill()
    {
        Refuses("return {}", OpCode.NewTable, i => i.WithB(FloatingPointByte.Encode(1_000_000)));
        Refuses("return {}", OpCode.NewTable, i => i.WithC(FloatingPointByte.Encode(1_000_000)));
    }

    [Fact]
    public void Values_up_to_the_top_are_taken_only_where_the_top_was_set()
    {
        Refuses("return 1, 2", OpCode.Return, i => i.WithB(0));
        Refuses("print(1)", OpCode.Call, i => i.WithB(0));
    }

    private static void Refuses(string source, OpCode opCode, Func<Instruction, Instruction> damage)
    {
        var dump = PucCompiler.Ours(PucCompiler.Bytes(source), "=x").Bytes;
        Undump.Read(dump, "=x"u8, new StringPool());
        var code = Undump.Read(dump, "=x"u8, new StringPool()).Code;
        var at = Array.FindIndex(code, i => i.OpCode == opCode);
        var bytes = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes, code[at].Word);
        var place = dump.AsSpan().IndexOf(bytes);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(dump.AsSpan(place), damage(code[at]).Word);
        Should.Throw<LuaSyntaxException>(() => Undump.Read(dump, "=x"u8, new StringPool())).Message.ShouldContain("bad code");
    }
}
