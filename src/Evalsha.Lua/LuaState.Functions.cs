// Functions of the host with arguments and results of .NET: state.Register("add", (double a, double b) => a + b).
// Always: what each argument must be is fixed when the function is made, so a call converts and allocates nothing but what its types need (a
// string is a new object, a number or a ByteString is not); what the function throws becomes an error of Lua that pcall can catch.
// For other counts, several results, or a way back into Lua, write the body by hand: LuaHostBody.
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    Exception? _cause;      // what a host function threw last …
    object? _causeOf;       // … and the error value that was made of it

    /// <summary>Makes the function a global.</summary>
    public void Register(string name, LuaHostBody body) => Register(Function(name, body));

    /// <summary>Makes the function a global. Which types arguments and result may have says <see cref="LuaValue.TryTo{T}"/>.</summary>
    /// <exception cref="NotSupportedException">A type that Lua has no value for.</exception>
    public void Register(string name, Action function) => Register(Function(name, function));

    /// <inheritdoc cref="Register(string, Action)"/>
    public void Register<T1>(string name, Action<T1> function) => Register(Function(name, function));

    /// <inheritdoc cref="Register(string, Action)"/>
    public void Register<T1, T2>(string name, Action<T1, T2> function) => Register(Function(name, function));

    /// <inheritdoc cref="Register(string, Action)"/>
    public void Register<T1, T2, T3>(string name, Action<T1, T2, T3> function) => Register(Function(name, function));

    /// <inheritdoc cref="Register(string, Action)"/>
    public void Register<TResult>(string name, Func<TResult> function) => Register(Function(name, function));

    /// <inheritdoc cref="Register(string, Action)"/>
    public void Register<T1, TResult>(string name, Func<T1, TResult> function) => Register(Function(name, function));

    /// <inheritdoc cref="Register(string, Action)"/>
    public void Register<T1, T2, TResult>(string name, Func<T1, T2, TResult> function) => Register(Function(name, function));

    /// <inheritdoc cref="Register(string, Action)"/>
    public void Register<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> function) => Register(Function(name, function));

    /// <summary>A function value, to be stored in a table or passed on. Which types there are says <see cref="LuaValue.TryTo{T}"/>.</summary>
    /// <exception cref="NotSupportedException">A type that Lua has no value for.</exception>
    public LuaHostFunction Function(string name, Action function) => Guarded(name, (ref LuaCall call) =>
    {
        function();
        return call.Return();
    });

    /// <inheritdoc cref="Function(string, Action)"/>
    public LuaHostFunction Function<T1>(string name, Action<T1> function)
    {
        Conversion<T1>.DemandRead();
        return Guarded(name, (ref LuaCall call) =>
        {
            if (!Read(ref call, 0, out T1 a)) return LuaCall.Raised;
            function(a);
            return call.Return();
        });
    }

    /// <inheritdoc cref="Function(string, Action)"/>
    public LuaHostFunction Function<T1, T2>(string name, Action<T1, T2> function)
    {
        Conversion<T1>.DemandRead();
        Conversion<T2>.DemandRead();
        return Guarded(name, (ref LuaCall call) =>
        {
            if (!Read(ref call, 0, out T1 a) || !Read(ref call, 1, out T2 b)) return LuaCall.Raised;
            function(a, b);
            return call.Return();
        });
    }

    /// <inheritdoc cref="Function(string, Action)"/>
    public LuaHostFunction Function<T1, T2, T3>(string name, Action<T1, T2, T3> function)
    {
        Conversion<T1>.DemandRead();
        Conversion<T2>.DemandRead();
        Conversion<T3>.DemandRead();
        return Guarded(name, (ref LuaCall call) =>
        {
            if (!Read(ref call, 0, out T1 a) || !Read(ref call, 1, out T2 b) || !Read(ref call, 2, out T3 c)) return LuaCall.Raised;
            function(a, b, c);
            return call.Return();
        });
    }

    /// <inheritdoc cref="Function(string, Action)"/>
    public LuaHostFunction Function<TResult>(string name, Func<TResult> function)
    {
        var write = Conversion<TResult>.DemandWrite();
        return Guarded(name, (ref LuaCall call) => call.Return(write(call.State, function())));
    }

    /// <inheritdoc cref="Function(string, Action)"/>
    public LuaHostFunction Function<T1, TResult>(string name, Func<T1, TResult> function)
    {
        var write = Conversion<TResult>.DemandWrite();
        Conversion<T1>.DemandRead();
        return Guarded(name, (ref LuaCall call) => Read(ref call, 0, out T1 a) ? call.Return(write(call.State, function(a))) : LuaCall.Raised);
    }

    /// <inheritdoc cref="Function(string, Action)"/>
    public LuaHostFunction Function<T1, T2, TResult>(string name, Func<T1, T2, TResult> function)
    {
        var write = Conversion<TResult>.DemandWrite();
        Conversion<T1>.DemandRead();
        Conversion<T2>.DemandRead();
        return Guarded(name, (ref LuaCall call) => Read(ref call, 0, out T1 a) && Read(ref call, 1, out T2 b)
            ? call.Return(write(call.State, function(a, b)))
            : LuaCall.Raised);
    }

    /// <inheritdoc cref="Function(string, Action)"/>
    public LuaHostFunction Function<T1, T2, T3, TResult>(string name, Func<T1, T2, T3, TResult> function)
    {
        var write = Conversion<TResult>.DemandWrite();
        Conversion<T1>.DemandRead();
        Conversion<T2>.DemandRead();
        Conversion<T3>.DemandRead();
        return Guarded(name, (ref LuaCall call) => Read(ref call, 0, out T1 a) && Read(ref call, 1, out T2 b) && Read(ref call, 2, out T3 c)
            ? call.Return(write(call.State, function(a, b, c)))
            : LuaCall.Raised);
    }

    void Register(LuaHostFunction function) => Globals.Set(Strings.Get(function.Name), function);

    // The interpreter's frames must not be jumped over by an exception, so it ends here and goes on as an error of Lua.
    LuaHostFunction Guarded(string name, LuaHostBody body) => Function(name, (ref LuaCall call) =>
    {
        try
        {
            return body(ref call);
        }
        catch (Exception thrown)
        {
            return RaiseThrown(ref call, thrown);
        }
    });

    static int RaiseThrown(ref LuaCall call, Exception thrown)
    {
        var state = call.State;
        // An error that came out of a call back into Lua goes on as it was; anything else is told by its message, with the position of the caller.
        if (thrown is LuaException lua) call.Raise(lua.Error.Value);
        else call.Error(Encoding.UTF8.GetBytes(thrown.Message));
        state._cause = (thrown as LuaException)?.Error.Cause ?? thrown;
        state._causeOf = state.ErrorValue.IsReference ? state.ErrorValue.Ref : null;
        return LuaCall.Raised;
    }

    static bool Read<T>(ref LuaCall call, int index, out T value)
    {
        var argument = call[index];
        if (Conversion<T>.Reader!(in argument, out value)) return true;
        // What is a number and yet none of these has a fraction or is out of range.
        if (argument.IsNumber && Conversion<T>.Expected == "number") call.ArgumentError(index, Conversion<T>.Mismatch(argument));
        else call.TypeError(index, Conversion<T>.Expected);
        return false;
    }
}
