// Each instruction to its translation; and those that move control: calls, returns, loops.
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;
using OpCode = Evalsha.Lua.Bytecode.OpCode;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    private void Step(Instruction i)
    {
        switch (i.OpCode)
        {
            case OpCode.Move:
                Move(i.A, i.B);
                break;
            case OpCode.LoadK:
                LoadConstant(i);
                break;
            case OpCode.LoadBool:
                WriteBits(i.A, i.B != 0 ? LuaValue.TrueTag : LuaValue.FalseTag);
                if (i.C == 0) break;
                JumpTo(_pc + 2, 0);
                _flows = false;
                break;
            case OpCode.LoadNil:
                for (var r = i.A; r <= i.B; r++) WriteBits(r, LuaValue.NilTag);
                break;
            case OpCode.GetUpval:
                GetUpvalue(i);
                break;
            case OpCode.SetUpval:
                SetUpvalue(i);
                break;
            case OpCode.GetGlobal:
                GetGlobal(i);
                break;
            case OpCode.SetGlobal:
                SetGlobal(i);
                break;
            case OpCode.GetTable:
                GetTable(i);
                break;
            case OpCode.SetTable:
                SetTable(i);
                break;
            case OpCode.NewTable:
                NewTable(i);
                break;
            case OpCode.Self:
                Self(i);
                break;
            case OpCode.Add or OpCode.Sub or OpCode.Mul or OpCode.Div or OpCode.Mod or OpCode.Pow or OpCode.Unm:
                Arithmetic(i);
                break;
            case OpCode.Not:
                Not(i);
                break;
            case OpCode.Len:
                Length(i);
                break;
            case OpCode.Concat:
                FlushHere();
                if (_il is not null) Detour();
                ForgetFrom(i.B, i.C);
                _now[i.A] = Memory;
                break;
            case OpCode.Jmp:
                JumpTo(_pc + 1 + i.SBx, i.SBx < 0 ? i.SBx : 0);
                _flows = false;
                break;
            case OpCode.Eq:
                Equality(i);
                break;
            case OpCode.Lt or OpCode.Le:
                Order(i);
                break;
            case OpCode.Test:
                Test(i);
                break;
            case OpCode.TestSet:
                TestAndSet(i);
                break;
            case OpCode.Call:
                Call(i);
                break;
            case OpCode.TailCall:
                TailCall(i);
                break;
            case OpCode.Return:
                Return(i);
                break;
            case OpCode.ForLoop:
                ForLoop(i);
                break;
            case OpCode.ForPrep:
                ForPrep(i);
                break;
            case OpCode.TForLoop:
                Iterate(i);
                break;
            case OpCode.SetList:
                SetList(i);
                break;
            case OpCode.Close:
                Close(i);
                break;
            case OpCode.Closure:
                MakeClosure(i);
                break;
            case OpCode.VarArg:
                Varargs(i);
                break;
            default:
                throw new InvalidOperationException("unknown instruction: the prototype was not made by the compiler");
        }
    }

    private void LoadConstant(Instruction i)
    {
        if (_constants[i.Bx].IsNumber)
        {
            _il?.Emit(Il.Ldc_R8, _constants[i.Bx].AsNumber);
            SetNumber(i.A);
            return;
        }
        CopyTo(i.A, () => ConstantAddress(i.Bx));
    }

    private void NewTable(Instruction i)
    {
        _now[i.A] = Memory;
        if (_il is null) return;
        _il.Emit(Il.Ldc_I4, Word);
        Address(i.A);
        _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.NewTableFromCompiled)));
    }

    private void Not(Instruction i)
    {
        if (_now[i.B] != Memory)
        {
            WriteBits(i.A, LuaValue.FalseTag);
            return;
        }
        _now[i.A] = Memory;
        if (_il is null) return;
        var il = _il;
        var falsy = il.DefineLabel();
        var done = il.DefineLabel();
        LoadTruth(i.B);
        il.Emit(Il.Bge_Un, falsy);
        WriteBits(i.A, LuaValue.FalseTag);
        il.Emit(Il.Br, done);
        il.MarkLabel(falsy);
        WriteBits(i.A, LuaValue.TrueTag);
        il.MarkLabel(done);
    }

    private void PushSlotNumber(int register)
    {
        _il!.Emit(Il.Ldarg_3);
        if (register == 0) return;
        _il.Emit(Il.Ldc_I4, register);
        _il.Emit(Il.Add);
    }

    private void Call(Instruction i)
    {
        if (CallLibrary(i) || CallInline(i)) return;
        FlushHere();
        if (_il is not null && i.B != 0 && InlinesCalls)
        {
            CallDirectly(i);
        }
        else if (_il is not null)
        {
            _il.Emit(Il.Ldarg_1);
            if (i.B != 0) Address(i.A);
            PushSlotNumber(i.A);
            if (i.B != 0) _il.Emit(Il.Ldc_I4, i.B - 1);
            _il.Emit(Il.Ldc_I4, i.C - 1);
            _il.Emit(Il.Ldc_I4, _pc + 1);
            _il.Emit(Il.Call, Members.Interpreter(i.B != 0 ? nameof(Interpreter.CallFromCompiled) : nameof(Interpreter.CallOpenFromCompiled)));
            LeaveUnlessDone();
        }
        ForgetFrom(i.A, _registers);
    }

    private void TailCall(Instruction i)
    {
        FlushHere();
        if (_il is not null)
        {
            _il.Emit(Il.Ldarg_1);
            _il.Emit(Il.Ldc_I4, Word);
            _il.Emit(Il.Ldc_I4, _pc + 1);
            _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.TailCallFromCompiled)));
            LeaveUnlessDone();
        }
        ForgetFrom(i.A, _registers);
    }

    private void Return(Instruction i)
    {
        if (IsInlined)
        {
            ReturnInline(i);
            return;
        }
        _flows = false;
        if (_il is null) return;
        // Nothing to close, and a caller that takes one value or none: the value goes where the function lay, and the caller takes the frame off.
        if (!_hasPinned && !_executable.IsVararg && i.B != 0)
        {
            var other = _il.DefineLabel();
            var none = _il.DefineLabel();
            _il.Emit(Il.Ldarg_S, (byte)4);
            _il.Emit(Il.Ldc_I4, Interpreter.CalledForOne);
            _il.Emit(Il.Bne_Un, none);
            if (i.B == 1)
            {
                Address(_bottom!, Members.BitsOffset - Members.ValueSize);
                _il.Emit(Il.Ldc_I8, LuaValue.NilTag);
                _il.Emit(Il.Stind_I8);
            }
            else if (_now[i.A] != Memory)
            {
                Address(_bottom!, Members.BitsOffset - Members.ValueSize);
                PushNumber(i.A);
                _il.Emit(Il.Stind_R8);
            }
            else
            {
                Address(_bottom!, -Members.ValueSize);
                Address(i.A);
                _il.Emit(Il.Call, Members.Copy);
            }
            _il.Emit(Il.Ldc_I4_0);
            _il.Emit(Il.Ret);
            _il.MarkLabel(none);
            _il.Emit(Il.Ldarg_S, (byte)4);
            _il.Emit(Il.Ldc_I4, Interpreter.CalledForNone);
            _il.Emit(Il.Bne_Un, other);
            _il.Emit(Il.Ldc_I4_0);
            _il.Emit(Il.Ret);
            Cold(() =>
            {
                _il.MarkLabel(other);
                FinishReturn(i);
            });
            return;
        }
        FinishReturn(i);
    }

    private void FinishReturn(Instruction i)
    {
        var il = _il!;
        Flush(_pc);
        il.Emit(Il.Ldarg_1);
        if (i.B == 2)
        {
            Address(i.A);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.ReturnOneFromCompiled)));
        }
        else
        {
            il.Emit(Il.Ldc_I4, i.A);
            il.Emit(Il.Ldc_I4, i.B);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.ReturnFromCompiled)));
        }
        il.Emit(Il.Ret);
    }

    // The loop's three registers become numbers, as the interpreter coerces them.
    private void ForPrep(Instruction i)
    {
        if (_il is not null)
        {
            var il = _il;
            var coerce = il.DefineLabel();
            var ready = il.DefineLabel();
            var isTested = false;
            for (var r = i.A; r <= i.A + 2; r++)
            {
                if (_now[r] != Memory) continue;
                LoadBits(r);
                il.Emit(Il.Ldc_I8, LowestTag);
                il.Emit(Il.Bge_Un, coerce);
                isTested = true;
            }
            il.MarkLabel(ready);
            for (var r = i.A; r <= i.A + 2; r++)
            {
                if (_now[r] == Memory) LoadNumberFromSlot(r);
            }
            if (isTested)
            {
                Cold(() =>
                {
                    il.MarkLabel(coerce);
                    Flush(_pc);
                    PushFrame();
                    il.Emit(Il.Ldarg_1);
                    Address(i.A);
                    il.Emit(Il.Ldc_I4, _pc + 1);
                    il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.CoerceLoopFromCompiled)));
                    LeaveUnlessCoerced();
                    PopFrame();
                    il.Emit(Il.Br, ready);
                });
            }
            il.Emit(Il.Ldloc, Number(i.A));
            il.Emit(Il.Ldloc, Number(i.A + 2));
            il.Emit(Il.Sub);
        }
        for (var r = i.A; r <= i.A + 2; r++)
        {
            if (_now[r] == Memory) _now[r] = Clean;
        }
        SetNumber(i.A);
        JumpTo(_pc + 1 + i.SBx, 0);
        _flows = false;
    }

    // The interpreter cannot go on after half a FORPREP, so an answer to leave is an error here or nothing.
    private void LeaveUnlessCoerced()
    {
        var il = _il!;
        il.Emit(Il.Stloc, _status!);
        il.Emit(Il.Ldloc, _status!);
        il.Emit(Il.Ldc_I4, CompiledStatus.Raised);
        il.Emit(Il.Beq, _leave);
        Reload();
    }

    private void ForLoop(Instruction i)
    {
        DemandNumber(i.A);
        DemandNumber(i.A + 1);
        DemandNumber(i.A + 2);
        var head = _pc + 1 + i.SBx;
        var end = _il?.DefineLabel() ?? default;
        if (_il is not null)
        {
            var il = _il;
            il.Emit(Il.Ldloc, Number(i.A));
            var step = ConstantStep(i, head);
            if (step is { } known) il.Emit(Il.Ldc_R8, known);
            else il.Emit(Il.Ldloc, Number(i.A + 2));
            il.Emit(Il.Add);
            il.Emit(Il.Stloc, _scratch!);
            if (step is null)
            {
                var down = il.DefineLabel();
                var goOn = il.DefineLabel();
                il.Emit(Il.Ldloc, Number(i.A + 2));
                il.Emit(Il.Ldc_R8, 0.0);
                il.Emit(Il.Ble_Un, down);
                il.Emit(Il.Ldloc, _scratch!);
                il.Emit(Il.Ldloc, Number(i.A + 1));
                il.Emit(Il.Bgt_Un, end);
                il.Emit(Il.Br, goOn);
                il.MarkLabel(down);
                il.Emit(Il.Ldloc, Number(i.A + 1));
                il.Emit(Il.Ldloc, _scratch!);
                il.Emit(Il.Bgt_Un, end);
                il.MarkLabel(goOn);
            }
            else if (step > 0)
            {
                il.Emit(Il.Ldloc, _scratch!);
                il.Emit(Il.Ldloc, Number(i.A + 1));
                il.Emit(Il.Bgt_Un, end);
            }
            else
            {
                il.Emit(Il.Ldloc, Number(i.A + 1));
                il.Emit(Il.Ldloc, _scratch!);
                il.Emit(Il.Bgt_Un, end);
            }
            il.Emit(Il.Ldloc, _scratch!);
            il.Emit(Il.Stloc, Number(i.A));
            il.Emit(Il.Ldloc, Number(i.A));
        }
        var before = (byte[])_now.Clone();
        _now[i.A] = Dirty;
        SetNumber(i.A + 3);
        JumpTo(head, i.SBx);
        before.CopyTo(_now, 0);
        _il?.MarkLabel(end);
    }

    // The step, when the loop is written with a constant one.
    private double? ConstantStep(Instruction i, int head)
    {
        var prepare = head - 1;
        if (prepare < 1 || _isTarget[prepare] || _isData[prepare] || _isData[prepare - 1]) return null;
        if (_code[prepare].OpCode != OpCode.ForPrep || _code[prepare].A != i.A || prepare + 1 + _code[prepare].SBx != _pc) return null;
        var load = _code[prepare - 1];
        return load.OpCode == OpCode.LoadK && load.A == i.A + 2 && _constants[load.Bx].IsNumber ? _constants[load.Bx].AsNumber : null;
    }

    private void Iterate(Instruction i)
    {
        var (target, steps) = JumpAfterTest();
        FlushHere();
        if (_il is not null)
        {
            _il.Emit(Il.Ldarg_1);
            Address(i.A);
            WordAddress(_pc);
            _il.Emit(Il.Ldc_I4, _pc + 1);
            _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.IterateFromCompiled)));
            _il.Emit(Il.Stloc, _status!);
            _il.Emit(Il.Ldloc, _status!);
            _il.Emit(Il.Ldc_I4_0);
            _il.Emit(Il.Bgt, _leave);
            Reload();
        }
        ForgetFrom(i.A + 2, _registers);
        var counted = WayTo(target, steps);
        var uncounted = WayTo(target, 0);
        if (_il is not null)
        {
            _il.Emit(Il.Ldloc, _status!);
            _il.Emit(Il.Ldc_I4, Interpreter.IteratorNext);
            _il.Emit(Il.Beq, counted);
            _il.Emit(Il.Ldloc, _status!);
            _il.Emit(Il.Ldc_I4, Interpreter.IteratorNextUncounted);
            _il.Emit(Il.Beq, uncounted);
        }
        PassJump();
    }

    private void SetList(Instruction i)
    {
        FlushHere();
        if (i.C == 0) _next = _pc + 2;
        if (_il is null) return;
        _il.Emit(Il.Ldarg_1);
        _il.Emit(Il.Ldc_I4, Word);
        _il.Emit(Il.Ldc_I4, i.C == 0 ? (int)_code[_pc + 1].Word : 0);
        // The interpreter goes on behind the count.
        _il.Emit(Il.Ldc_I4, i.C == 0 ? _pc + 2 : _pc + 1);
        _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.SetListFromCompiled)));
        LeaveUnlessDone();
    }

    private void Close(Instruction i)
    {
        if (_il is null) return;
        _il.Emit(Il.Ldarg_1);
        PushSlotNumber(i.A);
        _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.CloseFromCompiled)));
    }

    private void MakeClosure(Instruction i)
    {
        _now[i.A] = Memory;
        if (_il is null) return;
        _il.Emit(Il.Ldarg_1);
        PushClosure();
        _il.Emit(Il.Ldc_I4, Word);
        _il.Emit(Il.Ldc_I4, _pc + 1);
        _il.Emit(Il.Ldarg_3);
        Address(i.A);
        _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.ClosureFromCompiled)));
    }

    private void Varargs(Instruction i)
    {
        FlushHere();
        if (_il is not null)
        {
            _il.Emit(Il.Ldarg_1);
            PushClosure();
            _il.Emit(Il.Ldc_I4, Word);
            _il.Emit(Il.Ldc_I4, _pc + 1);
            _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.VarargFromCompiled)));
            LeaveUnlessDone();
        }
        ForgetFrom(i.A, i.B == 0 ? _registers : i.A + i.B - 2);
    }
}
