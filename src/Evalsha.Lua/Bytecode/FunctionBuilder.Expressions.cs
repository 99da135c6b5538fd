// Expressions to registers, constants and jumps (the expression half of lcode.c), including constant folding.
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Bytecode;

internal sealed partial class FunctionBuilder
{
    // ---- placing a value ----

    internal void SetReturns(ref ExpressionCode e, int count)
    {
        if (e.Kind == ExpressionKind.Call)
        {
            this[e.Info] = this[e.Info].WithC(count + 1);
        }
        else if (e.Kind == ExpressionKind.VarArg)
        {
            this[e.Info] = this[e.Info].WithB(count + 1).WithA(FreeRegister);
            Reserve(1);
        }
    }

    internal void SetOneReturn(ref ExpressionCode e)
    {
        if (e.Kind == ExpressionKind.Call)
        {
            e.Kind = ExpressionKind.Register;
            e.Info = this[e.Info].A;
        }
        else if (e.Kind == ExpressionKind.VarArg)
        {
            this[e.Info] = this[e.Info].WithB(2);
            e.Kind = ExpressionKind.Relocatable;
        }
    }

    /// <summary>A variable becomes a value.</summary>
    internal void Discharge(ref ExpressionCode e)
    {
        switch (e.Kind)
        {
            case ExpressionKind.Local:
                e.Kind = ExpressionKind.Register;
                break;
            case ExpressionKind.Upvalue:
                e.Info = Emit(OpCode.GetUpval, 0, e.Info, 0);
                e.Kind = ExpressionKind.Relocatable;
                break;
            case ExpressionKind.Global:
                e.Info = EmitABx(OpCode.GetGlobal, 0, e.Info);
                e.Kind = ExpressionKind.Relocatable;
                break;
            case ExpressionKind.Indexed:
                Free(e.Aux);
                Free(e.Info);
                e.Info = Emit(OpCode.GetTable, 0, e.Info, e.Aux);
                e.Kind = ExpressionKind.Relocatable;
                break;
            case ExpressionKind.VarArg or ExpressionKind.Call:
                SetOneReturn(ref e);
                break;
        }
    }

    private void DischargeTo(ref ExpressionCode e, int register)
    {
        Discharge(ref e);
        switch (e.Kind)
        {
            case ExpressionKind.Nil: EmitNil(register, 1); break;
            case ExpressionKind.False: Emit(OpCode.LoadBool, register, 0, 0); break;
            case ExpressionKind.True: Emit(OpCode.LoadBool, register, 1, 0); break;
            case ExpressionKind.Constant: EmitABx(OpCode.LoadK, register, e.Info); break;
            case ExpressionKind.Number: EmitABx(OpCode.LoadK, register, Constant(e.Value)); break;
            case ExpressionKind.Relocatable: this[e.Info] = this[e.Info].WithA(register); break;
            case ExpressionKind.Register:
                if (register != e.Info) Emit(OpCode.Move, register, e.Info, 0);
                break;
            default:
                return; // Void or Jump
        }
        e.Info = register;
        e.Kind = ExpressionKind.Register;
    }

    private void DischargeToAny(ref ExpressionCode e)
    {
        if (e.Kind == ExpressionKind.Register) return;
        Reserve(1);
        DischargeTo(ref e, FreeRegister - 1);
    }

    /// <summary>Puts the value into a given register, true and false made out of jumps where needed.</summary>
    private void ToRegister(ref ExpressionCode e, int register)
    {
        DischargeTo(ref e, register);
        if (e.Kind == ExpressionKind.Jump) Concat(ref e.TrueJumps, e.Info);
        if (e.HasJumps)
        {
            var loadFalse = NoJump;
            var loadTrue = NoJump;
            if (NeedsValue(e.TrueJumps) || NeedsValue(e.FalseJumps))
            {
                var over = e.Kind == ExpressionKind.Jump ? NoJump : EmitJump();
                loadFalse = EmitLoadBoolean(register, 0, 1);
                loadTrue = EmitLoadBoolean(register, 1, 0);
                PatchToHere(over);
            }
            var end = Label();
            PatchList(e.FalseJumps, end, register, loadFalse);
            PatchList(e.TrueJumps, end, register, loadTrue);
        }
        e.FalseJumps = NoJump;
        e.TrueJumps = NoJump;
        e.Info = register;
        e.Kind = ExpressionKind.Register;
    }

