// Arithmetic, comparisons, tests and jumps. Operands are taken for numbers until an instruction has met others; from then on that instruction
// asks each time and leaves the rest to the interpreter's detours.
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;
using OpCode = Evalsha.Lua.Bytecode.OpCode;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    private void Arithmetic(Instruction i)
    {
        var isUnary = i.OpCode == OpCode.Unm;
        if (_known.Generic[_pc] || IsOtherConstant(i.B) || (!isUnary && IsOtherConstant(i.C)))
        {
            ArithmeticOfAny(i, isUnary);
            return;
        }
        DemandNumber(i.B);
        if (!isUnary) DemandNumber(i.C);
        Compute(i);
        SetNumber(i.A);
    }

    private bool IsOtherConstant(int rk) => Instruction.IsConstant(rk) && !IsNumberConstant(rk);

    // The result of two numbers, on the evaluation stack.
    private void Compute(Instruction i)
    {
        if (_il is null) return;
        var il = _il;
        PushNumber(i.B);
        if (i.OpCode == OpCode.Unm)
        {
            il.Emit(Il.Neg);
            return;
        }
        PushNumber(i.C);
        switch (i.OpCode)
        {
            case OpCode.Add:
                il.Emit(Il.Add);
                break;
            case OpCode.Sub:
                il.Emit(Il.Sub);
                break;
            case OpCode.Mul:
                il.Emit(Il.Mul);
                break;
            case OpCode.Div:
                il.Emit(Il.Div);
                break;
            case OpCode.Mod:
                // a - floor(a / b) * b
                il.Emit(Il.Stloc, _scratch2!);
                il.Emit(Il.Stloc, _scratch!);
                il.Emit(Il.Ldloc, _scratch!);
                il.Emit(Il.Ldloc, _scratch!);
                il.Emit(Il.Ldloc, _scratch2!);
                il.Emit(Il.Div);
                il.Emit(Il.Call, Members.Floor);
                il.Emit(Il.Ldloc, _scratch2!);
                il.Emit(Il.Mul);
                il.Emit(Il.Sub);
                break;
            default:
                il.Emit(Il.Call, Members.Pow);
                break;
        }
    }

    // Operands of any type; the result is in the slot.
    private void ArithmeticOfAny(Instruction i, bool isUnary)
    {
        if (_il is not null)
        {
            var il = _il;
            var detour = il.DefineLabel();
            var done = il.DefineLabel();
            if (IsOtherConstant(i.B) || (!isUnary && IsOtherConstant(i.C)))
            {
                il.Emit(Il.Br, detour);
            }
            else
            {
                TestNumber(i.B, detour);
                if (!isUnary) TestNumber(i.C, detour);
                Compute(i);
                il.Emit(Il.Stloc, _scratch!);
                Address(_bottom!, i.A * Members.ValueSize + Members.BitsOffset);
                il.Emit(Il.Ldloc, _scratch!);
                il.Emit(Il.Stind_R8);
                il.MarkLabel(done);
            }
            var isOnlyDetour = IsOtherConstant(i.B) || (!isUnary && IsOtherConstant(i.C));
            if (isOnlyDetour)
            {
                il.MarkLabel(detour);
                Flush(_pc);
                Detour();
            }
            else
            {
                Cold(() =>
                {
                    il.MarkLabel(detour);
                    FlushAround(i.A);
                    Detour();
                    Recover(_pc + 1, i.A);
                    il.Emit(Il.Br, done);
                });
            }
        }
        _now[i.A] = Memory;
    }

    // A register's number for this instruction only.
    private void TestNumber(int rk, Label otherwise)
    {
        if (Instruction.IsConstant(rk) || _now[rk] != Memory) return;
        LoadBits(rk);
        _il!.Emit(Il.Ldc_I8, LowestTag);
        _il.Emit(Il.Bge_Un, otherwise);
        LoadNumberFromSlot(rk);
    }

    private void Detour()
    {
        PushFrame();
        _il!.Emit(Il.Ldarg_1);
        _il.Emit(Il.Ldc_I4, Word);
        _il.Emit(Il.Ldc_I4, _pc + 1);
        _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.DetourFromCompiled)));
        LeaveUnlessDone();
        PopFrame();
    }

    // The jump that follows a test: where it goes, and its distance.
    private (int Target, int Steps) JumpAfterTest()
    {
        var distance = _code[_pc + 1].SBx;
        return (_pc + 2 + distance, distance < 0 ? distance : 0);
    }

    // A test that does not hold passes over its jump.
    private void PassJump()
    {
        if (_isTarget[_pc + 1])
        {
            JumpTo(_pc + 2, 0);
            _flows = false;
            return;
        }
        _next = _pc + 2;
    }

    private void Order(Instruction i)
    {
        var (target, steps) = JumpAfterTest();
        var holds = i.A != 0;
        if (_known.Generic[_pc] || IsOtherConstant(i.B) || IsOtherConstant(i.C))
        {
            OrderOfAny(i, target, steps, holds);
        }
        else
        {
            DemandNumber(i.B);
            DemandNumber(i.C);
            PushNumber(i.B);
            PushNumber(i.C);
            var way = WayTo(target, steps);
            _il?.Emit(OrderBranch(i.OpCode, holds), way);
        }
        PassJump();
    }

    // A comparison with a NaN does not hold, so its opposite is an unordered branch.
    private static System.Reflection.Emit.OpCode OrderBranch(OpCode code, bool holds) =>
        code == OpCode.Lt ? holds ? Il.Blt : Il.Bge_Un : holds ? Il.Ble : Il.Bgt_Un;

    private void OrderOfAny(Instruction i, int target, int steps, bool holds)
    {
        var way = WayTo(target, steps);
        if (_il is null) return;
        var il = _il;
        var detour = il.DefineLabel();
        var done = il.DefineLabel();
        if (IsOtherConstant(i.B) || IsOtherConstant(i.C))
        {
            il.Emit(Il.Br, detour);
        }
        else
        {
            TestNumber(i.B, detour);
            TestNumber(i.C, detour);
            PushNumber(i.B);
            PushNumber(i.C);
            il.Emit(OrderBranch(i.OpCode, holds), way);
        }
        il.MarkLabel(done);
        Cold(() =>
        {
            il.MarkLabel(detour);
            TestByDetour(nameof(Interpreter.CompareFromCompiled));
            il.Emit(holds ? Il.Brtrue : Il.Brfalse, way);
            il.Emit(Il.Br, done);
        });
    }

    // 0 or 1 on the evaluation stack.
    private void TestByDetour(string helper)
    {
        var il = _il!;
        Flush(_pc);
        PushFrame();
        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Ldc_I4, Word);
        il.Emit(Il.Ldc_I4, _pc + 1);
        il.Emit(Il.Call, Members.Interpreter(helper));
        il.Emit(Il.Stloc, _index!);
        var answered = il.DefineLabel();
        il.Emit(Il.Ldloc, _index!);
        il.Emit(Il.Ldc_I4_0);
        il.Emit(Il.Bge, answered);
        il.Emit(Il.Ldc_I4_0);
        il.Emit(Il.Ldloc, _index!);
        il.Emit(Il.Sub);
        il.Emit(Il.Ret);
        il.MarkLabel(answered);
        PopFrame();
        Reload();
        il.Emit(Il.Ldloc, _index!);
    }

    private void Equality(Instruction i)
    {
        var (target, steps) = JumpAfterTest();
        var holds = i.A != 0;
        if (IsKnownNumber(i.B) && IsKnownNumber(i.C))
        {
            PushNumber(i.B);
            PushNumber(i.C);
            var way = WayTo(target, steps);
            _il?.Emit(holds ? Il.Beq : Il.Bne_Un, way);
        }
        else if (IsKnownNumber(i.B) || IsKnownNumber(i.C))
        {
            var (number, other) = IsKnownNumber(i.B) ? (i.B, i.C) : (i.C, i.B);
            EqualsNumber(number, other, target, steps, holds);
        }
        else if (Instruction.IsConstant(i.C) && !Instruction.IsConstant(i.B))
        {
            EqualsConstant(i.B, _constants[Instruction.ConstantIndex(i.C)], Instruction.ConstantIndex(i.C), target, steps, holds);
        }
        else
        {
            EqualsAny(i, target, steps, holds);
        }
        PassJump();
    }

    private void EqualsNumber(int number, int other, int target, int steps, bool holds)
    {
        var way = WayTo(target, steps);
        if (_il is null) return;
        var il = _il;
        var differs = il.DefineLabel();
        if (Instruction.IsConstant(other))
        {
            if (!holds) il.Emit(Il.Br, way);
            else il.Emit(Il.Nop);
            if (holds) return;
            il.MarkLabel(differs);
            return;
        }
        LoadBits(other);
        il.Emit(Il.Ldc_I8, LowestTag);
        il.Emit(Il.Bge_Un, holds ? differs : way);
        Address(_bottom!, other * Members.ValueSize + Members.BitsOffset);
        il.Emit(Il.Ldind_R8);
        PushNumber(number);
        il.Emit(holds ? Il.Beq : Il.Bne_Un, way);
        il.MarkLabel(differs);
    }

    private void EqualsConstant(int register, LuaValue constant, int index, int target, int steps, bool holds)
    {
        var way = WayTo(target, steps);
        if (_il is null) return;
        var il = _il;
        LoadBits(register);
        il.Emit(Il.Ldc_I8, constant.Bits);
        if (!constant.IsString)
        {
            il.Emit(holds ? Il.Beq : Il.Bne_Un, way);
            return;
        }
        var differs = il.DefineLabel();
        il.Emit(Il.Bne_Un, holds ? differs : way);
        // Mostly the same object; else strings that are not interned are compared.
        var compare = il.DefineLabel();
        var same = il.DefineLabel();
        Address(_bottom!, register * Members.ValueSize + Members.RefOffset);
        il.Emit(Il.Ldind_Ref);
        Address(_constantsAt!, index * Members.ValueSize + Members.RefOffset);
        il.Emit(Il.Ldind_Ref);
        il.Emit(Il.Beq, holds ? way : same);
        il.MarkLabel(compare);
        Address(register);
        ConstantAddress(index);
        il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.QuickEqual)));
        il.Emit(holds ? Il.Brtrue : Il.Brfalse, way);
        il.MarkLabel(same);
        il.MarkLabel(differs);
    }

    private void EqualsAny(Instruction i, int target, int steps, bool holds)
    {
        var way = WayTo(target, steps);
        if (_il is null) return;
        var il = _il;
        var detour = il.DefineLabel();
        var done = il.DefineLabel();
        OperandAddress(i.B);
        OperandAddress(i.C);
        il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.QuickEqual)));
        il.Emit(Il.Stloc, _index!);
        il.Emit(Il.Ldloc, _index!);
        il.Emit(Il.Ldc_I4_0);
        il.Emit(Il.Blt, detour);
        il.Emit(Il.Ldloc, _index!);
        il.Emit(holds ? Il.Brtrue : Il.Brfalse, way);
        il.MarkLabel(done);
        Cold(() =>
        {
            il.MarkLabel(detour);
            TestByDetour(nameof(Interpreter.EqualFromCompiled));
            il.Emit(holds ? Il.Brtrue : Il.Brfalse, way);
            il.Emit(Il.Br, done);
        });
    }

    // Truth: everything but nil and false, whose tags are the two highest.
    private void Test(Instruction i)
    {
        var (target, steps) = JumpAfterTest();
        var wantsTrue = i.C != 0;
        if (_now[i.A] != Memory)
        {
            if (!wantsTrue)
            {
                PassJump();
                return;
            }
            JumpTo(target, steps);
            _flows = false;
            SkipJumpWord();
            return;
        }
        LoadTruth(i.A);
        var way = WayTo(target, steps);
        _il?.Emit(wantsTrue ? Il.Blt_Un : Il.Bge_Un, way);
        PassJump();
    }

    private void LoadTruth(int register)
    {
        LoadBits(register);
        _il?.Emit(Il.Ldc_I8, LuaValue.FalseTag);
    }

    // After a test whose jump is always taken: the jump itself is only reached by others.
    private void SkipJumpWord()
    {
        if (!_isTarget[_pc + 1]) _next = _pc + 2;
    }

    private void TestAndSet(Instruction i)
    {
        var (target, steps) = JumpAfterTest();
        var wantsTrue = i.C != 0;
        if (_now[i.B] != Memory)
        {
            if (!wantsTrue)
            {
                PassJump();
                return;
            }
            Move(i.A, i.B);
            JumpTo(target, steps);
            _flows = false;
            SkipJumpWord();
            return;
        }
        var before = (byte[])_now.Clone();
        var pass = _il?.DefineLabel() ?? default;
        LoadTruth(i.B);
        _il?.Emit(wantsTrue ? Il.Bge_Un : Il.Blt_Un, pass);
        CopyTo(i.A, () => Address(i.B));
        JumpTo(target, steps);
        before.CopyTo(_now, 0);
        _il?.MarkLabel(pass);
        PassJump();
    }

    private void Move(int a, int b)
    {
        if (a == b) return;
        if (_now[b] == Memory && WantsNumber(a)) DemandNumber(b);
        if (_now[b] != Memory)
        {
            if (_il is not null) _il.Emit(Il.Ldloc, Number(b));
            SetNumber(a);
            return;
        }
        CopyTo(a, () => Address(b));
    }
}
