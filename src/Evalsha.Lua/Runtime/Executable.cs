// A prototype made ready to run by one state: the same instructions, each widened to 64 bits.
//   bits 0-31 the instruction, its opcode replaced by a special form where the operands allow it (Op) | bits 32-63 an inline cache:
//   the node at which a string key was last found. The cache is checked before use, so a stale one costs time and nothing else.
// Positions are those of the prototype, so line and variable information fit both.
using System.Runtime.CompilerServices;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Compiled;

namespace Evalsha.Lua.Runtime;

/// <summary>Opcodes beyond PUC's 38: the same instructions with operands known to be of one kind.</summary>
internal static class Op
{
    public const uint GetField = 38;  // GetTable, C a constant string
    public const uint SetField = 39;  // SetTable, B a constant string
    public const uint SelfField = 40; // Self, C a constant string (always, in practice)
    public const uint AddNK = 41;     // R(B) + a constant number
    public const uint SubNK = 42;
    public const uint MulNK = 43;
    public const uint DivNK = 44;
    public const uint ModNK = 45;
    public const uint AddRR = 46;     // both registers
    public const uint SubRR = 47;
    public const uint MulRR = 48;
    public const uint DivRR = 49;
    public const uint EqK = 50;       // R(B) == a constant
    public const uint LtRR = 51;
    public const uint LtRK = 52;      // R(B) < a constant number
    public const uint LtKR = 53;      // a constant number < R(C)
    public const uint LeRR = 54;
    public const uint LeRK = 55;
    public const uint LeKR = 56;
    public const uint GetIndex = 57;  // GetTable, C a register
    public const uint SetIndex = 58;  // SetTable, B a register
    public const uint Return0 = 59;   // Return without values
    public const uint Return1 = 60;   // Return of one value
    public const uint SubKN = 61;     // a constant number - R(C)
    public const uint Compiled = 62;  // an entry of the compiled function, its number in the place of the cache; the instruction itself is in Originals
    public const uint Hook = 63;      // any instruction while hooks are on: ask Hooks, then do what stood here
}

internal sealed class Executable
{
    /// <summary>No other has it: compiled code knows a function by it.</summary>
    public readonly long Id = Interlocked.Increment(ref s_made);

    static long s_made;

    public readonly Prototype Prototype;
    public readonly ulong[] Words;
    public readonly LuaValue[] Constants;
    public readonly int ParameterCount;
    public readonly int MaxStackSize;

    /// <summary>Slots a call needs from its first register on; more than there can be for a vararg function, which is entered the long way.</summary>
    public readonly int EntrySlots;

    /// <summary>Registers up to this one are nil at entry, unless an argument is in them.</summary>
    public readonly int CleanUpTo;

    public readonly bool IsVararg;

    /// <summary>The table "arg" is made at each call.</summary>
    public readonly bool NeedsArg;

    /// <summary>The compiled function, when there is one; null otherwise.</summary>
    public CompiledBody? Body;

    /// <summary>Failed assumptions of the compiled function; null when it was never compiled.</summary>
    public CompiledCode? Compiled;

    /// <summary>The instructions as they were before entries were marked in <see cref="Words"/>, with inline caches of their own.</summary>
    public ulong[] Originals = [];

    /// <summary>How often the function was seen running; negative when it is not to be compiled (again).</summary>
    public int Heat;

    /// <summary>Calls by the host while it was not compiled.</summary>
    public int Entered;

    readonly Executable?[] _children;
    byte[]? _opCodes; // what stood where Op.Hook stands now

    public Executable(Prototype prototype)
    {
        Prototype = prototype;
        Constants = prototype.Constants;
        ParameterCount = prototype.ParameterCount;
        MaxStackSize = prototype.MaxStackSize;
        IsVararg = prototype.Vararg != VarargFlags.None;
        EntrySlots = IsVararg ? LuaLimits.StackSlotsMax * 2 : MaxStackSize;
        NeedsArg = (prototype.Vararg & VarargFlags.NeedsArg) != 0;
        _children = prototype.Children.Length == 0 ? [] : new Executable?[prototype.Children.Length];
        CleanUpTo = Math.Max(prototype.CleanRegisters, ParameterCount + ((prototype.Vararg & VarargFlags.HasArg) != 0 ? 1 : 0));
        Words = new ulong[prototype.Code.Length];
        var data = 0;
        for (var pc = 0; pc < Words.Length; pc++)
        {
            var instruction = prototype.Code[pc];
            Words[pc] = data > 0 ? instruction.Word : Specialise(instruction);
            data = data > 0 ? data - 1 : DataWords(instruction);
        }
    }

