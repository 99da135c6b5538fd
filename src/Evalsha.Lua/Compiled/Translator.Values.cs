// Registers, constants and upvalues in IL: their addresses, their bits, their numbers; the beginning of the method and its entries.
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;
using OpCode = Evalsha.Lua.Bytecode.OpCode;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    private const long LowestTag = unchecked((long)LuaValue.LowestTag);

    // Locals of every method: the running call's first register, its constants, its words, the state; and scratch.
    private LocalBuilder? _bottom;
    private LocalBuilder? _constantsAt;
    private LocalBuilder? _wordsAt;
    private LocalBuilder? _state;
    private LocalBuilder? _steps;
    private LocalBuilder? _status;
    private LocalBuilder? _distance;
    private LocalBuilder? _slot;
    private LocalBuilder? _table;
    private LocalBuilder? _nodes;
    private LocalBuilder? _array;
    private LocalBuilder? _index;
    private LocalBuilder? _scratch;
    private LocalBuilder? _scratch2;
    private LocalBuilder? _host;
    private Label _leave;

    // Only where calls are written out: the running call's place in the list of calls, and the callee.
    private LocalBuilder? _mine;
    private LocalBuilder? _frame;
    private LocalBuilder? _callee;
    private LocalBuilder? _calleeCode;
    private LocalBuilder? _body;

    private void Prologue()
    {
        var il = _il!;
        var reference = typeof(LuaValue).MakeByRefType();
        foreach (var part in Parts())
        {
            for (var pc = 0; pc < part.Labels.Length; pc++)
            {
                if (part.IsTarget[pc]) part.Labels[pc] = il.DefineLabel();
            }
            part.ConstantsAt = il.DeclareLocal(reference);
            part.WordsAt = il.DeclareLocal(typeof(ulong).MakeByRefType());
            if (part.Offset != 0) part.Closure = il.DeclareLocal(typeof(LuaClosure));
        }
        Enter(_main);
        _bottom = il.DeclareLocal(reference);
        _state = il.DeclareLocal(typeof(LuaState));
        _steps = il.DeclareLocal(typeof(long));
        _status = il.DeclareLocal(typeof(int));
        _distance = il.DeclareLocal(typeof(nint));
        _slot = il.DeclareLocal(reference);
        _table = il.DeclareLocal(typeof(LuaTable));
        _nodes = il.DeclareLocal(typeof(LuaTable.Node[]));
        _array = il.DeclareLocal(typeof(LuaValue[]));
        _index = il.DeclareLocal(typeof(int));
        _scratch = il.DeclareLocal(typeof(double));
        _scratch2 = il.DeclareLocal(typeof(double));
        _host = il.DeclareLocal(typeof(LuaHostFunction));
        _leave = il.DefineLabel();

        il.Emit(Il.Ldarg_3);
        il.Emit(Il.Conv_I);
        il.Emit(Il.Ldc_I4, Members.ValueSize);
        il.Emit(Il.Conv_I);
        il.Emit(Il.Mul);
        il.Emit(Il.Stloc, _distance);
        Reload();
        il.Emit(Il.Ldarg_0);
        il.Emit(Il.Ldfld, Members.Constants);
        il.Emit(Il.Call, Members.FirstValue);
        il.Emit(Il.Stloc, _constantsAt!);
        il.Emit(Il.Ldarg_0);
        il.Emit(Il.Ldfld, Members.Originals);
        il.Emit(Il.Call, Members.FirstWord);
        il.Emit(Il.Stloc, _wordsAt!);
        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Call, Members.State);
        il.Emit(Il.Stloc, _state);
        if (InlinesCalls)
        {
            _mine = il.DeclareLocal(typeof(int));
            _frame = il.DeclareLocal(typeof(CallInfo).MakeByRefType());
            _callee = il.DeclareLocal(typeof(LuaClosure));
            _calleeCode = il.DeclareLocal(typeof(Executable));
            _body = il.DeclareLocal(typeof(CompiledBody));
            il.Emit(Il.Ldarg_1);
            il.Emit(Il.Ldfld, Members.FrameIndex);
            il.Emit(Il.Stloc, _mine);
        }

        if (_entries.Count == 1) return;
        var ways = new Label[_entries.Count];
        for (var e = 0; e < ways.Length; e++) ways[e] = il.DefineLabel();
        il.Emit(Il.Ldarg_S, (byte)4);
        il.Emit(Il.Switch, ways);
        il.Emit(Il.Br, ways[0]); // a plain call
        for (var e = 1; e < ways.Length; e++)
        {
            il.MarkLabel(ways[e]);
            EnterAt(e);
        }
        il.MarkLabel(ways[0]);
    }

    // A loop's head, from the interpreter: what the loop takes for numbers must be numbers.
    private void EnterAt(int entry)
    {
        var il = _il!;
        var numbers = _known.NumbersAt[entry];
        var refused = il.DefineLabel();
        foreach (var r in numbers)
        {
            LoadBits(r);
            il.Emit(Il.Ldc_I8, LowestTag);
            il.Emit(Il.Bge_Un, refused);
            LoadNumberFromSlot(r);
        }
        if (_in[_entries[entry]] is not null) il.Emit(Il.Br, _labels[_entries[entry]]);
        il.MarkLabel(refused);
        il.Emit(Il.Ldarg_0);
        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Ldc_I4, entry);
        il.Emit(Il.Call, Members.Refuse);
        il.Emit(Il.Ret);
    }

    // By entry, the registers that the code behind it takes for numbers.
    private int[][] FindNumbers()
    {
        var numbers = new int[_entries.Count][];
        for (var entry = 0; entry < numbers.Length; entry++)
        {
            var known = entry == 0 ? null : _in[_entries[entry]];
            var count = 0;
            for (var r = 0; known is not null && r < _registers; r++) count += known[r] != Memory ? 1 : 0;
            var found = numbers[entry] = new int[count];
            for (var r = _registers - 1; count > 0; r--)
            {
                if (known![r] != Memory) found[--count] = r;
            }
        }
        return numbers;
    }

    // Finds the registers again: the stack may have moved.
    private void Reload()
    {
        if (_il is null) return;
        _il.Emit(Il.Ldarg_1);
        _il.Emit(Il.Ldfld, Members.Stack);
        _il.Emit(Il.Call, Members.FirstValue);
        _il.Emit(Il.Ldloc, _distance!);
        _il.Emit(Il.Add);
        _il.Emit(Il.Stloc, _bottom!);
    }

    // After a helper that answered with a status: leave, or go on with the registers where they are now.
    private void LeaveUnlessDone()
    {
        if (_il is null) return;
        _il.Emit(Il.Stloc, _status!);
        _il.Emit(Il.Ldloc, _status!);
        _il.Emit(Il.Brtrue, _leave);
        Reload();
    }

    private void Address(int register) => Address(_bottom!, register * Members.ValueSize);

    private void Address(LocalBuilder start, int offset)
    {
        _il!.Emit(Il.Ldloc, start);
        if (offset == 0) return;
        _il.Emit(Il.Ldc_I4, offset);
        _il.Emit(Il.Add);
    }

    private void ConstantAddress(int index) => Address(_constantsAt!, index * Members.ValueSize);

    private void OperandAddress(int rk)
    {
        if (Instruction.IsConstant(rk)) ConstantAddress(Instruction.ConstantIndex(rk));
        else Address(rk);
    }

    private void WordAddress(int pc) => Address(_wordsAt!, pc * sizeof(ulong));

    private void LoadBits(int register)
    {
        if (_il is null) return;
        Address(_bottom!, register * Members.ValueSize + Members.BitsOffset);
        _il.Emit(Il.Ldind_I8);
    }

    private void LoadNumberFromSlot(int register)
    {
        if (_il is null) return;
        Address(_bottom!, register * Members.ValueSize + Members.BitsOffset);
        _il.Emit(Il.Ldind_R8);
        _il.Emit(Il.Stloc, Number(register));
    }

    // The slot takes the register's number; its old reference stays, as in LuaValue.WriteNumber.
    private void StoreNumber(int register)
    {
        if (_il is null) return;
        Address(_bottom!, register * Members.ValueSize + Members.BitsOffset);
        _il.Emit(Il.Ldloc, Number(register));
        _il.Emit(Il.Stind_R8);
    }

    private void WriteBits(int register, long bits)
    {
        _now[register] = Memory;
        if (_il is null) return;
        Address(_bottom!, register * Members.ValueSize + Members.BitsOffset);
        _il.Emit(Il.Ldc_I8, bits);
        _il.Emit(Il.Stind_I8);
    }

    private LocalBuilder Number(int register) => _numbers[register] ??= _il!.DeclareLocal(typeof(double));

    // The number on the evaluation stack becomes the register's value.
    private void SetNumber(int register)
    {
        if (_isPinned[register])
        {
            _now[register] = Memory;
            if (_il is null) return;
            _il.Emit(Il.Stloc, _scratch!);
            Address(_bottom!, register * Members.ValueSize + Members.BitsOffset);
            _il.Emit(Il.Ldloc, _scratch!);
            _il.Emit(Il.Stind_R8);
            return;
        }
        _now[register] = Dirty;
        _il?.Emit(Il.Stloc, Number(register));
    }

    private bool IsNumberConstant(int rk) => Instruction.IsConstant(rk) && _constants[Instruction.ConstantIndex(rk)].IsNumber;

    private bool IsKnownNumber(int rk) => Instruction.IsConstant(rk) ? IsNumberConstant(rk) : _now[rk] != Memory;

    // The operand can be pushed as a number afterwards; if it is none, the interpreter executes this instruction.
    private void DemandNumber(int rk)
    {
        if (Instruction.IsConstant(rk) || _now[rk] != Memory) return;
        if (_il is not null)
        {
            LoadBits(rk);
            _il.Emit(Il.Ldc_I8, LowestTag);
            _il.Emit(Il.Bge_Un, Deoptimised(_pc, _pc));
            LoadNumberFromSlot(rk);
        }
        if (!_isPinned[rk]) _now[rk] = Clean;
    }

    private void PushNumber(int rk)
    {
        if (_il is null) return;
        if (Instruction.IsConstant(rk)) _il.Emit(Il.Ldc_R8, _constants[Instruction.ConstantIndex(rk)].AsNumber);
        else _il.Emit(Il.Ldloc, Number(rk));
    }

    // Makes the register's slot hold its value.
    private void DemandSlot(int rk)
    {
        if (Instruction.IsConstant(rk) || _now[rk] != Dirty) return;
        StoreNumber(rk);
        _now[rk] = Clean;
    }

    // A value of any type, from an address on the evaluation stack (above the target's).
    private void CopyTo(int register, Action pushSource)
    {
        _now[register] = Memory;
        if (_il is null) return;
        Address(register);
        pushSource();
        _il.Emit(Il.Call, Members.Copy);
    }

    // Whether the value loaded into the register will next be wanted as a number.
    private bool WantsNumber(int register)
    {
        if (_isPinned[register] || _known.Generic[_pc]) return false;
        for (var pc = _pc + 1; pc < Math.Min(_code.Length, _pc + 16); pc++)
        {
            if (_isTarget[pc] || _isData[pc]) return false;
            var i = _code[pc];
            switch (i.OpCode)
            {
                case OpCode.Add or OpCode.Sub or OpCode.Mul or OpCode.Div or OpCode.Mod or OpCode.Pow:
                    if (i.B == register || i.C == register) return !_known.Generic[pc];
                    if (i.A == register) return false;
                    break;
                case OpCode.Unm:
                    if (i.B == register) return !_known.Generic[pc];
                    if (i.A == register) return false;
                    break;
                case OpCode.Lt or OpCode.Le:
                    return (i.B == register && IsNumberConstant(i.C) || i.C == register && IsNumberConstant(i.B)) && !_known.Generic[pc];
                case OpCode.GetTable:
                    if (i.B == register || i.C == register || i.A == register) return false;
                    break;
                case OpCode.Move:
                    if (i.B == register || i.A == register) return false;
                    break;
                case OpCode.LoadK or OpCode.GetUpval or OpCode.GetGlobal:
                    if (i.A == register) return false;
                    break;
                default:
                    return false;
            }
        }
        return false;
    }

    // The slot at an address on the evaluation stack becomes the register's value: as a number when that is what is wanted.
    // The address is in _slot.
    private void TakeSlot(int register, bool wantsNumber)
    {
        if (!wantsNumber)
        {
            CopyTo(register, () => _il!.Emit(Il.Ldloc, _slot!));
            return;
        }
        if (_il is not null)
        {
            var il = _il;
            var other = il.DefineLabel();
            il.Emit(Il.Ldloc, _slot!);
            il.Emit(Il.Ldc_I4, Members.BitsOffset);
            il.Emit(Il.Add);
            il.Emit(Il.Ldind_I8);
            il.Emit(Il.Ldc_I8, LowestTag);
            il.Emit(Il.Bge_Un, other);
            il.Emit(Il.Ldloc, _slot!);
            il.Emit(Il.Ldc_I4, Members.BitsOffset);
            il.Emit(Il.Add);
            il.Emit(Il.Ldind_R8);
            il.Emit(Il.Stloc, Number(register));
            Cold(() =>
            {
                il.MarkLabel(other);
                CopyTo(register, () => il.Emit(Il.Ldloc, _slot!));
                il.Emit(Il.Br, Deoptimised(_pc + 1, _pc));
            });
        }
        _now[register] = Dirty;
    }
}
