// A coroutine: its stack of values and its stack of calls. The main program is one too.
// Always true: the stack has room for every register of the running call; open upvalues point into the stack array and are moved with it.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

public enum LuaThreadStatus : byte
{
    Suspended,
    Running,

    /// <summary>Active, but it has resumed another coroutine.</summary>
    Normal,
    Dead,
}

public sealed partial class LuaThread : LuaObject
{
    const int InitialSlots = 64;
    const int InitialSlotsOfCoroutine = 32;
    const int InitialFrames = LuaLimits.DepthMin;

    /// <summary>What a new coroutine costs.</summary>
    internal const int InitialBytes = 160 + InitialSlotsOfCoroutine * 16 + InitialFrames * 24;

    /// <summary>Free slots kept above every growth (LUA_MINSTACK and PUC's EXTRA_STACK).</summary>
    const int SpareSlots = 32;

    internal LuaValue[] Stack;

    /// <summary>Slots in use or soon to be: at most the array's length. Whoever needs more raises it first, so that only this much need be wiped.</summary>
    internal int StackLimit = WipedSlots;
    internal CallInfo[] Frames;

    /// <summary>Index of the running call in <see cref="Frames"/>; 0 is the ground below the first call.</summary>
    internal int FrameIndex;

    /// <summary>First free slot; maintained at calls of host functions and for results of unknown number, not by every instruction.</summary>
    internal int Top;

    /// <summary>Slot of the error handler of the nearest xpcall, 0 when the nearest protected call has none.</summary>
    internal int Handler;

    /// <summary>The highest open upvalue; the others follow at lower slots.</summary>
    internal UpValue? OpenUpvalues;

    /// <summary>While an error handler runs, calls may nest a little deeper than the limit.</summary>
    internal bool IsHandlingOverflow;

    /// <summary>Set by a detour of the loop that pushed the frame of a metamethod instead of raising an error.</summary>
    internal bool HasEntered;

    /// <summary>
    /// The innermost call when the error that is on its way out was raised; 0 once it was caught. A coroutine that dies of it keeps its calls from
    /// there down, for a traceback.
    /// </summary>
    internal int RaisedAt;

    // Where yield was called, how many values it gave, and how many results its caller wants.
    internal int YieldedAt;
    internal int YieldedCount;
    internal int YieldWanted;

    /// <summary>Host levels when this coroutine was resumed: it may yield only at this level.</summary>
    internal int BaseLevels;

    /// <summary>Who resumed this coroutine, while it runs.</summary>
    internal LuaThread? ResumedBy;

    internal LuaThread(LuaState state, LuaTable globals, bool isMain)
    {
        State = state;
        Globals = globals;
        IsMain = isMain;
        Stack = new LuaValue[isMain ? InitialSlots : InitialSlotsOfCoroutine];
        Frames = new CallInfo[InitialFrames];
        for (var i = 0; i < Stack.Length; i++) LuaValue.WriteBits(ref Stack[i], LuaValue.NilTag);
        Frames[0].Kind = FrameKind.Host | FrameKind.Entry;
        Frames[0].Base = Top = 1;
        Status = isMain ? LuaThreadStatus.Running : LuaThreadStatus.Suspended;
    }

    public LuaState State { get; }

    public bool IsMain { get; }

    public LuaThreadStatus Status { get; internal set; }

    /// <summary>The environment of the coroutine: what load and friends give to new chunks.</summary>
    public LuaTable Globals { get; internal set; }

    /// <summary>The stack with at least <paramref name="slots"/> slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LuaValue[] Room(int slots)
    {
        if (slots > StackLimit) GrowStack(slots);
        return Stack;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void GrowStack(int slots)
    {
        if (slots + SpareSlots <= Stack.Length)
        {
            StackLimit = Math.Min(Stack.Length, Math.Max(slots + SpareSlots, StackLimit * 2));
            return;
        }
        var grown = new LuaValue[Math.Max(slots + SpareSlots, Stack.Length * 2)];
        Stack.AsSpan().CopyTo(grown);
        for (var i = Stack.Length; i < grown.Length; i++) LuaValue.WriteBits(ref grown[i], LuaValue.NilTag);
        Stack = grown;
        StackLimit = grown.Length;
        for (var open = OpenUpvalues; open is not null; open = open.Next) open.Stack = grown;
    }

    /// <summary>A protected call at this frame has an error; the room that an error handler had beyond the limit of calls goes back (restore_stack_limit).</summary>
    internal void ErrorCaught(int frame)
    {
        RaisedAt = 0;
        if (Frames.Length > State.DepthMax && frame + 1 < State.DepthMax) Array.Resize(ref Frames, State.DepthMax);
    }

    /// <summary>Slots from here on hold nothing that the program can still see.</summary>
    internal int LiveTop => Math.Max(Top, FrameIndex > 0 ? Interpreter.SafeTop(this) : 1);

    /// <summary>Drops what an ended call left in the stack, and shrinks a stack that grew out of the ordinary.</summary>
    internal void WipeAbove(int slot)
    {
        if (Stack.Length > KeptSlots)
        {
            var kept = new LuaValue[KeptSlots];
            Stack.AsSpan(0, Math.Min(slot, KeptSlots)).CopyTo(kept);
            Stack = kept;
            for (var open = OpenUpvalues; open is not null; open = open.Next) open.Stack = kept;
        }
        var frames = Math.Min(KeptFrames, State.DepthMax);
        if (Frames.Length > frames) Array.Resize(ref Frames, frames);
        // Any value does above the top, so the cheapest clearing is the best one.
        Array.Clear(Stack, slot, Math.Min(StackLimit, Stack.Length) - slot);
        StackLimit = Math.Max(WipedSlots, slot);
    }

    /// <summary>Enough for a small script; less to wipe after it.</summary>
    const int WipedSlots = 16;

    const int KeptSlots = 4096;
    const int KeptFrames = 512;

    /// <summary>The upvalue that stands for this slot, made when no closure has captured it yet.</summary>
    internal UpValue FindUpvalue(int slot)
    {
        UpValue? above = null;
        var open = OpenUpvalues;
        while (open is not null && open.Index > slot)
        {
            above = open;
            open = open.Next;
        }
        if (open is not null && open.Index == slot) return open;
        var made = new UpValue { Stack = Stack, Index = slot, Next = open };
        if (above is null) OpenUpvalues = made;
        else above.Next = made;
        return made;
    }
}
