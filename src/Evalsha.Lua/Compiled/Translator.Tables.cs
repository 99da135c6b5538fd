// Tables, globals and upvalues: the interpreter's fast paths written out, with its inline caches, and numbers going straight between slots and
// IL locals.
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    // The register must hold a table, which goes into _table.
    private void LoadTable(int register, Label otherwise)
    {
        var il = _il!;
        LoadBits(register);
        il.Emit(Il.Ldc_I8, LuaValue.TableTag);
        il.Emit(Il.Bne_Un, otherwise);
        Address(_bottom!, register * Members.ValueSize + Members.RefOffset);
        il.Emit(Il.Ldind_Ref);
        il.Emit(Il.Stloc, _table!);
    }

    // The node of _table where this instruction last found the constant string; its value's address goes into _slot.
    private void FindField(int constant, Label otherwise)
    {
        var il = _il!;
        il.Emit(Il.Ldloc, _table!);
        il.Emit(Il.Ldfld, Members.TableNodes);
        il.Emit(Il.Stloc, _nodes!);
        Address(_wordsAt!, _pc * sizeof(ulong) + 4);
        il.Emit(Il.Ldind_U4);
        il.Emit(Il.Stloc, _index!);
        il.Emit(Il.Ldloc, _index!);
        il.Emit(Il.Ldloc, _nodes!);
        il.Emit(Il.Ldlen);
        il.Emit(Il.Conv_I4);
        il.Emit(Il.Bge_Un, otherwise);
        il.Emit(Il.Ldloc, _nodes!);
        il.Emit(Il.Call, Members.FirstNode);
        il.Emit(Il.Ldloc, _index!);
        il.Emit(Il.Conv_U);
        il.Emit(Il.Ldc_I4, Members.NodeSize);
        il.Emit(Il.Mul);
        il.Emit(Il.Add);
        il.Emit(Il.Stloc, _slot!);
        Address(_slot!, Members.NodeKey + Members.RefOffset);
        il.Emit(Il.Ldind_Ref);
        Address(_constantsAt!, constant * Members.ValueSize + Members.RefOffset);
        il.Emit(Il.Ldind_Ref);
        il.Emit(Il.Bne_Un, otherwise);
        Address(_slot!, Members.NodeValue);
        il.Emit(Il.Stloc, _slot!);
        LoadSlotBits();
        il.Emit(Il.Ldc_I8, LuaValue.NilTag);
        il.Emit(Il.Beq, otherwise);
    }

    private void LoadSlotBits()
    {
        Address(_slot!, Members.BitsOffset);
        _il!.Emit(Il.Ldind_I8);
    }

    // The slot of _table's array part for this key, a known number, into _slot.
    private void FindElement(int key, Label otherwise)
    {
        var il = _il!;
        il.Emit(Il.Ldloc, _table!);
        il.Emit(Il.Ldfld, Members.TableArray);
        il.Emit(Il.Stloc, _array!);
        if (Instruction.IsConstant(key))
        {
            var number = _constants[Instruction.ConstantIndex(key)].AsNumber;
            var integer = Truncation.ToInt32(number);
            if (integer != number || integer < 1)
            {
                il.Emit(Il.Br, otherwise);
                integer = 1;
            }
            il.Emit(Il.Ldc_I4, integer - 1);
            il.Emit(Il.Stloc, _index!);
        }
        else
        {
            PushNumber(key);
            il.Emit(Il.Call, Members.ToInteger);
            il.Emit(Il.Stloc, _index!);
            il.Emit(Il.Ldloc, _index!);
            il.Emit(Il.Conv_R8);
            PushNumber(key);
            il.Emit(Il.Bne_Un, otherwise);
            il.Emit(Il.Ldloc, _index!);
            il.Emit(Il.Ldc_I4_1);
            il.Emit(Il.Sub);
            il.Emit(Il.Stloc, _index!);
        }
        il.Emit(Il.Ldloc, _index!);
        il.Emit(Il.Ldloc, _array!);
        il.Emit(Il.Ldlen);
        il.Emit(Il.Conv_I4);
        il.Emit(Il.Bge_Un, otherwise);
        il.Emit(Il.Ldloc, _array!);
        il.Emit(Il.Call, Members.FirstValue);
        il.Emit(Il.Ldloc, _index!);
        il.Emit(Il.Conv_U);
        il.Emit(Il.Ldc_I4, Members.ValueSize);
        il.Emit(Il.Mul);
        il.Emit(Il.Add);
        il.Emit(Il.Stloc, _slot!);
    }

    // The common end of loads: a cold detour that puts the value into the register's slot, and the way back.
    // "attempt" leaves on the evaluation stack whether it has done so without looking at the list of calls.
    private void LoadDetour(Label detour, int register, bool wantsNumber, Action call, Action? attempt = null)
    {
        if (_il is null) return;
        var il = _il;
        var done = il.DefineLabel();
        il.MarkLabel(done);
        Cold(() =>
        {
            il.MarkLabel(detour);
            FlushAround(register);
            var found = il.DefineLabel();
            if (attempt is not null)
            {
                attempt();
                il.Emit(Il.Brtrue, found);
            }
            PushFrame();
            call();
            LeaveUnlessDone();
            PopFrame();
            il.MarkLabel(found);
            Recover(_pc + 1, register, wantsNumber);
            il.Emit(Il.Br, done);
        });
    }

    private void GetTable(Instruction i)
    {
        if (_now[i.B] != Memory) DemandSlot(i.B);
        if (Instruction.IsConstant(i.C) && _constants[Instruction.ConstantIndex(i.C)].IsString)
        {
            GetField(i);
            return;
        }
        if (IsKnownNumber(i.C))
        {
            GetElement(i);
            return;
        }
        if (Instruction.IsConstant(i.C))
        {
            if (_il is not null)
            {
                Flush(_pc);
                Detour();
            }
            _now[i.A] = Memory;
            return;
        }
        var before = (byte[])_now.Clone();
        _now[i.A] = Memory;
        if (_il is null) return;
        var il = _il;
        var detour = il.DefineLabel();
        Address(i.B);
        Address(i.C);
        Address(i.A);
        il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.TryGetIndex)));
        il.Emit(Il.Brfalse, detour);
        before.CopyTo(_now, 0);
        LoadDetour(detour, i.A, false, () => PushDetour());
        _now[i.A] = Memory;
    }

    private void PushDetour()
    {
        _il!.Emit(Il.Ldarg_1);
        _il.Emit(Il.Ldc_I4, Word);
        _il.Emit(Il.Ldc_I4, _pc + 1);
        _il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.DetourFromCompiled)));
    }

    private void GetField(Instruction i)
    {
        var wantsNumber = WantsNumber(i.A);
        var detour = _il?.DefineLabel() ?? default;
        var before = (byte[])_now.Clone();
        if (_il is not null)
        {
            LoadTable(i.B, detour);
            FindField(Instruction.ConstantIndex(i.C), detour);
        }
        TakeSlot(i.A, wantsNumber);
        WithState(before, () => LoadDetour(detour, i.A, wantsNumber, () =>
        {
            var il = _il!;
            il.Emit(Il.Ldarg_1);
            Address(i.B);
            ConstantAddress(Instruction.ConstantIndex(i.C));
            Address(i.A);
            WordAddress(_pc);
            il.Emit(Il.Ldc_I4, _pc + 1);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.GetFieldFromCompiled)));
        }));
    }

    // Runs with what was known before the instruction, and restores what is known after it.
    private void WithState(byte[] before, Action action)
    {
        var after = (byte[])_now.Clone();
        before.CopyTo(_now, 0);
        action();
        after.CopyTo(_now, 0);
    }

    private void GetElement(Instruction i)
    {
        var wantsNumber = WantsNumber(i.A);
        var detour = _il?.DefineLabel() ?? default;
        var before = (byte[])_now.Clone();
        if (_il is not null)
        {
            var il = _il;
            LoadTable(i.B, detour);
            FindElement(i.C, detour);
            LoadSlotBits();
            il.Emit(Il.Ldc_I8, LuaValue.NilTag);
            il.Emit(Il.Beq, detour); // a metatable may say otherwise
        }
        TakeSlot(i.A, wantsNumber);
        WithState(before, () => LoadDetour(detour, i.A, wantsNumber, PushDetour, () =>
        {
            Address(i.B);
            PushNumber(i.C);
            Address(i.A);
            _il!.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.TryNumberKey)));
        }));
    }

    private void GetGlobal(Instruction i)
    {
        var wantsNumber = WantsNumber(i.A);
        var detour = _il?.DefineLabel() ?? default;
        var before = (byte[])_now.Clone();
        if (_il is not null)
        {
            LoadEnvironment();
            FindField(i.Bx, detour);
        }
        TakeSlot(i.A, wantsNumber);
        WithState(before, () => LoadDetour(detour, i.A, wantsNumber, () => GlobalDetour(nameof(Interpreter.GetGlobalFromCompiled))));
    }

    private void LoadEnvironment()
    {
        PushClosure();
        _il!.Emit(Il.Call, Members.Environment);
        _il.Emit(Il.Stloc, _table!);
    }

    private void GlobalDetour(string helper)
    {
        _il!.Emit(Il.Ldarg_1);
        PushClosure();
        WordAddress(_pc);
        _il.Emit(Il.Ldc_I4, _pc + 1);
        _il.Emit(Il.Call, Members.Interpreter(helper));
    }

    private void SetGlobal(Instruction i)
    {
        if (_il is null) return;
        var detour = _il.DefineLabel();
        LoadEnvironment();
        FindField(i.Bx, detour);
        DemandWritable(detour);
        StoreIntoSlot(i.A);
        StoreDetour(detour, () => GlobalDetour(nameof(Interpreter.SetGlobalFromCompiled)));
    }

    private void DemandWritable(Label otherwise)
    {
        _il!.Emit(Il.Ldloc, _table!);
        _il.Emit(Il.Ldfld, Members.TableGuard);
        _il.Emit(Il.Ldc_I4, (int)LuaTable.ReadOnlyGuard);
        _il.Emit(Il.And);
        _il.Emit(Il.Brtrue, otherwise);
    }

    // The operand's value into the slot at _slot, leaving nothing stale there.
    private void StoreIntoSlot(int rk)
    {
        var il = _il!;
        if (IsKnownNumber(rk))
        {
            Address(_slot!, Members.BitsOffset);
            PushNumber(rk);
            il.Emit(Il.Stind_R8);
            Address(_slot!, Members.RefOffset);
            il.Emit(Il.Ldnull);
            il.Emit(Il.Stind_Ref);
            return;
        }
        if (Instruction.IsConstant(rk) && !_constants[Instruction.ConstantIndex(rk)].IsReference)
        {
            Address(_slot!, Members.BitsOffset);
            il.Emit(Il.Ldc_I8, _constants[Instruction.ConstantIndex(rk)].Bits);
            il.Emit(Il.Stind_I8);
            Address(_slot!, Members.RefOffset);
            il.Emit(Il.Ldnull);
            il.Emit(Il.Stind_Ref);
            return;
        }
        il.Emit(Il.Ldloc, _slot!);
        OperandAddress(rk);
        il.Emit(Il.Call, Members.Store);
    }

    private void StoreDetour(Label detour, Action call)
    {
        var il = _il!;
        var done = il.DefineLabel();
        il.MarkLabel(done);
        Cold(() =>
        {
            il.MarkLabel(detour);
            FlushAround();
            PushFrame();
            call();
            LeaveUnlessDone();
            PopFrame();
            Recover(_pc + 1);
            il.Emit(Il.Br, done);
        });
    }

    private void SetTable(Instruction i)
    {
        if (_now[i.A] != Memory) DemandSlot(i.A);
        if (_il is null) return;
        var il = _il;
        var detour = il.DefineLabel();
        if (Instruction.IsConstant(i.B) && _constants[Instruction.ConstantIndex(i.B)].IsString)
        {
            LoadTable(i.A, detour);
            FindField(Instruction.ConstantIndex(i.B), detour);
            DemandWritable(detour);
            StoreIntoSlot(i.C);
            StoreDetour(detour, () =>
            {
                il.Emit(Il.Ldarg_1);
                Address(i.A);
                ConstantAddress(Instruction.ConstantIndex(i.B));
                OperandAddress(i.C);
                WordAddress(_pc);
                il.Emit(Il.Ldc_I4, _pc + 1);
                il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.SetFieldFromCompiled)));
            });
            return;
        }
        if (IsKnownNumber(i.B))
        {
            LoadTable(i.A, detour);
            FindElement(i.B, detour);
            var plain = il.DefineLabel();
            il.Emit(Il.Ldloc, _table!);
            il.Emit(Il.Ldfld, Members.TableGuard);
            il.Emit(Il.Brfalse, plain);
            DemandWritable(detour);
            LoadSlotBits();
            il.Emit(Il.Ldc_I8, LuaValue.NilTag);
            il.Emit(Il.Beq, detour);
            il.MarkLabel(plain);
            StoreIntoSlot(i.C);
            StoreDetour(detour, () => PushDetour());
            return;
        }
        if (Instruction.IsConstant(i.B))
        {
            Flush(_pc);
            Detour();
            return;
        }
        if (!Instruction.IsConstant(i.C) && _now[i.C] == Dirty) StoreNumber(i.C);
        Address(i.A);
        Address(i.B);
        OperandAddress(i.C);
        il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.TrySetIndex)));
        il.Emit(Il.Brfalse, detour);
        StoreDetour(detour, () => PushDetour());
    }

    private void Self(Instruction i)
    {
        if (_now[i.B] != Memory) DemandSlot(i.B);
        if (Instruction.IsConstant(i.C) && _constants[Instruction.ConstantIndex(i.C)].IsString)
        {
            if (_il is not null)
            {
                var il = _il;
                var detour = il.DefineLabel();
                il.Emit(Il.Ldloc, _state!);
                PushMethod(i);
                il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.TryMethod)));
                il.Emit(Il.Brfalse, detour);
                _now[i.A + 1] = Memory; // it is written too
                LoadDetour(detour, i.A, false, () =>
                {
                    il.Emit(Il.Ldarg_1);
                    PushMethod(i);
                    il.Emit(Il.Ldc_I4, _pc + 1);
                    il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.SelfFromCompiled)));
                });
            }
        }
        else
        {
            if (_il is not null)
            {
                Flush(_pc);
                PushFrame();
                PushDetour();
                LeaveUnlessDone();
                PopFrame();
            }
            FlushHereDone();
        }
        _now[i.A] = _now[i.A + 1] = Memory;
    }

    private void PushMethod(Instruction i)
    {
        Address(i.B);
        ConstantAddress(Instruction.ConstantIndex(i.C));
        Address(i.A);
        WordAddress(_pc);
    }

    // After a Flush on the path itself.
    private void FlushHereDone()
    {
        for (var r = 0; r < _registers; r++)
        {
            if (_now[r] == Dirty) _now[r] = IsLive(_pc, r) ? Clean : Memory;
        }
    }

    private void PushUpvalueSlot(int index)
    {
        var il = _il!;
        PushClosure();
        il.Emit(Il.Ldfld, Members.Upvalues);
        il.Emit(Il.Call, Members.FirstUpvalue);
        if (index != 0)
        {
            il.Emit(Il.Ldc_I4, index * nint.Size);
            il.Emit(Il.Add);
        }
        il.Emit(Il.Ldind_Ref);
        il.Emit(Il.Call, Members.UpvalueSlot);
        il.Emit(Il.Stloc, _slot!);
    }

    private void GetUpvalue(Instruction i)
    {
        var wantsNumber = WantsNumber(i.A);
        if (_il is not null) PushUpvalueSlot(i.B);
        TakeSlot(i.A, wantsNumber);
    }

    private void SetUpvalue(Instruction i)
    {
        if (_il is null) return;
        PushUpvalueSlot(i.B);
        StoreIntoSlot(i.A);
    }

    private void Length(Instruction i)
    {
        if (_now[i.B] != Memory) DemandSlot(i.B);
        var detour = _il?.DefineLabel() ?? default;
        var before = (byte[])_now.Clone();
        if (_il is not null)
        {
            var il = _il;
            var text = il.DefineLabel();
            var join = il.DefineLabel();
            LoadTable(i.B, text);
            il.Emit(Il.Ldloc, _table!);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.LengthOfTable)));
            il.Emit(Il.Stloc, _index!);
            il.Emit(Il.Br, join);
            il.MarkLabel(text);
            LoadBits(i.B);
            il.Emit(Il.Ldc_I8, LuaValue.StringTag);
            il.Emit(Il.Bne_Un, detour);
            Address(_bottom!, i.B * Members.ValueSize + Members.RefOffset);
            il.Emit(Il.Ldind_Ref);
            il.Emit(Il.Call, Members.StringLength);
            il.Emit(Il.Stloc, _index!);
            il.MarkLabel(join);
            il.Emit(Il.Ldloc, _index!);
            il.Emit(Il.Conv_R8);
        }
        if (_known.Generic[_pc])
        {
            SetNumber(i.A);
            if (_now[i.A] == Dirty) DemandSlot(i.A);
            _now[i.A] = Memory;
            WithState(before, () => LoadDetour(detour, i.A, false, () => PushDetour()));
            return;
        }
        SetNumber(i.A);
        WithState(before, () => LoadDetour(detour, i.A, !_isPinned[i.A], () => PushDetour()));
    }
}
