// The coroutine library: the second half of lbaselib.c.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class CoroutineLibrary
{
    public static readonly LuaFunctionRow[] Rows =
    [
        new("create", Create),
        new("resume", Resume) { Kind = HostKind.Resume },
        new("running", Running),
        new("status", Status),
        new("wrap", Wrap),
        new("yield", Yield) { Kind = HostKind.Yield },
    ];

    public static LuaTable Open(LuaState state) => LibraryTable.Make(state, Rows);

    static int Create(ref LuaCall call) => Make(ref call, out var made) ? call.Return((LuaValue)made) : LuaCall.Raised;

    static bool Make(ref LuaCall call, out LuaThread made)
    {
        made = null!;
        if (call[0] is not { IsFunction: true } body || body.AsFunction is not LuaClosure) return call.ArgumentError(0, "Lua function expected") >= 0;
        if (!call.Allocate(LuaThread.InitialBytes)) return false;
        made = Coroutines.Create(call.State, body.AsFunction);
        return true;
    }

    static int Resume(ref LuaCall call)
    {
        if (!call[0].IsThread) return call.ArgumentError(0, "coroutine expected");
        var coroutine = call[0].AsThread;
        if (!Coroutines.Resume(call.Thread, coroutine, call.Base + 1, call.Count - 1, out var at, out var count))
        {
            return call.Return(LuaValue.False, call.State.TakeError());
        }
        var results = call.Results(count + 1);
        results[0] = LuaValue.True;
        coroutine.Stack.AsSpan(at, count).CopyTo(results[1..]);
        return count + 1;
    }

    static int Wrap(ref LuaCall call) =>
        Make(ref call, out var made) ? call.Return(new LuaHostFunction("wrap", WrappedBody, HostKind.Wrapped, [made]) { Environment = call.State.Globals }) : LuaCall.Raised;

    static readonly LuaHostBody WrappedBody = Wrapped;

    static int Wrapped(ref LuaCall call)
    {
        var coroutine = call.Callee.Upvalues[0].AsThread;
        if (Coroutines.Resume(call.Thread, coroutine, call.Base, call.Count, out var at, out var count))
        {
            return call.Return(coroutine.Stack.AsSpan(at, count));
        }
        return RaiseFromWrapped(ref call);
    }

    /// <summary>The error of the coroutine goes on; a text gains the position of the caller in front.</summary>
    internal static int RaiseFromWrapped(ref LuaCall call)
    {
        var error = call.State.TakeError();
        if (!error.IsString && !error.IsNumber) return call.Raise(error);
        return call.Error((error.IsString ? error.AsString : Coercion.ToByteString(call.State, error.AsNumber)).Span);
    }

    static int Yield(ref LuaCall call)
    {
        if (call.Thread.IsMain || call.State.HostLevels > call.Thread.BaseLevels)
        {
            return call.RaiseText("attempt to yield across metamethod/C-call boundary");
        }
        return LuaCall.Yielded;
    }

    static int Status(ref LuaCall call)
    {
        if (!call[0].IsThread) return call.ArgumentError(0, "coroutine expected");
        return call.Return(call.State.Strings.Get(Coroutines.StatusName(call.Thread, call[0].AsThread)));
    }

    static int Running(ref LuaCall call) => call.Thread.IsMain ? call.Return(LuaValue.Nil) : call.Return((LuaValue)call.Thread);
}
