// The compiled form of one function: the method, and what has been learnt since from the assumptions that failed.
// Always true: Words has Op.Compiled at each entry while the code is installed and the original instruction otherwise; Originals never changes
// but for its inline caches. Nothing but the Executable refers to the method, so it is collected with the function.
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Compiled;

/// <summary>Runs the call on top of the thread's list from one of its entries on; see <see cref="CompiledStatus"/> for what it answers.</summary>
/// <param name="registers">The call's first register, an index into the thread's stack.</param>
/// <param name="entry">0 is the beginning; others are loop heads.</param>
internal delegate int CompiledBody(LuaThread thread, LuaClosure closure, int registers, int entry);

/// <summary>What a compiled function, or a helper that it calls, answers.</summary>
internal static class CompiledStatus
{
    /// <summary>The call is over, its results are in place and its frame is off the list; of a helper: go on.</summary>
    public const int Done = 0;

    /// <summary>Whoever runs in compiled code leaves it; the interpreter goes on with the call on top of the list, at its saved position.</summary>
    public const int Continue = 1;

    /// <summary>As Continue, and the next instruction is the interpreter's own: an assumption of the compiled code does not hold there.</summary>
    public const int Deoptimise = 2;

    public const int Raised = 3;
    public const int Yielded = 4;

    /// <summary>The call that the host entered is over: the interpreter's loop ends.</summary>
    public const int Left = 5;

    /// <summary>Nothing was run: the registers do not fit this entry.</summary>
    public const int Refused = 6;

    /// <summary>The call was replaced by a call of another Lua function, whose frame is in its place.</summary>
    public const int TailCalled = 7;
}

/// <summary>One method, and how often its assumptions failed.</summary>
internal sealed class CompiledCode(int instructions)
{
    /// <summary>Failures of one method after which it is made anew without the assumptions that failed.</summary>
    private const int FailuresMax = 8;

    private int _failures;

    /// <summary>Instructions that met operands other than numbers.</summary>
    public readonly bool[] Generic = new bool[instructions];

    /// <summary>Registers that were not numbers where a loop took them for such.</summary>
    public readonly bool[] NotNumbers = new bool[256];

    /// <summary>Registers that must be numbers, by entry.</summary>
    public int[][] NumbersAt = [];

    /// <summary>Methods made for this function so far.</summary>
    public int Versions;

    /// <summary>Another method is on its way (<see cref="Finishing"/>); what runs meanwhile is the one before it, or the interpreter.</summary>
    public bool IsAwaited;

    /// <summary>Notes that the instruction at <paramref name="pc"/> could not go on. True: it is time for another method.</summary>
    public bool Failed(int pc)
    {
        Generic[pc] = true;
        return Failed();
    }

    /// <summary>The same of a function whose call is written out here, where it was noted.</summary>
    public bool Failed() => ++_failures >= FailuresMax;

    /// <summary>Notes that a register was not a number at a loop's beginning.</summary>
    public bool RegisterFailed(int register)
    {
        NotNumbers[register] = true;
        return ++_failures >= FailuresMax;
    }

    public void Renew()
    {
        Versions++;
        _failures = 0;
    }
}
