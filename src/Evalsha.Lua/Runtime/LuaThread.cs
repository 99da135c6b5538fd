// A coroutine: its stack of values and its stack of calls. The main program is one too.
// Always true: the stack has room for every register of the running call; open upvalues point into the stack array and are moved with it.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

public sealed partial class LuaThread : LuaObject
{
    const int InitialSlots = 64;
    const int InitialFrames = 8;

    internal LuaValue[] Stack;
    internal CallInfo[] Frames;

    /// <summary>Index of the running call in <see cref="Frames"/>; 0 is the ground below the first call.</summary>
    internal int FrameIndex;

    /// <summary>First free slot; maintained at calls of host functions and for results of unknown number, not by every instruction.</summary>
    internal int Top;

    internal LuaThread(LuaState state, LuaTable globals)
    {
        State = state;
        Globals = globals;
        Stack = new LuaValue[InitialSlots];
        Frames = new CallInfo[InitialFrames];
        Stack.AsSpan().Fill(LuaValue.Nil);
        Frames[0].Kind = FrameKind.Host | FrameKind.Entry;
        Frames[0].Base = Top = 1;
        Frames[0].Top = InitialSlots;
    }

    public LuaState State { get; }

    /// <summary>The environment of the coroutine: what load and friends give to new chunks.</summary>
    public LuaTable Globals { get; internal set; }

    /// <summary>The stack with at least <paramref name="slots"/> slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal LuaValue[] Room(int slots)
    {
        if (slots > Stack.Length) GrowStack(slots);
        return Stack;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void GrowStack(int slots)
    {
        var grown = new LuaValue[Math.Max(slots + InitialSlots, Stack.Length * 2)];
        Stack.AsSpan().CopyTo(grown);
        grown.AsSpan(Stack.Length).Fill(LuaValue.Nil);
        Stack = grown;
    }
}
