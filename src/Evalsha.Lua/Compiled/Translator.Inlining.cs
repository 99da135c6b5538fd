// Calls of small functions written out in the caller: no frame, no arguments laid out, numbers stay in IL locals. The function called is tested
// each time; another one is called as ever, off the path. Only a detour off the path pushes the frame that a call would have pushed, and
// from then on all is as if there had been a call: errors, tracebacks, metamethods and the interpreter find what they expect.
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;
using OpCode = Evalsha.Lua.Bytecode.OpCode;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    /// <summary>Instructions of all functions written out in one.</summary>
    private const int InlinedInstructionsMax = 400;

    /// <summary>Registers that written-out functions may use.</summary>
    private const int InlinedRegistersMax = 250;

    // By position of the call.
    private readonly CodePart?[] _inlined;

    private bool IsInlined => _part.Offset != 0;

    // Decided once, as the walks must all see the same.
    private void FindGuesses()
    {
        var room = InlinedInstructionsMax;
        for (var pc = 0; pc < _code.Length; pc++)
        {
            var i = _code[pc];
            if (_isData[pc] || i.OpCode != OpCode.Call || i.B == 0) continue;
            _guessedChild = null;
            var guess = Guess(pc, i.A);
            if (guess is { IsFunction: true, Ref: LuaHostFunction host }) _guessedHosts[pc] = host.Kind;
            var callee = guess is { IsFunction: true, Ref: LuaClosure closure } ? closure.Code : _guessedChild;
            if (callee is null || ReferenceEquals(callee, _executable) || i.C == 0 || !InlinesCalls || !CodePart.IsSmall(callee)) continue;
            var size = callee.Words.Length;
            if (size > room || i.A + 1 + callee.MaxStackSize > InlinedRegistersMax) continue;
            room -= size;
            var part = _inlined[pc] = new CodePart(callee, i.A + 1, pc);
            _registers = Math.Max(_registers, i.A + 2 + callee.MaxStackSize);
            Enter(part);
            FindShape();
            _isTarget[_code.Length] = true;
            part.Live = new Liveness(callee.Prototype, part.IsData);
            Enter(_main);
        }
    }

    private void Enter(CodePart part)
    {
        _part = part;
        _function = part.Function;
        _code = part.Code;
        _constants = _function.Constants;
        _known = part.Known;
        _isData = part.IsData;
        _isTarget = part.IsTarget;
        _loops = part.Loops;
        _in = part.In;
        _labels = part.Labels;
        _constantsAt = part.ConstantsAt;
        _wordsAt = part.WordsAt;
    }

    private bool IsLive(int pc, int register)
    {
        if (!IsInlined) return _part.Live.IsLiveAt(pc, register);
        var call = _part.CallPc;
        if (register < _part.Offset - 1) return _main.Live.IsLiveAt(call, register) || _main.Live.IsLiveAt(call + 1, register);
        if (pc >= _code.Length) return _main.Live.IsLiveAt(call + 1, register);
        return register >= _part.Offset && _part.Live.IsLiveAt(pc, register - _part.Offset);
    }

    // A register that a loop must not take for a number.
    private bool IsNoNumber(int register) =>
        register >= _part.Offset ? register - _part.Offset < 256 && _known.NotNumbers[register - _part.Offset] : _main.Known.NotNumbers[register];

    private bool CallInline(Instruction i)
    {
        if (_inlined[_pc] is not { } part) return false;
        var call = _pc;
        var before = (byte[])_now.Clone();
        var generic = _il?.DefineLabel() ?? default;
        var callee = part.Executable;
        if (_il is not null)
        {
            var il = _il;
            LoadBits(i.A);
            il.Emit(Il.Ldc_I8, LuaValue.FunctionTag);
            il.Emit(Il.Bne_Un, generic);
            Address(_bottom!, i.A * Members.ValueSize + Members.RefOffset);
            il.Emit(Il.Ldind_Ref);
            il.Emit(Il.Isinst, typeof(LuaClosure));
            il.Emit(Il.Stloc, part.Closure!);
            il.Emit(Il.Ldloc, part.Closure!);
            il.Emit(Il.Brfalse, generic);
            il.Emit(Il.Ldloc, part.Closure!);
            il.Emit(Il.Ldfld, Members.Code);
            il.Emit(Il.Stloc, _calleeCode!);
            il.Emit(Il.Ldloc, _calleeCode!);
            il.Emit(Il.Ldfld, Members.ExecutableId);
            il.Emit(Il.Ldc_I8, callee.Id);
            il.Emit(Il.Bne_Un, generic);
            PushSlotNumber(i.A);
            il.Emit(Il.Ldc_I4, callee.EntrySlots);
            il.Emit(Il.Add);
            BranchUnlessThereIsRoom(generic);
            CountStep(generic);
            il.Emit(Il.Ldloc, part.Closure!);
            il.Emit(Il.Ldfld, Members.ClosureConstants);
            il.Emit(Il.Call, Members.FirstValue);
            il.Emit(Il.Stloc, part.ConstantsAt!);
            il.Emit(Il.Ldloc, _calleeCode!);
            il.Emit(Il.Ldfld, Members.Originals);
            il.Emit(Il.Call, Members.FirstWord);
            il.Emit(Il.Stloc, part.WordsAt!);
        }
        for (var n = Math.Min(i.B - 1, callee.ParameterCount); n < callee.CleanUpTo; n++) WriteBits(part.Offset + n, LuaValue.NilTag);

        Enter(part);
        _pc = -1;
        WalkPart();
        var end = _in[_code.Length];
        if (end is not null)
        {
            _il?.MarkLabel(_labels[_code.Length]);
            end.CopyTo(_now, 0);
        }
        Enter(_main);
        (_pc, _next, _flows) = (call, call + 1, true);
        if (end is null) ForgetFrom(0, _registers);
        ForgetFrom(i.A + i.C - 1, _registers);
        if (_il is null) return true;

        var after = (byte[])_now.Clone();
        var done = _il.DefineLabel();
        _il.MarkLabel(done);
        WithState(before, () => Cold(() =>
        {
            var il = _il;
            il.MarkLabel(generic);
            Flush(_pc);
            CallByHelper(i);
            after.CopyTo(_now, 0);
            Recover(_pc + 1);
            il.Emit(Il.Br, done);
        }));
        return true;
    }

    private void CallByHelper(Instruction i)
    {
        var il = _il!;
        il.Emit(Il.Ldarg_1);
        Address(i.A);
        PushSlotNumber(i.A);
        il.Emit(Il.Ldc_I4, i.B - 1);
        il.Emit(Il.Ldc_I4, i.C - 1);
        il.Emit(Il.Ldc_I4, _pc + 1);
        il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.CallFromCompiled)));
        LeaveUnlessDone();
    }

    // RETURN of a written-out function: its values go where the caller wants them.
    private void ReturnInline(Instruction i)
    {
        var call = _main.Code[_part.CallPc];
        var wanted = call.C - 1;
        for (var n = 0; n < wanted; n++)
        {
            var (to, from) = (call.A + n, i.A + n);
            if (n >= i.B - 1)
            {
                WriteBits(to, LuaValue.NilTag);
            }
            else if (_now[from] != Memory)
            {
                _il?.Emit(Il.Ldloc, Number(from));
                SetNumber(to);
            }
            else
            {
                CopyTo(to, () => Address(from));
            }
        }
        ForgetFrom(call.A + wanted, _registers);
        JumpTo(_code.Length, 0);
        _flows = false;
    }

    // Before a detour of a written-out function that looks at the list of calls.
    private void PushFrame()
    {
        if (!IsInlined) return;
        var il = _il!;
        var call = _main.Code[_part.CallPc];
        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Ldloc, _mine!);
        PushSlotNumber(call.A);
        il.Emit(Il.Ldc_I4, call.C - 1);
        il.Emit(Il.Ldc_I4, _part.CallPc + 1);
        il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.PushWrittenOut)));
    }

    // After it: the caller runs on.
    private void PopFrame()
    {
        if (!IsInlined) return;
        _il!.Emit(Il.Ldarg_1);
        _il.Emit(Il.Ldloc, _mine!);
        _il.Emit(Il.Stfld, Members.FrameIndex);
    }

    private void PushClosure()
    {
        if (IsInlined) _il!.Emit(Il.Ldloc, _part.Closure!);
        else _il!.Emit(Il.Ldarg_2);
    }

    // The running instruction as it stands in its function.
    private int Word => (int)_function.Code[_pc].Word;
}
