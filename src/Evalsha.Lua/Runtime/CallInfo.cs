// One active call: positions in the coroutine's stack, all of them ints, so that pushing a call writes no reference.
// The function itself lies in the stack at Func; Base is the first register (for a vararg function the extra arguments lie between).
namespace Evalsha.Lua.Runtime;

internal struct CallInfo
{
    public int Func;
    public int Base;

    /// <summary>Results the caller wants, laid from Func on; -1: all of them, with the thread's top set after the last.</summary>
    public int Wanted;

    /// <summary><see cref="FrameKind"/> in the low byte; above it the number of tail calls that this call took the place of.</summary>
    public int Kind;

    /// <summary>Next instruction of a Lua function; saved when another call begins or an error may be raised.</summary>
    public int Pc;

    /// <summary>Protected frames: the handler's slot that was in force before (0: none).</summary>
    public int PreviousHandler;

    /// <summary>
    /// Metamethod frames: how far above Func the register lies that takes the result, a negative number; <see cref="Compares"/> when the
    /// instruction jumps by it; 0 when it wants something else done (or nothing: then Wanted is 0).
    /// </summary>
    public int ResultOffset
    {
        readonly get => PreviousHandler;
        set => PreviousHandler = value;
    }

    public const int Compares = 1;

    public readonly bool IsLua => (Kind & FrameKind.Host) == 0;

    public readonly int TailCalls => Kind >> FrameKind.TailCallShift;

    /// <summary>How many nested host levels this frame stands for while it is active.</summary>
    public readonly int Levels => System.Numerics.BitOperations.PopCount((uint)(Kind & (FrameKind.Iterator | FrameKind.Protected | FrameKind.Metamethod)));
}

/// <summary>Bits of <see cref="CallInfo.Kind"/>. 0: a Lua function called by a Lua function; returning from it needs no second thought.</summary>
internal static class FrameKind
{
    /// <summary>A host function.</summary>
    public const int Host = 1;

    /// <summary>The loop that runs this call was entered for it: returning from it leaves the loop.</summary>
    public const int Entry = 2;

    /// <summary>Called by TFORLOOP: its return completes that instruction.</summary>
    public const int Iterator = 4;

    /// <summary>A pcall or xpcall: a Host frame without a C# call.</summary>
    public const int Protected = 8;

    /// <summary>The function that a Protected frame below protects.</summary>
    public const int UnderProtected = 16;

    /// <summary>A metamethod called by an instruction of the frame below: its return completes that instruction.</summary>
    public const int Metamethod = 32;

    public const int Mask = 0xFF;
    public const int TailCallShift = 8;
    public const int TailCallUnit = 1 << TailCallShift;
}
