// One call of a function about to be compiled: its closure and, when it is running, its registers. The compiler looks at them to guess what the
// function's calls call. Always true: a guess is only ever a guess; the code tests it at each call.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Compiled;

internal readonly struct Specimen(LuaClosure? closure, LuaThread? thread, int registers)
{
    public readonly LuaClosure? Closure = closure;

    private readonly LuaThread? _thread = thread;
    private readonly int _registers = registers;

    /// <summary>The call on top of the thread's list.</summary>
    public static Specimen Running(LuaThread thread) => At(thread, thread.FrameIndex);

    public static Specimen At(LuaThread thread, int index)
    {
        ref var frame = ref thread.Frames[index];
        return new Specimen(thread.Stack[frame.Func].Ref as LuaClosure, thread, frame.Base);
    }

    /// <summary>What the register holds; nil when nobody knows.</summary>
    public LuaValue Register(int register)
    {
        if (_thread is null || (uint)(_registers + register) >= (uint)_thread.StackLimit) return LuaValue.Nil;
        return LuaValue.Read(ref _thread.Stack[_registers + register]);
    }
}
