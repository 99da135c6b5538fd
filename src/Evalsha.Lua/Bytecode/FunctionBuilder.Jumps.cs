// Jump lists (the jump half of lcode.c). A list is linked through the offsets of its own unfinished jumps, ended by NoJump.
// Jumps to "here" wait in _pending until the next instruction is made, so that a jump to a jump can be merged into its list.
namespace Evalsha.Lua.Bytecode;

internal sealed partial class FunctionBuilder
{
    // Walking further than this to a list's end is remembered, so that a text with many jumps to one place compiles in linear time.
    private const int WalkWorthRemembering = 8;

    private int _pending = NoJump;

    // A node far along the list that begins with the key. Stays right, since lists only grow at their end until they are patched as a whole.
    private Dictionary<int, int>? _farNode;

    internal int EmitJump()
    {
        var pending = _pending;
        _pending = NoJump;
        var jump = EmitAsBx(OpCode.Jmp, 0, NoJump);
        Concat(ref jump, pending);
        return jump;
    }

    private int EmitConditionalJump(OpCode op, int a, int b, int c)
    {
        Emit(op, a, b, c);
        return EmitJump();
    }

    /// <summary>Marks the current pc as a jump target.</summary>
    internal int Label() => _lastTarget = Pc;

    internal void PatchToHere(int list)
    {
        Label();
        Concat(ref _pending, list);
    }

    internal void PatchTo(int list, int target)
    {
        if (target == Pc) PatchToHere(list);
        else PatchList(list, target, Instruction.NoRegister, target);
    }

    /// <summary>Appends a list to another.</summary>
    internal void Concat(ref int list, int appended)
    {
        if (appended == NoJump) return;
        if (list == NoJump)
        {
            list = appended;
            return;
        }
        var last = list;
        var steps = 0;
        for (; ; steps++)
        {
            if (_farNode is not null && _farNode.TryGetValue(last, out var far))
            {
                last = far;
                continue;
            }
            var next = Destination(last);
            if (next == NoJump) break;
            last = next;
        }
        SetDestination(last, appended);
        if (steps > WalkWorthRemembering || (_farNode is not null && _farNode.ContainsKey(list))) (_farNode ??= [])[list] = appended;
    }

    private void PatchPendingJumps()
    {
        if (_pending == NoJump) return;
        PatchList(_pending, Pc, Instruction.NoRegister, Pc);
        _pending = NoJump;
    }

    private int Destination(int pc)
    {
        var offset = _code[pc].SBx;
        return offset == NoJump ? NoJump : pc + 1 + offset;
    }

    private void SetDestination(int pc, int destination)
    {
        var offset = destination - (pc + 1);
        if (Math.Abs(offset) > Instruction.MaxSBx) throw place.Error("control structure too long");
        _code[pc] = _code[pc].WithSBx(offset);
    }

    /// <summary>The test that controls a jump, or the jump itself.</summary>
    private int Control(int pc) => pc >= 1 && OpModes.Of(_code[pc - 1].OpCode).IsTest ? pc - 1 : pc;

    /// <summary>Some jump of the list does not carry its value along, so it must be made.</summary>
    private bool NeedsValue(int list)
    {
        for (; list != NoJump; list = Destination(list))
        {
            if (_code[Control(list)].OpCode != OpCode.TestSet) return true;
        }
        return false;
    }

    /// <summary>Sends the value that a TestSet carries to a register, or makes it a plain Test; false when it is no TestSet.</summary>
    private bool PatchTestRegister(int node, int register)
    {
        var at = Control(node);
        var test = _code[at];
        if (test.OpCode != OpCode.TestSet) return false;
        _code[at] = register != Instruction.NoRegister && register != test.B
            ? test.WithA(register)
            : Instruction.ABC(OpCode.Test, test.B, 0, test.C);
        return true;
    }

    private void RemoveValues(int list)
    {
        for (; list != NoJump; list = Destination(list)) PatchTestRegister(list, Instruction.NoRegister);
    }

    /// <summary>Jumps that carry a value go to <paramref name="valueTarget"/> with it in the register, the others to <paramref name="defaultTarget"/>.</summary>
    private void PatchList(int list, int valueTarget, int register, int defaultTarget)
    {
        while (list != NoJump)
        {
            var next = Destination(list);
            SetDestination(list, PatchTestRegister(list, register) ? valueTarget : defaultTarget);
            list = next;
        }
    }
}
