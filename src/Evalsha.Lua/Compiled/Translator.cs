// From the bytecode of one function to IL. One walk over the instructions both finds out and emits: first it runs dry, again and again, until
// what is known of the registers at each jump target is settled; then it runs once more and writes.
// What is known of a register at a point of the code:
//   Memory  its slot in the stack holds it, of any type      Clean  it is a number, in the slot and in an IL local
//   Dirty   it is a number in the IL local; the slot is old
// Always true: before anything that can look at the stack (a call, a detour, an error, leaving) dirty registers that are live are stored.
// A register that some closure captures is always Memory. At the head of a loop a register that the loop itself leaves as a number is taken for
// one and tested before the loop; where that or an operand's type fails, the interpreter takes over at that instruction (Deoptimise).
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;
using OpCode = Evalsha.Lua.Bytecode.OpCode;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    private const byte Memory = 0;
    private const byte Clean = 1;
    private const byte Dirty = 2;

    /// <summary>Rounds of deciding which registers loops may take for numbers; then the rest is given up.</summary>
    private const int RoundsMax = 8;

    /// <summary>More than an instruction can name, as a function's room is one more than its registers.</summary>
    private const int RegistersMax = 512;

    private readonly Executable _executable;
    private readonly Specimen _specimen;
    private readonly LuaTable? _strings; // the metatable of strings
    private readonly CodePart _main;
    private readonly bool[] _isPinned;
    private int _registers;
    private bool _hasPinned;
    private int _calls;
    private readonly List<int> _entries = new(4);

    // The part that is walked, and what it consists of (Enter).
    private CodePart _part;
    private Prototype _function = null!;
    private Instruction[] _code = null!;
    private LuaValue[] _constants = null!;
    private CompiledCode _known = null!;
    private bool[] _isData = null!;
    private bool[] _isTarget = null!;
    private Loop?[] _loops = null!;
    private byte[]?[] _in = null!;
    private Label[] _labels = null!;

    // The walk.
    private byte[] _now;
    private bool _flows;
    private int _pc;
    private int _next;
    private bool _changed;

    // Emission; null and empty while the walk runs dry.
    private ILGenerator? _il;
    private readonly LocalBuilder?[] _numbers;
    private readonly Queue<ColdPath> _cold = new();

    /// <summary>Code off the path, to be emitted behind it. A class, as the runtime has no ready code for collections of values.</summary>
    private sealed class ColdPath(CodePart part, byte[] state, int pc, Action emit)
    {
        public readonly CodePart Part = part;
        public readonly byte[] State = state;
        public readonly int Pc = pc;
        public readonly Action Emit = emit;
    }

    /// <summary>Where the ways into a loop meet.</summary>
    internal sealed class Loop(int from)
    {
        /// <summary>Jumps from here on are from inside the loop.</summary>
        public readonly int From = from;
        public readonly sbyte[] Decision = new sbyte[RegistersMax]; // 1 taken for a number, -1 never
        public readonly bool[] StaysNumber = new bool[RegistersMax];
        public bool Arrives;

        public void Begin()
        {
            Array.Fill(StaysNumber, true);
            Arrives = false;
        }
    }

    public Translator(Executable executable, in Specimen specimen, LuaTable? strings)
    {
        _specimen = specimen;
        _strings = strings;
        _executable = executable;
        _part = _main = new CodePart(executable, 0, 0);
        Enter(_main);
        _registers = _function.MaxStackSize + 1;
        _isPinned = new bool[RegistersMax];
        _inlined = new CodePart?[_code.Length];
        _guessedHosts = new HostKind?[_code.Length];
        _entries.Add(0);
        FindShape();
        _main.Live = new Liveness(_function, _isData);
        FindGuesses();
        _numbers = new LocalBuilder?[_registers];
        _now = new byte[_registers];
    }

    /// <summary>A damaged chunk jumps to a word that belongs to the instruction before it, which PUC then runs as an instruction. Not translated.</summary>
    public bool JumpsIntoData { get; private set; }

    public Translation Translate()
    {
        for (var round = 0; ; round++)
        {
            foreach (var part in Parts()) Array.Clear(part.In);
            do
            {
                _changed = false;
                foreach (var part in Parts())
                {
                    foreach (var loop in part.Loops) loop?.Begin();
                }
                Walk();
            }
            while (_changed);
            var decided = false;
            foreach (var part in Parts())
            {
                Enter(part);
                decided |= Decide(round >= RoundsMax);
            }
            Enter(_main);
            if (!decided) break;
        }
        var method = new DynamicMethod("lua", typeof(int), [typeof(Executable), typeof(LuaThread), typeof(LuaClosure), typeof(int), typeof(int)],
            typeof(Translator).Module, skipVisibility: true) { InitLocals = false }; // each local is written before it is read
        _known.NumbersAt = FindNumbers();
        _il = method.GetILGenerator(_code.Length * 64);
        Prologue();
        Walk();
        EmitCold();
        return new Translation(_executable, method, [.. _entries]);
    }

    private IEnumerable<CodePart> Parts()
    {
        yield return _main;
        foreach (var part in _inlined)
        {
            if (part is not null) yield return part;
        }
    }

    // Jump targets, loop heads, words that are operands, captured registers.
    private void FindShape()
    {
        for (var pc = 0; pc < _code.Length; pc++)
        {
            var i = _code[pc];
            switch (i.OpCode)
            {
                case OpCode.SetList when i.C == 0:
                    _isData[++pc] = true;
                    break;
                case OpCode.Closure:
                    for (var n = _function.Children[i.Bx].UpvalueCount; n > 0; n--)
                    {
                        _isData[++pc] = true;
                        if (_code[pc].OpCode == OpCode.Move) _hasPinned = _isPinned[_code[pc].B] = true;
                    }
                    break;
                case OpCode.Call when i.B != 0 && !IsInlined:
                    _calls++;
                    break;
                case OpCode.LoadBool when i.C != 0:
                    _isTarget[pc + 2] = true;
                    break;
                case OpCode.Eq or OpCode.Lt or OpCode.Le or OpCode.Test or OpCode.TestSet or OpCode.TForLoop:
                    _isTarget[pc + 2] = true;
                    break;
                case OpCode.Jmp or OpCode.ForPrep:
                    Target(pc, i);
                    break;
                case OpCode.ForLoop:
                    Target(pc, i);
                    break;
            }
        }
        for (var pc = 0; pc < _code.Length; pc++) JumpsIntoData |= _isTarget[pc] && _isData[pc];
    }

    private void Target(int pc, Instruction i)
    {
        var target = pc + 1 + i.SBx;
        _isTarget[target] = true;
        if (target > pc) return;
        if (target != 0 && !IsInlined && !_entries.Contains(target)) _entries.Add(target);
        // The ways into a for loop meet at its last instruction, those into others at the head.
        var join = i.OpCode == OpCode.ForLoop ? pc : pc > 0 && _code[pc - 1].OpCode == OpCode.TForLoop && !_isData[pc - 1] ? pc - 1 : target;
        _isTarget[join] = true;
        _loops[join] ??= new Loop(target);
    }

    private void Walk()
    {
        _flows = true;
        _pc = -1;
        Array.Clear(_now);
        WalkPart();
    }

    private void WalkPart()
    {
        for (var pc = 0; pc < _code.Length; pc = _next)
        {
            _next = pc + 1;
            if (_isData[pc]) continue;
            if (_isTarget[pc])
            {
                if (_flows) FallTo(pc);
                if (_in[pc] is not { } known)
                {
                    _flows = false;
                    continue;
                }
                _il?.MarkLabel(_labels[pc]);
                known.CopyTo(_now, 0);
                _flows = true;
            }
            if (!_flows) continue;
            _pc = pc;
            Step(_code[pc]);
        }
    }

    private void FallTo(int pc)
    {
        Merge(pc);
        Convert(pc);
    }

    // Notes what is known on the way to a jump target.
    private void Merge(int to)
    {
        if (_il is not null) return;
        var loop = _loops[to];
        if (loop is not null && _pc >= loop.From)
        {
            loop.Arrives = true;
            for (var r = 0; r < _registers; r++) loop.StaysNumber[r] &= _now[r] != Memory;
        }
        var known = _in[to];
        if (known is null)
        {
            known = _in[to] = new byte[_registers];
            for (var r = 0; r < _registers; r++) known[r] = Settled(to, r, _now[r]);
            _changed = true;
            return;
        }
        for (var r = 0; r < _registers; r++)
        {
            var joined = known[r] == Memory || _now[r] == Memory ? Memory : Math.Max(known[r], _now[r]);
            joined = Settled(to, r, joined);
            if (joined == known[r]) continue;
            known[r] = joined;
            _changed = true;
        }
    }

    private byte Settled(int to, int register, byte state)
    {
        if (_isPinned[register] || !IsLive(to, register)) return Memory;
        if (IsInlined && to == _code.Length && register >= _part.Offset - 1 && _main.Known.Generic[_part.CallPc]) return Memory;
        if (_loops[to] is not { } loop) return state;
        return loop.Decision[register] switch { > 0 => Dirty, < 0 => Memory, _ => state };
    }

    // True: what loops take for numbers has changed, and the walk must begin anew.
    private bool Decide(bool isLast)
    {
        var decided = false;
        for (var pc = 0; pc < _loops.Length; pc++)
        {
            if (_loops[pc] is not { } loop || _in[pc] is not { } known) continue;
            for (var r = 0; r < _registers; r++)
            {
                ref var decision = ref loop.Decision[r];
                var isSafe = loop.Arrives && loop.StaysNumber[r];
                if (decision >= 0 && IsNoNumber(r))
                {
                    decision = -1;
                    decided = true;
                }
                else if (decision > 0 && (!isSafe || isLast))
                {
                    decision = -1;
                    decided = true;
                }
                else if (decision == 0 && !isLast && isSafe && known[r] == Memory && !_isPinned[r] && IsLive(pc, r))
                {
                    decision = 1;
                    decided = true;
                }
            }
        }
        return decided;
    }

    // Brings registers into the state that a jump target expects.
    private void Convert(int to)
    {
        if (_il is null) return;
        var expected = _in[to]!;
        for (var r = 0; r < _registers; r++)
        {
            if (expected[r] == _now[r] || !IsLive(to, r)) continue;
            if (expected[r] == Memory)
            {
                if (_now[r] == Dirty) StoreNumber(r);
            }
            else if (_now[r] == Memory)
            {
                LoadBits(r);
                _il.Emit(Il.Ldc_I8, LowestTag);
                _il.Emit(Il.Bge_Un, Deoptimised(to, to, r));
                LoadNumberFromSlot(r);
            }
            else if (expected[r] == Clean && _now[r] == Dirty)
            {
                StoreNumber(r);
            }
        }
    }

    private bool NeedsConversion(int to)
    {
        var expected = _in[to]!;
        for (var r = 0; r < _registers; r++)
        {
            if (expected[r] == _now[r] || !IsLive(to, r)) continue;
            if (expected[r] != Memory || _now[r] == Dirty) return true;
        }
        return false;
    }

    // An unconditional jump.
    private void JumpTo(int to, int steps)
    {
        Merge(to);
        if (_il is null) return;
        Convert(to);
        BackEdge(to, steps);
        _il.Emit(Il.Br, _labels[to]);
    }

    // Where a conditional branch to that position goes: there, or to what must be done on the way.
    private Label WayTo(int to, int steps)
    {
        Merge(to);
        if (_il is null) return default;
        if (steps >= 0 && !NeedsConversion(to)) return _labels[to];
        var label = _il.DefineLabel();
        Cold(() =>
        {
            _il.MarkLabel(label);
            Convert(to);
            BackEdge(to, steps);
            _il.Emit(Il.Br, _labels[to]);
        });
        return label;
    }

    // Jumps back count their distance against the budget of steps, as the interpreter counts it.
    private void BackEdge(int to, int steps)
    {
        if (steps >= 0) return;
        var il = _il!;
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldfld, Members.StepsLeft);
        il.Emit(Il.Ldc_I8, (long)steps);
        il.Emit(Il.Add);
        il.Emit(Il.Dup);
        il.Emit(Il.Stloc, _steps!);
        il.Emit(Il.Stfld, Members.StepsLeft);
        il.Emit(Il.Ldloc, _steps!);
        il.Emit(Il.Ldc_I4_0);
        il.Emit(Il.Conv_I8);
        var spent = il.DefineLabel();
        il.Emit(Il.Blt, spent);
        Cold(() =>
        {
            il.MarkLabel(spent);
            _in[to]!.CopyTo(_now, 0);
            Flush(to);
            PushFrame();
            il.Emit(Il.Ldarg_1);
            il.Emit(Il.Ldc_I4, to);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.Interrupted)));
            LeaveUnlessDone();
            PopFrame();
            Recover(to);
            il.Emit(Il.Br, _labels[to]);
        });
    }

    // Code off the path, with what is known here.
    private void Cold(Action emit)
    {
        if (_il is not null) _cold.Enqueue(new ColdPath(_part, (byte[])_now.Clone(), _pc, emit));
    }

    private void EmitCold()
    {
        while (_cold.TryDequeue(out var next))
        {
            Enter(next.Part);
            next.State.CopyTo(_now, 0);
            _pc = next.Pc;
            next.Emit();
        }
        _il!.MarkLabel(_leave);
        _il.Emit(Il.Ldloc, _status!);
        _il.Emit(Il.Ret);
    }

    // The label of code that hands over to the interpreter at this position, because of the instruction blamed or of a register.
    private Label Deoptimised(int pc, int blamed, int register = -1)
    {
        if (_il is null) return default;
        var label = _il.DefineLabel();
        Cold(() =>
        {
            _il.MarkLabel(label);
            Flush(pc);
            PushFrame();
            _il.Emit(Il.Ldarg_0);
            _il.Emit(Il.Ldarg_1);
            _il.Emit(Il.Ldc_I4, pc);
            _il.Emit(Il.Ldc_I4, blamed);
            if (!IsInlined || register < 0) _il.Emit(Il.Ldc_I4, register);
            else _il.Emit(Il.Ldc_I4, register >= _part.Offset ? register - _part.Offset : Hotness.CallersRegister - register);
            _il.Emit(Il.Call, IsInlined ? Members.DeoptimiseWrittenOut : Members.Deoptimise);
            _il.Emit(Il.Ret);
        });
        return label;
    }

    // Stores what is live and dirty; what is known does not change unless the caller says so.
    private void Flush(int pc)
    {
        if (_il is null) return;
        for (var r = 0; r < _registers; r++)
        {
            if (_now[r] == Dirty && IsLive(pc, r)) StoreNumber(r);
        }
    }

    // Before a detour off the path: what is live before the instruction or behind it, but for its result.
    private void FlushAround(int result = -1)
    {
        for (var r = 0; r < _registers; r++)
        {
            if (_now[r] == Dirty && (IsLive(_pc, r) || (r != result && IsLive(_pc + 1, r)))) StoreNumber(r);
        }
    }

    // After a detour off the path: the numbers come back from their slots. So no IL local lives across a call that hardly ever happens, and
    // the runtime keeps them in machine registers on the path. A debugger's hand may have put something else there; then the interpreter goes on.
    private void Recover(int pc, int result = -1, bool wantsNumber = false)
    {
        var known = (byte[])_now.Clone();
        Array.Clear(_now);
        Label? otherwise = null;
        for (var r = 0; r < _registers; r++)
        {
            if (r == result ? !wantsNumber : known[r] == Memory || !IsLive(pc, r)) continue;
            LoadBits(r);
            _il!.Emit(Il.Ldc_I8, LowestTag);
            _il.Emit(Il.Bge_Un, otherwise ??= Deoptimised(pc, _pc));
            LoadNumberFromSlot(r);
        }
        known.CopyTo(_now, 0);
    }

    // As Flush, on the path itself: afterwards everything is in its slot.
    private void FlushHere()
    {
        Flush(_pc);
        for (var r = 0; r < _registers; r++)
        {
            if (_now[r] != Dirty) continue;
            _now[r] = IsLive(_pc, r) ? Clean : Memory;
        }
    }

    private void ForgetFrom(int first, int last)
    {
        for (var r = first; r <= last && r < _registers; r++) _now[r] = Memory;
    }
}
