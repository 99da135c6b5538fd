// Calls of library functions that do little, written out where the guess is that such a function is called: no frame, no arguments laid out,
// numbers straight from and to IL locals. The function called is tested each time; what does not fit goes the general way, off the path, before
// anything but looking was done. Other library functions are called by a helper that expects one.
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    // By position of the call: the kind of library function that is expected there.
    private readonly HostKind?[] _guessedHosts;

    // Whether the call was translated.
    private bool CallLibrary(Instruction i)
    {
        if (_guessedHosts[_pc] is not { } kind) return false;
        if (WriteOut(i, kind)) return true;
        if (kind is < HostKind.Select and not HostKind.Plain and not HostKind.Next or >= HostKind.Yield) return false;
        FlushHere();
        if (_il is not null)
        {
            _il.Emit(Il.Ldarg_1);
            Address(i.A);
            PushSlotNumber(i.A);
            _il.Emit(Il.Ldc_I4, i.B - 1);
            _il.Emit(Il.Ldc_I4, i.C - 1);
            _il.Emit(Il.Ldc_I4, _pc + 1);
            _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.CallHostFromCompiled)));
            LeaveUnlessDone();
        }
        ForgetFrom(i.A, _registers);
        return true;
    }

    private bool WriteOut(Instruction i, HostKind kind)
    {
        if (i.C != 2 || _known.Generic[_pc]) return false;
        var arguments = i.B - 1;
        switch (kind)
        {
            case HostKind.Floor or HostKind.Ceiling or HostKind.SquareRoot or HostKind.Absolute when arguments == 1:
                ComputeNumber(i, kind, 1);
                return true;
            case HostKind.Maximum or HostKind.Minimum when arguments == 2:
                ComputeNumber(i, kind, 2);
                return true;
            case HostKind.Byte when arguments == 2:
                ByteOf(i);
                return true;
            case HostKind.Sub when arguments is 2 or 3:
                PartOf(i, arguments);
                return true;
            default:
                return false;
        }
    }

    private void ComputeNumber(Instruction i, HostKind kind, int arguments)
    {
        var before = (byte[])_now.Clone();
        var generic = _il?.DefineLabel() ?? default;
        if (_il is not null)
        {
            var il = _il;
            DemandHost(i.A, kind, generic);
            for (var n = 1; n <= arguments; n++) TestNumber(i.A + n, generic);
            CountStep(generic);
            for (var n = 1; n <= arguments; n++) il.Emit(Il.Ldloc, Number(i.A + n));
            il.Emit(Il.Call, kind switch
            {
                HostKind.Floor => Members.Floor,
                HostKind.Ceiling => Members.Ceiling,
                HostKind.SquareRoot => Members.SquareRoot,
                HostKind.Absolute => Members.Absolute,
                HostKind.Maximum => Members.Interpreter(nameof(Interpreter.Greater)),
                _ => Members.Interpreter(nameof(Interpreter.Lesser)),
            });
        }
        EndWrittenOut(i, before, generic, isNumber: true);
    }

    private void ByteOf(Instruction i)
    {
        var before = (byte[])_now.Clone();
        var generic = _il?.DefineLabel() ?? default;
        if (_il is not null)
        {
            var il = _il;
            DemandHost(i.A, HostKind.Byte, generic);
            DemandString(i.A + 1, generic);
            TestNumber(i.A + 2, generic);
            Address(_bottom!, (i.A + 1) * Members.ValueSize + Members.RefOffset);
            il.Emit(Il.Ldind_Ref);
            il.Emit(Il.Ldloc, Number(i.A + 2));
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.ByteAt)));
            il.Emit(Il.Stloc, _index!);
            il.Emit(Il.Ldloc, _index!);
            il.Emit(Il.Ldc_I4_0);
            il.Emit(Il.Blt, generic);
            CountStep(generic);
            il.Emit(Il.Ldloc, _index!);
            il.Emit(Il.Conv_R8);
        }
        EndWrittenOut(i, before, generic, isNumber: true);
    }

    private void PartOf(Instruction i, int arguments)
    {
        var before = (byte[])_now.Clone();
        var generic = _il?.DefineLabel() ?? default;
        if (_il is not null)
        {
            var il = _il;
            DemandHost(i.A, HostKind.Sub, generic);
            DemandString(i.A + 1, generic);
            for (var n = 2; n <= arguments; n++) TestNumber(i.A + n, generic);
            il.Emit(Il.Ldloc, _state!);
            Address(i.A);
            il.Emit(Il.Ldloc, Number(i.A + 2));
            if (arguments == 3) il.Emit(Il.Ldloc, Number(i.A + 3));
            else il.Emit(Il.Ldc_R8, -1.0);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.TryPart)));
            il.Emit(Il.Brfalse, generic);
        }
        EndWrittenOut(i, before, generic, isNumber: false);
    }

    // The function in the register is of that kind.
    private void DemandHost(int register, HostKind kind, Label otherwise)
    {
        var il = _il!;
        LoadBits(register);
        il.Emit(Il.Ldc_I8, LuaValue.FunctionTag);
        il.Emit(Il.Bne_Un, otherwise);
        Address(_bottom!, register * Members.ValueSize + Members.RefOffset);
        il.Emit(Il.Ldind_Ref);
        il.Emit(Il.Isinst, typeof(LuaHostFunction));
        il.Emit(Il.Stloc, _host!);
        il.Emit(Il.Ldloc, _host!);
        il.Emit(Il.Brfalse, otherwise);
        il.Emit(Il.Ldloc, _host!);
        il.Emit(Il.Ldfld, Members.HostKind);
        il.Emit(Il.Ldc_I4, (int)kind);
        il.Emit(Il.Bne_Un, otherwise);
    }

    private void DemandString(int register, Label otherwise)
    {
        if (_now[register] != Memory)
        {
            _il!.Emit(Il.Br, otherwise);
            return;
        }
        LoadBits(register);
        _il!.Emit(Il.Ldc_I8, LuaValue.StringTag);
        _il.Emit(Il.Bne_Un, otherwise);
    }

    // The call's step; when none is left, nothing is counted here.
    private void CountStep(Label otherwise)
    {
        var il = _il!;
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldfld, Members.StepsLeft);
        il.Emit(Il.Ldc_I4_1);
        il.Emit(Il.Conv_I8);
        il.Emit(Il.Sub);
        il.Emit(Il.Stloc, _steps!);
        il.Emit(Il.Ldloc, _steps!);
        il.Emit(Il.Ldc_I4_0);
        il.Emit(Il.Conv_I8);
        il.Emit(Il.Blt, otherwise);
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldloc, _steps!);
        il.Emit(Il.Stfld, Members.StepsLeft);
    }

    // The result, a number on the evaluation stack or a value in its slot; and the general way off the path.
    private void EndWrittenOut(Instruction i, byte[] before, Label generic, bool isNumber)
    {
        if (isNumber) SetNumber(i.A);
        else _now[i.A] = Memory;
        ForgetFrom(i.A + 1, _registers);
        if (_il is null) return;
        var il = _il;
        var done = il.DefineLabel();
        il.MarkLabel(done);
        WithState(before, () => Cold(() =>
        {
            il.MarkLabel(generic);
            Flush(_pc);
            CallByHelper(i);
            Recover(_pc + 1, i.A, isNumber && !_isPinned[i.A]);
            il.Emit(Il.Br, done);
        }));
    }
}
