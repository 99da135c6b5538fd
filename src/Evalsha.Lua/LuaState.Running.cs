// The short way in: run a text, call a function, get a value of .NET. Every form here knows where an error was raised; the throwing ones throw
// LuaException and nothing else for what a program does.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    string? _chunk; // where the error was raised that the tracer saw last
    int _line;

    /// <summary>Compiles a text as UTF-8.</summary>
    /// <param name="chunkName">What messages call it: "@orders.lua" and "=orders" show as they are without the mark; null shows the beginning of the text.</param>
    /// <exception cref="LuaException">The source does not compile.</exception>
    public LuaClosure Load(string source, string? chunkName = null) =>
        TryLoad(source, out var function, out var error, chunkName) ? function : throw new LuaException(error);

    /// <inheritdoc cref="Load(string, string?)"/>
    /// <returns>False: it does not compile.</returns>
    public bool TryLoad(string source, out LuaClosure function, out LuaError error, string? chunkName = null) =>
        TryLoad(Encoding.UTF8.GetBytes(source), ByteString.FromUtf8(chunkName ?? source), out function, out error);

    /// <summary>Runs a text and gives its first result, nil when there is none.</summary>
    /// <param name="chunkName">As for <see cref="Load(string, string?)"/>.</param>
    /// <exception cref="LuaException">It does not compile, raised an error, or used up a budget.</exception>
    public LuaValue Run(string source, string? chunkName = null, LuaBudget budget = default) =>
        TryRun(source, out var first, out var error, chunkName, budget) ? first : throw new LuaException(error);

    /// <summary>Runs a text and gives its first result as a value of .NET; which types there are says <see cref="LuaValue.TryTo{T}"/>.</summary>
    /// <exception cref="LuaException">It does not compile, raised an error, used up a budget, or the result is something else.</exception>
    public T Run<T>(string source, string? chunkName = null, LuaBudget budget = default) =>
        TryRun<T>(source, out var first, out var error, chunkName, budget) ? first : throw new LuaException(error);

    /// <inheritdoc cref="Run(string, string?, LuaBudget)"/>
    public bool TryRun(string source, out LuaValue first, out LuaError error, string? chunkName = null, LuaBudget budget = default)
    {
        first = LuaValue.Nil;
        return TryLoad(source, out var chunk, out error, chunkName) && TryCall(chunk, budget, [], out first, out error);
    }

    /// <inheritdoc cref="Run{T}(string, string?, LuaBudget)"/>
    public bool TryRun<T>(string source, out T first, out LuaError error, string? chunkName = null, LuaBudget budget = default)
    {
        first = default!;
        return TryRun(source, out LuaValue value, out error, chunkName, budget) && TryConvert(value, out first, out error);
    }

    /// <summary>Calls a function within a budget and gives its first result, nil when there is none. Allocates nothing unless it fails.</summary>
    public bool TryCall(in LuaValue function, LuaBudget budget, ReadOnlySpan<LuaValue> arguments, out LuaValue first, out LuaError error)
    {
        var ok = Enter(function, arguments, 1, Tracer, budget, out var at, out _, out error);
        first = ok ? RunningThread.Stack[at] : LuaValue.Nil;
        Leave(at);
        return ok;
    }

    /// <summary>Calls a function and gives its first result as a value of .NET; which types there are says <see cref="LuaValue.TryTo{T}"/>.</summary>
    public bool TryCall<T>(in LuaValue function, ReadOnlySpan<LuaValue> arguments, out T first, out LuaError error, LuaBudget budget = default)
    {
        first = default!;
        return TryCall(function, budget, arguments, out LuaValue value, out error) && TryConvert(value, out first, out error);
    }

    /// <summary>Calls a function and gives its first result as a value of .NET; which types there are says <see cref="LuaValue.TryTo{T}"/>.</summary>
    /// <exception cref="LuaException">The call raised an error, used up a budget, or the result is something else.</exception>
    public T Call<T>(in LuaValue function, params ReadOnlySpan<LuaValue> arguments) =>
        TryCall<T>(function, arguments, out var first, out var error) ? first : throw new LuaException(error);

    /// <inheritdoc cref="Call{T}(in LuaValue, ReadOnlySpan{LuaValue})"/>
    public T Call<T>(in LuaValue function, LuaBudget budget, params ReadOnlySpan<LuaValue> arguments) =>
        TryCall<T>(function, arguments, out var first, out var error, budget) ? first : throw new LuaException(error);

    static bool TryConvert<T>(in LuaValue value, out T result, out LuaError error)
    {
        var ok = value.TryTo(out result);
        error = ok ? default : new LuaError(LuaErrorKind.Result, ByteString.FromUtf8(Conversion<T>.Mismatch(value)));
        return ok;
    }

    LuaHostFunction Tracer => _tracer ??= Function("traceback", KeepTraceback);

    int KeepTraceback(ref LuaCall call)
    {
        _traceback = Traceback.Of(call.Thread, 1, Traceback.FirstLevelsOfHandler);
        // The nearest function of Lua: what raised it may be error itself, or another function of the host.
        for (var level = 1; call.TryPosition(level, out var source, out var line); level++)
        {
            if (source is null) continue;
            _chunk = DisplayOf(source);
            _line = Math.Max(line, 0);
            break;
        }
        return call.Return(call[0]);
    }

    static string DisplayOf(ByteString source) => Encoding.UTF8.GetString(ChunkName.Display(source.Span.ToArray(), ChunkName.SizeInRuntimeErrors));
}
