// What a call calls, guessed from a call of the function that was running when it was found hot: upvalues, globals and fields are looked up
// there and then. Nothing depends on a guess being right but speed.
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using OpCode = Evalsha.Lua.Bytecode.OpCode;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    /// <summary>Fields of fields of …, and classes of classes.</summary>
    private const int GuessesMax = 8;

    // A function of this one's own, when that is what the guess came to.
    private Executable? _guessedChild;

    // The value that the register will probably hold before the instruction at pc.
    private LuaValue Guess(int pc, int register, int depth = 0)
    {
        if (depth > GuessesMax) return LuaValue.Nil;
        for (var at = pc - 1; at >= 0; at--)
        {
            if (_isData[at]) continue;
            var i = _code[at];
            if (i.OpCode is OpCode.Self && register == i.A + 1) return Guess(at, i.B, depth + 1);
            if (i.OpCode is OpCode.Call && register >= i.A) break; // a result: that of the last time may still lie there
            if (i.A != register || i.OpCode is OpCode.SetGlobal or OpCode.SetUpval or OpCode.SetTable or OpCode.Jmp or OpCode.Eq or OpCode.Lt or OpCode.Le
                or OpCode.Test or OpCode.Return or OpCode.SetList or OpCode.Close or OpCode.ForPrep)
            {
                continue;
            }
            switch (i.OpCode)
            {
                case OpCode.Move:
                    return Guess(at, i.B, depth + 1);
                case OpCode.Closure:
                    _guessedChild = _executable.Child(i.Bx);
                    return LuaValue.Nil;
                case OpCode.LoadK:
                    return _constants[i.Bx];
                case OpCode.GetUpval:
                    return _specimen.Closure is { } closure && i.B < closure.Upvalues.Length ? LuaValue.Read(ref closure.Upvalues[i.B].Slot) : LuaValue.Nil;
                case OpCode.GetGlobal:
                    return _specimen.Closure?.Environment is { } globals ? Field(globals, _constants[i.Bx].AsString, depth) : LuaValue.Nil;
                case OpCode.GetTable or OpCode.Self when Instruction.IsConstant(i.C) && _constants[Instruction.ConstantIndex(i.C)].IsString:
                    return FieldOf(Guess(at, i.B, depth + 1), _constants[Instruction.ConstantIndex(i.C)].AsString, depth);
            }
            break;
        }
        return _specimen.Register(register);
    }

    private LuaValue FieldOf(in LuaValue container, ByteString key, int depth)
    {
        if (container.IsTable) return Field(container.AsTable, key, depth);
        return container.IsString && _strings?.GetMetamethod(Metamethod.Index) is { IsTable: true } methods ? Field(methods.AsTable, key, depth) : LuaValue.Nil;
    }

    private static LuaValue Field(LuaTable table, ByteString key, int depth)
    {
        for (; depth <= GuessesMax; depth++)
        {
            var value = table.GetString(key);
            if (!value.IsNil || table.Metatable?.GetMetamethod(Metamethod.Index) is not { IsTable: true } next) return value;
            table = next.AsTable;
        }
        return LuaValue.Nil;
    }
}
