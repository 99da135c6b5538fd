// Runs calls.
namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>
    /// Calls the value at slot <paramref name="func"/> with the arguments above it, as one host level. Results lie from func on:
    /// exactly <paramref name="wanted"/>, or all up to the thread's top when it is -1.
    /// </summary>
    internal static bool Call(LuaThread thread, int func, int arguments, int wanted)
    {
        var state = thread.State;
        if (++state.HostLevels >= LuaLimits.HostLevelsMax)
        {
            state.HostLevels--;
            return RaiseText(thread, "C stack overflow");
        }
        var results = InvokeHost(thread, (LuaHostFunction)thread.Stack[func].AsFunction, func, arguments);
        state.HostLevels--;
        if (results < 0) return false;
        if (wanted < 0)
        {
            thread.Top = func + results;
            return true;
        }
        var stack = thread.Room(func + wanted);
        for (var i = results; i < wanted; i++) stack[func + i] = LuaValue.Nil;
        thread.Top = func;
        return true;
    }

    static int InvokeHost(LuaThread thread, LuaHostFunction function, int func, int arguments)
    {
        if (thread.FrameIndex + 1 >= thread.Frames.Length) Array.Resize(ref thread.Frames, thread.Frames.Length * 2);
        ref var frame = ref thread.Frames[++thread.FrameIndex];
        frame = new CallInfo { Func = func, Base = func + 1, Top = func + 1 + arguments, Kind = FrameKind.Host };
        thread.Top = func + 1 + arguments;
        var call = new LuaCall(thread, function, func + 1, arguments);
        var results = function.Body(ref call);
        thread.FrameIndex--;
        return results;
    }
}
