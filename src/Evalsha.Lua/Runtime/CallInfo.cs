// One active call: positions in the coroutine's stack, all of them ints, so that pushing a call writes no reference.
// The function itself lies in the stack at Func; Base is the first register (for a vararg function the extra arguments lie between).
namespace Evalsha.Lua.Runtime;

internal struct CallInfo
{
    public int Func;
    public int Base;
    public int Top;      // first slot above this call's registers
    public int Pc;       // next instruction (saved when another call begins or an error may be raised)
    public int Wanted;   // results the caller wants; -1: all
    public int TailCalls;
    public FrameKind Kind;
    public int Extra;    // see FrameKind
}

[Flags]
internal enum FrameKind
{
    Lua = 0,

    /// <summary>A host function.</summary>
    Host = 1,

    /// <summary>The loop that runs this call was entered for it: returning from it leaves the loop.</summary>
    Entry = 2,

    /// <summary>Called by TFORLOOP: its return completes that instruction. It counted one host level.</summary>
    Iterator = 4,

    /// <summary>A pcall or xpcall: a Host frame without a C# call. Extra is the handler's slot that was in force before (0: none).</summary>
    Protected = 8,

    /// <summary>Called for a metamethod by an instruction: its return completes that instruction. It counted one host level.</summary>
    Meta = 16,
}
