// What a host that runs other people's scripts needs of a state beyond calling: a handler where an error is raised, and a say in what pcall hands over.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    /// <summary>
    /// What pcall (not xpcall) gives its caller for an error it caught; null: the error itself. It must not call into this state.
    /// Redis's scripts get the text of an error table this way.
    /// </summary>
    public Func<LuaValue, LuaValue>? CaughtErrorFilter { get; set; }

    /// <summary>
    /// As TryCall with the first result, and <paramref name="handler"/> is called with each uncaught error where it is raised, before anything
    /// is unwound; its result is the error from then on. Allocates nothing unless the call fails.
    /// </summary>
    public bool TryCall(in LuaValue function, ReadOnlySpan<LuaValue> arguments, LuaHostFunction handler, out LuaValue first, out LuaError error)
    {
        var ok = Enter(function, arguments, 1, handler, default, out var at, out _, out error);
        first = ok ? RunningThread.Stack[at] : LuaValue.Nil;
        Leave(at);
        return ok;
    }

    internal LuaValue TakeCaughtError() => CaughtErrorFilter is { } filter ? filter(TakeError()) : TakeError();
}
