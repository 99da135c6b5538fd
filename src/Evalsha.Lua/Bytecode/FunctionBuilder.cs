// One function while it is compiled: instructions, constants, registers, active locals (PUC's FuncState and the plain half of lcode.c).
// Always true: registers below ActiveCount hold locals, those up to FreeRegister temporaries in stack order;
// _lastTarget is the last pc that some jump goes to, so no optimisation reaches back across it.
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Bytecode;

/// <summary>A block being compiled.</summary>
internal sealed class BlockScope(BlockScope? previous, int activeCount, bool isBreakable)
{
    internal BlockScope? Previous { get; } = previous;
    /// <summary>Active locals outside the block.</summary>
    internal int ActiveCount { get; } = activeCount;
    internal bool IsBreakable { get; } = isBreakable;
    internal int Breaks = FunctionBuilder.NoJump;
    /// <summary>Some local of the block is captured by a closure.</summary>
    internal bool HasUpvalue { get; set; }
}

internal sealed partial class FunctionBuilder(FunctionBuilder? parent, CompilePlace place)
{
    internal const int NoJump = -1;

    // PUC's MAXSTACK, SHRT_MAX, and MAXARG_Bx as the count of constants or children.
    private const int RegistersMax = 250;
    private const int LocalVariablesMax = 32767;
    private const int ConstantsMax = Instruction.MaxBx;

    // Below this a search is quicker than a hash table is made.
    private const int SearchedConstantsMax = 64;

    private Instruction[] _code = new Instruction[16];
    private int[] _lines = new int[16];
    private readonly Items<LuaValue> _constants = new();
    private Dictionary<LuaValue, int>? _constantIndexes; // once there are many
    private readonly List<Prototype> _children = [];
    private readonly Items<LocalVariableInfo> _localVariables = new();
    private readonly List<int> _active = [];
    private int _lastTarget = -1;
    private int _maxStackSize = 2;
    private int _cleanRegisters;

    internal FunctionBuilder? Parent { get; } = parent;
    internal BlockScope? Block { get; private set; }
    internal int Pc { get; private set; }
    internal int FreeRegister { get; set; }
    internal int ActiveCount => _active.Count;

    internal Instruction this[int pc]
    {
        get => _code[pc];
        set => _code[pc] = value;
    }

    // ---- instructions ----

    internal int Emit(OpCode op, int a, int b, int c) => Emit(Instruction.ABC(op, a, b, c));

    internal int EmitABx(OpCode op, int a, int bx) => Emit(Instruction.ABx(op, a, bx));

    internal int EmitAsBx(OpCode op, int a, int sBx) => Emit(Instruction.AsBx(op, a, sBx));

    internal int Emit(Instruction instruction)
    {
        PatchPendingJumps();
        if (Pc == _code.Length)
        {
            Array.Resize(ref _code, Pc * 2);
            Array.Resize(ref _lines, Pc * 2);
        }
        _code[Pc] = instruction;
        _lines[Pc] = place.Mark.Line;
        return Pc++;
    }

    internal void FixLine(int line) => _lines[Pc - 1] = line;

    internal void EmitReturn(int first, int count) => Emit(OpCode.Return, first, count + 1, 0);

    /// <summary>Sets registers to nil, joining the instruction before when no jump comes between. At a function's start they are nil already.</summary>
    internal void EmitNil(int from, int count)
    {
        if (Pc > _lastTarget)
        {
            if (Pc == 0)
            {
                if (from >= ActiveCount)
                {
                    _cleanRegisters = Math.Max(_cleanRegisters, from + count);
                    return;
                }
            }
            else if (_code[Pc - 1] is { OpCode: OpCode.LoadNil } previous && previous.A <= from && from <= previous.B + 1)
            {
                if (from + count - 1 > previous.B) _code[Pc - 1] = previous.WithB(from + count - 1);
                return;
            }
        }
        Emit(OpCode.LoadNil, from, from + count - 1, 0);
    }

    /// <summary>Stores <paramref name="pending"/> values on the stack into the table; counts all items so far in <paramref name="count"/>.</summary>
    internal void EmitSetList(int table, int count, int pending)
    {
        var batch = (count - 1) / Compiler.FieldsPerFlush + 1;
        var b = pending == Compiler.MultipleResults ? 0 : pending;
        if (batch <= Instruction.MaxC)
        {
            Emit(OpCode.SetList, table, b, batch);
        }
        else
        {
            Emit(OpCode.SetList, table, b, 0);
            Emit(new Instruction((uint)batch));
        }
        FreeRegister = table + 1;
    }