    private int EmitLoadBoolean(int register, int value, int skip)
    {
        Label();
        return Emit(OpCode.LoadBool, register, value, skip);
    }

    internal void ToNextRegister(ref ExpressionCode e)
    {
        Discharge(ref e);
        Free(e);
        Reserve(1);
        ToRegister(ref e, FreeRegister - 1);
    }

    internal int ToAnyRegister(ref ExpressionCode e)
    {
        Discharge(ref e);
        if (e.Kind == ExpressionKind.Register)
        {
            if (!e.HasJumps) return e.Info;
            if (e.Info >= ActiveCount)
            {
                ToRegister(ref e, e.Info);
                return e.Info;
            }
        }
        ToNextRegister(ref e);
        return e.Info;
    }

    internal void ToValue(ref ExpressionCode e)
    {
        if (e.HasJumps) ToAnyRegister(ref e);
        else Discharge(ref e);
    }

    /// <summary>A constant if it is one and fits the operand, else a register.</summary>
    internal int ToConstantOrRegister(ref ExpressionCode e)
    {
        ToValue(ref e);
        switch (e.Kind)
        {
            case ExpressionKind.Number or ExpressionKind.True or ExpressionKind.False or ExpressionKind.Nil:
                if (ConstantCount <= Instruction.MaxIndexRK)
                {
                    e.Info = Constant(e.Kind switch
                    {
                        ExpressionKind.Nil => LuaValue.Nil,
                        ExpressionKind.Number => e.Value,
                        _ => e.Kind == ExpressionKind.True,
                    });
                    e.Kind = ExpressionKind.Constant;
                    return e.Info + Instruction.ConstantBit;
                }
                break;
            case ExpressionKind.Constant:
                if (e.Info <= Instruction.MaxIndexRK) return e.Info + Instruction.ConstantBit;
                break;
        }
        return ToAnyRegister(ref e);
    }

    internal void Store(in ExpressionCode variable, ref ExpressionCode e)
    {
        switch (variable.Kind)
        {
            case ExpressionKind.Local:
                Free(e);
                ToRegister(ref e, variable.Info);
                return;
            case ExpressionKind.Upvalue:
                Emit(OpCode.SetUpval, ToAnyRegister(ref e), variable.Info, 0);
                break;
            case ExpressionKind.Global:
                EmitABx(OpCode.SetGlobal, ToAnyRegister(ref e), variable.Info);
                break;
            case ExpressionKind.Indexed:
                Emit(OpCode.SetTable, variable.Info, variable.Aux, ToConstantOrRegister(ref e));
                break;
        }
        Free(e);
    }

    internal void Self(ref ExpressionCode e, ref ExpressionCode key)
    {
        ToAnyRegister(ref e);
        Free(e);
        var function = FreeRegister;
        Reserve(2);
        Emit(OpCode.Self, function, e.Info, ToConstantOrRegister(ref key));
        Free(key);
        e.Info = function;
        e.Kind = ExpressionKind.Register;
    }

    internal void Index(ref ExpressionCode table, ref ExpressionCode key)
    {
        table.Aux = ToConstantOrRegister(ref key);
        table.Kind = ExpressionKind.Indexed;
    }

    // ---- conditions ----

    private void InvertJump(in ExpressionCode e)
    {
        var control = Control(e.Info);
        this[control] = this[control].WithA(this[control].A == 0 ? 1 : 0);
    }

    private int JumpOn(ref ExpressionCode e, bool condition)
    {
        if (e.Kind == ExpressionKind.Relocatable && this[e.Info].OpCode == OpCode.Not)
        {
            Pc--; // the Not goes
            return EmitConditionalJump(OpCode.Test, this[e.Info].B, 0, condition ? 0 : 1);
        }
        DischargeToAny(ref e);
        Free(e);
        return EmitConditionalJump(OpCode.TestSet, Instruction.NoRegister, e.Info, condition ? 1 : 0);
    }

