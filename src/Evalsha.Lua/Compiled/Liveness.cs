// Which registers may still be read at each instruction: by a later instruction, or by whoever looks at a local variable that is in scope.
// Always true: a register that is not live holds some old value in its slot, which is a valid one; only its meaning is gone.
using Evalsha.Lua.Bytecode;

namespace Evalsha.Lua.Compiled;

internal sealed class Liveness
{
    private readonly Prototype _function;
    private readonly int _stride; // 64-bit words for the registers of one instruction
    private readonly ulong[] _live;
    private readonly ulong[] _now;

    public Liveness(Prototype function, bool[] isData)
    {
        _function = function;
        _stride = (function.MaxStackSize + 63) / 64;
        _live = new ulong[_stride * (function.Code.Length + 1)];
        _now = new ulong[_stride];
        var variables = Variables();
        bool changed;
        do
        {
            changed = false;
            for (var pc = function.Code.Length - 1; pc >= 0; pc--)
            {
                if (!isData[pc]) changed |= Update(pc);
            }
        }
        while (changed);
        for (var i = 0; i < variables.Length; i++) _live[i] |= variables[i];
    }

    public bool IsLiveAt(int pc, int register) =>
        register < _function.MaxStackSize && (_live[pc * _stride + (register >> 6)] >> (register & 63) & 1) != 0;

    // Variables in scope, by instruction. Registers are given to variables in the order of declaration.
    private ulong[] Variables()
    {
        var scoped = new ulong[_live.Length];
        var infos = _function.LocalVariables;
        for (var v = 0; v < infos.Length; v++)
        {
            var register = 0;
            for (var u = 0; u < v; u++)
            {
                if (infos[u].StartPc <= infos[v].StartPc && infos[v].StartPc < infos[u].EndPc) register++;
            }
            if (register >= _function.MaxStackSize) continue;
            for (var pc = Math.Max(infos[v].StartPc, 0); pc < infos[v].EndPc && pc < _function.Code.Length; pc++)
            {
                scoped[pc * _stride + (register >> 6)] |= 1UL << (register & 63);
            }
        }
        return scoped;
    }

    private bool Update(int pc)
    {
        var i = _function.Code[pc];
        Array.Clear(_now);
        switch (i.OpCode)
        {
            case OpCode.Return:
                break;
            case OpCode.Jmp:
                Join(pc + 1 + i.SBx);
                break;
            case OpCode.ForPrep:
                Join(pc + 1 + i.SBx);
                break;
            case OpCode.ForLoop:
                Join(pc + 1 + i.SBx);
                Kill(i.A + 3); // the loop variable, made on the way back
                Join(pc + 1);
                break;
            case OpCode.LoadBool when i.C != 0:
                Join(pc + 2);
                break;
            case OpCode.SetList when i.C == 0:
                Join(pc + 2);
                break;
            case OpCode.Closure:
                Join(pc + 1 + _function.Children[i.Bx].UpvalueCount);
                break;
            case OpCode.Eq or OpCode.Lt or OpCode.Le or OpCode.Test or OpCode.TestSet or OpCode.TForLoop:
                Join(pc + 1);
                Join(pc + 2);
                break;
            default:
                Join(pc + 1);
                break;
        }
        Apply(pc, i);
        var changed = false;
        for (var n = 0; n < _stride; n++)
        {
            ref var word = ref _live[pc * _stride + n];
            if ((word | _now[n]) == word) continue;
            word |= _now[n];
            changed = true;
        }
        return changed;
    }

    private void Apply(int pc, Instruction i)
    {
        switch (i.OpCode)
        {
            case OpCode.Move or OpCode.Unm or OpCode.Not or OpCode.Len:
                Kill(i.A);
                Read(i.B);
                break;
            case OpCode.LoadK or OpCode.LoadBool or OpCode.GetUpval or OpCode.GetGlobal or OpCode.NewTable:
                Kill(i.A);
                break;
            case OpCode.LoadNil:
                for (var r = i.A; r <= i.B; r++) Kill(r);
                break;
            case OpCode.GetTable:
                Kill(i.A);
                Read(i.B);
                ReadOperand(i.C);
                break;
            case OpCode.SetGlobal or OpCode.SetUpval:
                Read(i.A);
                break;
            case OpCode.SetTable:
                Read(i.A);
                ReadOperand(i.B);
                ReadOperand(i.C);
                break;
            case OpCode.Self:
                Kill(i.A);
                Kill(i.A + 1);
                Read(i.B);
                ReadOperand(i.C);
                break;
            case OpCode.Add or OpCode.Sub or OpCode.Mul or OpCode.Div or OpCode.Mod or OpCode.Pow:
                Kill(i.A);
                ReadOperand(i.B);
                ReadOperand(i.C);
                break;
            case OpCode.Concat:
                KillFrom(i.B, i.C);
                Kill(i.A);
                ReadRange(i.B, i.C);
                break;
            case OpCode.Eq or OpCode.Lt or OpCode.Le:
                ReadOperand(i.B);
                ReadOperand(i.C);
                break;
            case OpCode.Test:
                Read(i.A);
                break;
            case OpCode.TestSet:
                Read(i.B); // A is written on one way only
                break;
            case OpCode.Call or OpCode.TailCall:
                // What lies above the function is the callee's.
                KillFrom(i.A, _function.MaxStackSize - 1);
                ReadRange(i.A, i.B != 0 ? i.A + i.B - 1 : _function.MaxStackSize - 1);
                break;
            case OpCode.Return:
                ReadRange(i.A, i.B != 0 ? i.A + i.B - 2 : _function.MaxStackSize - 1);
                break;
            case OpCode.ForLoop or OpCode.ForPrep:
                ReadRange(i.A, i.A + 2);
                break;
            case OpCode.TForLoop:
                KillFrom(i.A + 3, _function.MaxStackSize - 1);
                ReadRange(i.A, i.A + 2);
                break;
            case OpCode.SetList:
                ReadRange(i.A, i.B != 0 ? i.A + i.B : _function.MaxStackSize - 1);
                break;
            case OpCode.Closure:
                Kill(i.A);
                for (var n = 1; n <= _function.Children[i.Bx].UpvalueCount; n++)
                {
                    if (_function.Code[pc + n].OpCode == OpCode.Move) Read(_function.Code[pc + n].B);
                }
                break;
            case OpCode.VarArg:
                if (i.B == 0) KillFrom(i.A, _function.MaxStackSize - 1);
                else KillFrom(i.A, i.A + i.B - 2);
                break;
        }
    }

    private void Join(int pc)
    {
        if ((uint)pc > (uint)_function.Code.Length) return;
        for (var n = 0; n < _stride; n++) _now[n] |= _live[pc * _stride + n];
    }

    private void Read(int register)
    {
        if (register < _function.MaxStackSize) _now[register >> 6] |= 1UL << (register & 63);
    }

    private void ReadOperand(int rk)
    {
        if (!Instruction.IsConstant(rk)) Read(rk);
    }

    private void ReadRange(int first, int last)
    {
        for (var r = first; r <= last; r++) Read(r);
    }

    private void Kill(int register)
    {
        if (register < _function.MaxStackSize) _now[register >> 6] &= ~(1UL << (register & 63));
    }

    private void KillFrom(int first, int last)
    {
        for (var r = first; r <= last && r < _function.MaxStackSize; r++) Kill(r);
    }
}