    // ---- registers ----

    internal void CheckStack(int count)
    {
        var size = FreeRegister + count;
        if (size <= _maxStackSize) return;
        if (size >= RegistersMax) throw place.Error("function or expression too complex");
        _maxStackSize = size;
    }

    internal void Reserve(int count)
    {
        CheckStack(count);
        FreeRegister += count;
    }

    private void Free(int registerOrConstant)
    {
        if (!Instruction.IsConstant(registerOrConstant) && registerOrConstant >= ActiveCount) FreeRegister--;
    }

    internal void Free(in ExpressionCode e)
    {
        if (e.Kind == ExpressionKind.Register) Free(e.Info);
    }

    // ---- constants ----

    /// <summary>The index of a constant. Numbers are one constant when they are equal, so 0 and -0 share the first one met, as in PUC.</summary>
    internal int Constant(in LuaValue value)
    {
        if (FindConstant(value) is >= 0 and var found) return found;
        if (_constants.Count >= ConstantsMax) throw place.ErrorWithoutPlace("constant table overflow");
        var index = _constants.Count;
        _constants.Add(value);
        _constantIndexes?.Add(value, index);
        return index;
    }

    private int FindConstant(in LuaValue value)
    {
        if (_constantIndexes is not null) return _constantIndexes.TryGetValue(value, out var index) ? index : -1;
        if (_constants.Count < SearchedConstantsMax)
        {
            for (var i = 0; i < _constants.Count; i++)
            {
                if (LuaValue.RawEquals(_constants[i], value)) return i;
            }
            return -1;
        }
        _constantIndexes = [];
        for (var i = 0; i < _constants.Count; i++) _constantIndexes.Add(_constants[i], i);
        return FindConstant(value);
    }

    internal int ConstantCount => _constants.Count;

    internal int Child(Prototype child)
    {
        if (_children.Count >= ConstantsMax) throw place.ErrorWithoutPlace("constant table overflow");
        _children.Add(child);
        return _children.Count - 1;
    }

    // ---- locals and blocks ----

    internal void Activate(ByteString name)
    {
        if (_localVariables.Count >= LocalVariablesMax) throw place.ErrorWithoutPlace("too many local variables");
        _active.Add(_localVariables.Count);
        _localVariables.Add(new LocalVariableInfo(name, Pc, 0));
    }

    /// <summary>The newest local is only seen by debug information from here on.</summary>
    internal void StartNewestHere()
    {
        var index = _active[^1];
        _localVariables[index] = new LocalVariableInfo(_localVariables[index].Name, Pc, 0);
    }

    private void RemoveTo(int count)
    {
        for (var i = _active.Count - 1; i >= count; i--)
        {
            var variable = _localVariables[_active[i]];
            _localVariables[_active[i]] = new LocalVariableInfo(variable.Name, variable.StartPc, Pc);
        }
        _active.RemoveRange(count, _active.Count - count);
    }

    internal BlockScope EnterBlock(bool isBreakable) => Block = new BlockScope(Block, ActiveCount, isBreakable);

    internal void LeaveBlock()
    {
        var block = Block!;
        Block = block.Previous;
        RemoveTo(block.ActiveCount);
        if (block.HasUpvalue) Emit(OpCode.Close, block.ActiveCount, 0, 0);
        FreeRegister = ActiveCount;
        PatchToHere(block.Breaks);
    }

    /// <summary>A closure captures the local in this register: its block must close upvalues.</summary>
    internal void MarkCaptured(int register)
    {
        var block = Block;
        while (block is not null && block.ActiveCount > register) block = block.Previous;
        if (block is not null) block.HasUpvalue = true;
    }

    internal Prototype Finish(ByteString source, ByteString[] upvalueNames, int parameterCount, VarargFlags vararg, int lineDefined, int lastLineDefined)
    {
        RemoveTo(0);
        EmitReturn(0, 0);
        PatchPendingJumps();
        return new Prototype(_code.AsSpan(0, Pc).ToArray(), _constants.ToArray(), [.. _children], _lines.AsSpan(0, Pc).ToArray(), _localVariables.ToArray(), upvalueNames)
        {
            Source = source,
            ParameterCount = parameterCount,
            Vararg = vararg,
            MaxStackSize = _maxStackSize,
            CleanRegisters = _cleanRegisters,
            LineDefined = lineDefined,
            LastLineDefined = lastLineDefined,
        };
    }
}