    /// <summary>Goes on when true, jumps when false.</summary>
    internal void GoIfTrue(ref ExpressionCode e)
    {
        Discharge(ref e);
        int jump;
        switch (e.Kind)
        {
            case ExpressionKind.Constant or ExpressionKind.Number or ExpressionKind.True:
                jump = NoJump;
                break;
            case ExpressionKind.Jump:
                InvertJump(e);
                jump = e.Info;
                break;
            default:
                jump = JumpOn(ref e, false);
                break;
        }
        Concat(ref e.FalseJumps, jump);
        PatchToHere(e.TrueJumps);
        e.TrueJumps = NoJump;
    }

    private void GoIfFalse(ref ExpressionCode e)
    {
        Discharge(ref e);
        var jump = e.Kind switch
        {
            ExpressionKind.Nil or ExpressionKind.False => NoJump,
            ExpressionKind.Jump => e.Info,
            _ => JumpOn(ref e, true),
        };
        Concat(ref e.TrueJumps, jump);
        PatchToHere(e.FalseJumps);
        e.FalseJumps = NoJump;
    }

    private void CodeNot(ref ExpressionCode e)
    {
        Discharge(ref e);
        switch (e.Kind)
        {
            case ExpressionKind.Nil or ExpressionKind.False:
                e.Kind = ExpressionKind.True;
                break;
            case ExpressionKind.Constant or ExpressionKind.Number or ExpressionKind.True:
                e.Kind = ExpressionKind.False;
                break;
            case ExpressionKind.Jump:
                InvertJump(e);
                break;
            case ExpressionKind.Relocatable or ExpressionKind.Register:
                DischargeToAny(ref e);
                Free(e);
                e.Info = Emit(OpCode.Not, 0, e.Info, 0);
                e.Kind = ExpressionKind.Relocatable;
                break;
        }
        (e.FalseJumps, e.TrueJumps) = (e.TrueJumps, e.FalseJumps);
        RemoveValues(e.FalseJumps);
        RemoveValues(e.TrueJumps);
    }

    // ---- operators ----

    /// <summary>Folds unless the result would be NaN or a division by zero, which are left to the run.</summary>
    private static bool TryFold(OpCode op, ref ExpressionCode left, in ExpressionCode right)
    {
        if (!left.IsNumeral || !right.IsNumeral) return false;
        if (op is OpCode.Len or OpCode.Div or OpCode.Mod && (op == OpCode.Len || right.Value == 0)) return false;
        var result = op switch
        {
            OpCode.Add => left.Value + right.Value,
            OpCode.Sub => left.Value - right.Value,
            OpCode.Mul => left.Value * right.Value,
            OpCode.Div => left.Value / right.Value,
            OpCode.Mod => left.Value - Math.Floor(left.Value / right.Value) * right.Value,
            OpCode.Pow => Math.Pow(left.Value, right.Value),
            _ => -left.Value,
        };
        if (double.IsNaN(result)) return false;
        left.Value = result;
        return true;
    }

    private void CodeArithmetic(OpCode op, ref ExpressionCode left, ref ExpressionCode right)
    {
        if (TryFold(op, ref left, right)) return;
        var b = op is OpCode.Unm or OpCode.Len ? 0 : ToConstantOrRegister(ref right);
        var a = ToConstantOrRegister(ref left);
        if (a > b)
        {
            Free(left);
            Free(right);
        }
        else
        {
            Free(right);
            Free(left);
        }
        left.Info = Emit(op, 0, a, b);
        left.Kind = ExpressionKind.Relocatable;
    }

