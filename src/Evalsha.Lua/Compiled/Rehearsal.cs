// Compiles a small function once and throws it away, so that the runtime's compiler, what emits IL and the members that compiled code names
// are loaded before a program needs them: on another core, while the program is read and begins (LuaProgram.Prepare).
// Always: the function is never run, and nothing of it is seen by any state.
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Compiled;

internal static class Rehearsal
{
    // One of each kind that most programs have: arithmetic, loops, fields, indexes, calls, tests.
    private static ReadOnlySpan<byte> Piece => """
        local t, f = {}, type
        for i = 1, 8 do t[i] = i * 2 + 1 if t[i] == 3 then t.x = f(i) end end
        while #t < 8 do t[#t + 1] = t.x .. 'y' end
        return t.x
        """u8;

    public static void Run()
    {
        var code = new Executable(Compiler.Compile(Piece.ToArray(), "=rehearsal"u8.ToArray(), new StringPool()));
        code.Originals = (ulong[])code.Words.Clone();
        code.Compiled = new CompiledCode(code.Words.Length);
        new Translator(code, default, null).Translate().FinishAtOnce();
    }
}
