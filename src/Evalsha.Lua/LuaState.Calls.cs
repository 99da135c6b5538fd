// The outermost border: loading and calling from the host. Inside, an error is a status; here it becomes a LuaError, or a LuaException for
// those who prefer one. A call from inside a host function uses the running coroutine and the budgets of the call around it.
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Compiled;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    int _depth; // nested calls from the host

    /// <summary>Compiles a chunk to a function without parameters, whose environment is <see cref="Globals"/>.</summary>
    /// <param name="chunkName">As in PUC: "@file", "=name", or the source itself. One char for each byte.</param>
    /// <exception cref="LuaException">The source does not compile.</exception>
    public LuaClosure Load(ReadOnlySpan<byte> source, string chunkName) =>
        TryLoad(source, chunkName, out var function, out var error) ? function : throw new LuaException(error);

    public bool TryLoad(ReadOnlySpan<byte> source, string chunkName, out LuaClosure function, out LuaError error) =>
        TryLoad(source, Text.ToByteString(chunkName), out function, out error);

    public bool TryLoad(ReadOnlySpan<byte> source, ByteString chunkName, out LuaClosure function, out LuaError error)
    {
        function = null!;
        if (!TryCompile(source, chunkName, out var prototype, out error)) return false;
        function = Instantiate(prototype);
        return true;
    }

    /// <summary>Compiles without making a function. The prototype may be kept and used by other states too: <see cref="Instantiate"/>.</summary>
    public bool TryCompile(ReadOnlySpan<byte> source, ByteString chunkName, out Prototype prototype, out LuaError error)
    {
        error = default;
        prototype = null!;
        try
        {
            // A chunk loaded by a running program nests in it: the parser shares the budget of levels, as PUC's does.
            // In a sandbox a precompiled chunk is text like any other, and fails as such: bytecode could break the loop's assumptions.
            prototype = Undump.IsBinary(source) && !Options.Sandbox
                ? Undump.Read(source, chunkName.Span, Strings, HostLevels)
                : Compiler.Compile(source.ToArray(), chunkName.Span.ToArray(), Strings, HostLevels);
            return true;
        }
        catch (LuaSyntaxException failure)
        {
            error = new LuaError(LuaErrorKind.Syntax, ByteString.Own(failure.FullMessageBytes))
            {
                Origin = new LuaErrorOrigin(null, DisplayOf(chunkName), failure.Line, null),
            };
            return false;
        }
    }

    /// <summary>A function of this state that runs the prototype.</summary>
    public LuaClosure Instantiate(Prototype prototype) => Instantiate(prototype, Globals);

    internal LuaClosure Instantiate(Prototype prototype, LuaTable environment)
    {
        var made = new LuaClosure(prototype, environment);
        if (HookedThreads > 0) made.Code.SetHooked(true);
        if (CompilesAtOnce) Hotness.Compile(this, made.Code, new Specimen(made, null, 0));
        return made;
    }

    /// <summary>Calls a function and gives its results.</summary>
    /// <exception cref="LuaException">The call raised an error.</exception>
    public LuaValue[] Call(in LuaValue function, params ReadOnlySpan<LuaValue> arguments)
    {
        if (!TryCallTraced(function, arguments, out var results, out var error)) throw new LuaException(error);
        return results;
    }

    /// <summary>Calls a function and keeps its first result, nil when there is none. Allocates nothing unless it fails; of an error it keeps the value alone, not where it was raised.</summary>
    public bool TryCall(in LuaValue function, ReadOnlySpan<LuaValue> arguments, out LuaValue first, out LuaError error)
    {
        var ok = Enter(function, arguments, 1, null, default, out var at, out _, out error);
        first = ok ? RunningThread.Stack[at] : LuaValue.Nil;
        Leave(at);
        return ok;
    }

    /// <summary>Calls a function and gives its results. Of an error it keeps the value alone, not where it was raised.</summary>
    public bool TryCall(in LuaValue function, ReadOnlySpan<LuaValue> arguments, out LuaValue[] results, out LuaError error)
    {
        var ok = Enter(function, arguments, -1, null, default, out var at, out var count, out error);
        results = ok ? RunningThread.Stack.AsSpan(at, count).ToArray() : LuaTable.NoValues;
        Leave(at);
        return ok;
    }

    /// <summary>As <see cref="TryCall(in LuaValue, ReadOnlySpan{LuaValue}, out LuaValue[], out LuaError)"/>, with the traceback of where an error was raised.</summary>
    public bool TryCallTraced(in LuaValue function, ReadOnlySpan<LuaValue> arguments, out LuaValue[] results, out LuaError error)
    {
        var ok = Enter(function, arguments, -1, Tracer, default, out var at, out var count, out error);
        results = ok ? RunningThread.Stack.AsSpan(at, count).ToArray() : LuaTable.NoValues;
        Leave(at);
        return ok;
    }

    LuaHostFunction? _tracer;
    string? _traceback;

    bool Enter(in LuaValue function, ReadOnlySpan<LuaValue> arguments, int wanted, LuaHostFunction? handler, in LuaBudget budget, out int at, out int count, out LuaError error)
    {
        var thread = RunningThread;
        if (_depth++ == 0)
        {
            BeginBudgets(budget);
            BeginMemory();
        }
        var top = Interpreter.SafeTop(thread);
        at = handler is null ? top : top + 1;
        var stack = thread.Room(at + 1 + arguments.Length);
        if (handler is not null) stack[top] = handler;
        stack[at] = function;
        arguments.CopyTo(stack.AsSpan(at + 1));
        thread.Top = at + 1 + arguments.Length;
        _traceback = null;
        _chunk = null;
        _line = 0;
        var ok = !WasCancelled() && Interpreter.ProtectedCall(thread, at, arguments.Length, wanted, handler is null ? 0 : top);
        count = !ok ? 0 : wanted >= 0 ? wanted : thread.Top - at;
        error = ok ? default : MakeError();
        thread.Top = top;
        return ok;
    }

    // What was cancelled before it began does not begin.
    bool WasCancelled() => _depth == 1 && _cancellation.IsCancellationRequested && !Cancel();

    LuaError MakeError()
    {
        var value = TakeError();
        var kind = _isKilled ? _killKind : _errorKind;
        _errorKind = LuaErrorKind.Runtime;
        var cause = value.IsReference && ReferenceEquals(value.Ref, _causeOf) ? _cause : null;
        var isKnown = cause is not null || _traceback is not null;
        return new LuaError(kind, value) { Origin = isKnown ? new LuaErrorOrigin(_traceback, _chunk, _line, cause) : null };
    }

    void Leave(int at)
    {
        if (--_depth > 0) return;
        EndMemory();
        RunningThread.WipeAbove(at);
    }
}