    private void CodeComparison(OpCode op, bool condition, ref ExpressionCode left, ref ExpressionCode right)
    {
        var a = ToConstantOrRegister(ref left);
        var b = ToConstantOrRegister(ref right);
        Free(right);
        Free(left);
        if (!condition && op != OpCode.Eq)
        {
            (a, b) = (b, a); // a > b is b < a
            condition = true;
        }
        left.Info = EmitConditionalJump(op, condition ? 1 : 0, a, b);
        left.Kind = ExpressionKind.Jump;
    }

    internal void Prefix(UnaryOperator op, ref ExpressionCode e)
    {
        var zero = ExpressionCode.OfNumber(0);
        switch (op)
        {
            case UnaryOperator.Minus:
                if (!e.IsNumeral) ToAnyRegister(ref e);
                CodeArithmetic(OpCode.Unm, ref e, ref zero);
                break;
            case UnaryOperator.Not:
                CodeNot(ref e);
                break;
            case UnaryOperator.Length:
                ToAnyRegister(ref e);
                CodeArithmetic(OpCode.Len, ref e, ref zero);
                break;
        }
    }

    /// <summary>The left operand, before the right one is compiled.</summary>
    internal void Infix(BinaryOperator op, ref ExpressionCode left)
    {
        switch (op)
        {
            case BinaryOperator.And:
                GoIfTrue(ref left);
                break;
            case BinaryOperator.Or:
                GoIfFalse(ref left);
                break;
            case BinaryOperator.Concat:
                ToNextRegister(ref left); // operands must lie side by side
                break;
            case BinaryOperator.Add or BinaryOperator.Subtract or BinaryOperator.Multiply or BinaryOperator.Divide or BinaryOperator.Modulo or BinaryOperator.Power:
                if (!left.IsNumeral) ToConstantOrRegister(ref left);
                break;
            default:
                ToConstantOrRegister(ref left);
                break;
        }
    }

    internal void Postfix(BinaryOperator op, ref ExpressionCode left, ref ExpressionCode right)
    {
        switch (op)
        {
            case BinaryOperator.And:
                Discharge(ref right);
                Concat(ref right.FalseJumps, left.FalseJumps);
                left = right;
                break;
            case BinaryOperator.Or:
                Discharge(ref right);
                Concat(ref right.TrueJumps, left.TrueJumps);
                left = right;
                break;
            case BinaryOperator.Concat:
                ToValue(ref right);
                if (right.Kind == ExpressionKind.Relocatable && this[right.Info].OpCode == OpCode.Concat)
                {
                    Free(left);
                    this[right.Info] = this[right.Info].WithB(left.Info); // a .. (b .. c) is one instruction
                    left.Kind = ExpressionKind.Relocatable;
                    left.Info = right.Info;
                }
                else
                {
                    ToNextRegister(ref right);
                    CodeArithmetic(OpCode.Concat, ref left, ref right);
                }
                break;
            case BinaryOperator.Add: CodeArithmetic(OpCode.Add, ref left, ref right); break;
            case BinaryOperator.Subtract: CodeArithmetic(OpCode.Sub, ref left, ref right); break;
            case BinaryOperator.Multiply: CodeArithmetic(OpCode.Mul, ref left, ref right); break;
            case BinaryOperator.Divide: CodeArithmetic(OpCode.Div, ref left, ref right); break;
            case BinaryOperator.Modulo: CodeArithmetic(OpCode.Mod, ref left, ref right); break;
            case BinaryOperator.Power: CodeArithmetic(OpCode.Pow, ref left, ref right); break;
            case BinaryOperator.Equal: CodeComparison(OpCode.Eq, true, ref left, ref right); break;
            case BinaryOperator.NotEqual: CodeComparison(OpCode.Eq, false, ref left, ref right); break;
            case BinaryOperator.Less: CodeComparison(OpCode.Lt, true, ref left, ref right); break;
            case BinaryOperator.LessOrEqual: CodeComparison(OpCode.Le, true, ref left, ref right); break;
            case BinaryOperator.Greater: CodeComparison(OpCode.Lt, false, ref left, ref right); break;
            case BinaryOperator.GreaterOrEqual: CodeComparison(OpCode.Le, false, ref left, ref right); break;
        }
    }
}