    public Executable Child(int index) => _children[index] ??= new Executable(Prototype.Children[index]) { IsHooked = IsHooked };

    /// <summary>Whether every instruction, also of the functions within, is preceded by a look at the hooks.</summary>
    public bool IsHooked
    {
        get => _opCodes is not null;
        init => SetHooked(value);
    }

    public void SetHooked(bool isHooked)
    {
        if (isHooked == IsHooked) return;
        if (isHooked)
        {
            Hotness.Remove(this);
            _opCodes = new byte[Words.Length];
        }
        var data = 0;
        for (var pc = 0; pc < Words.Length; pc++)
        {
            if (data > 0)
            {
                data--;
                continue;
            }
            data = DataWords(Prototype.Code[pc]);
            if (isHooked)
            {
                _opCodes![pc] = (byte)(Words[pc] & 0x3F);
                Words[pc] = Words[pc] & ~0x3Ful | Op.Hook;
            }
            else
            {
                Words[pc] = Words[pc] & ~0x3Ful | _opCodes![pc];
            }
        }
        if (!isHooked) _opCodes = null;
        foreach (var child in _children) child?.SetHooked(isHooked);
    }

    /// <summary>The instruction itself at a place where the loop met Op.Hook.</summary>
    public uint BeneathHook(int pc) => _opCodes is null ? (uint)Words[pc] : (uint)Words[pc] & ~0x3Fu | _opCodes[pc];

    // Words that follow and are operands, not instructions.
    int DataWords(Instruction instruction) => instruction.OpCode switch
    {
        OpCode.Closure => Prototype.Children[instruction.Bx].UpvalueCount,
        OpCode.SetList when instruction.C == 0 => 1,
        _ => 0,
    };

    uint Specialise(Instruction i)
    {
        var special = i.OpCode switch
        {
            OpCode.GetTable => IsString(i.C) ? Op.GetField : Instruction.IsConstant(i.C) ? 0 : Op.GetIndex,
            OpCode.SetTable => IsString(i.B) ? Op.SetField : Instruction.IsConstant(i.B) ? 0 : Op.SetIndex,
            OpCode.Self => IsString(i.C) ? Op.SelfField : 0,
            OpCode.Add => Arithmetic(i, Op.AddNK, Op.AddRR),
            OpCode.Sub => IsNumber(i.B) && !Instruction.IsConstant(i.C) ? Op.SubKN : Arithmetic(i, Op.SubNK, Op.SubRR),
            OpCode.Mul => Arithmetic(i, Op.MulNK, Op.MulRR),
            OpCode.Div => Arithmetic(i, Op.DivNK, Op.DivRR),
            OpCode.Mod => Arithmetic(i, Op.ModNK, 0),
            OpCode.Eq => !Instruction.IsConstant(i.B) && Instruction.IsConstant(i.C) ? Op.EqK : 0,
            OpCode.Lt => Order(i, Op.LtRR, Op.LtRK, Op.LtKR),
            OpCode.Le => Order(i, Op.LeRR, Op.LeRK, Op.LeKR),
            OpCode.Return => i.B switch { 1 => Op.Return0, 2 => Op.Return1, _ => 0u },
            _ => 0u,
        };
        return special == 0 ? i.Word : i.Word & ~0x3Fu | special;
    }

    uint Arithmetic(Instruction i, uint withConstant, uint registers) =>
        Instruction.IsConstant(i.B) ? 0
        : IsNumber(i.C) ? withConstant
        : Instruction.IsConstant(i.C) ? 0
        : registers;

    uint Order(Instruction i, uint registers, uint constantRight, uint constantLeft) =>
        Instruction.IsConstant(i.B)
            ? IsNumber(i.B) && !Instruction.IsConstant(i.C) ? constantLeft : 0
            : IsNumber(i.C) ? constantRight
            : Instruction.IsConstant(i.C) ? 0
            : registers;

    bool IsString(int rk) => Instruction.IsConstant(rk) && Constants[Instruction.ConstantIndex(rk)].IsString;

    bool IsNumber(int rk) => Instruction.IsConstant(rk) && Constants[Instruction.ConstantIndex(rk)].IsNumber;
}
