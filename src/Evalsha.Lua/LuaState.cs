// The front door: one Lua world with its globals, string pool, budgets and main coroutine.
// A state is used by one caller at a time (the server's turn). Nothing in it is process-wide.
using Evalsha.Lua.Compiled;
using Evalsha.Lua.Library;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    internal readonly LuaTable?[] TypeMetatables = new LuaTable?[9];

    public LuaState(LuaOptions? options = null)
    {
        Options = options ?? new LuaOptions();
        CompilesAtOnce = Options.Tier == LuaTier.Compiled;
        if (Options.CompilesInBackground && Options.Tier == LuaTier.Automatic && Environment.ProcessorCount > 1) Finishing = new Finishing();
        DepthMax = Options.Limits.MaxDepth > 0 ? Math.Clamp(Options.Limits.MaxDepth, LuaLimits.DepthMin, LuaLimits.CallsMax) : LuaLimits.CallsMax;
        SetBudget(default);
        Strings = new StringPool();
        Registry = new LuaTable();
        MainThread = new LuaThread(this, new LuaTable(0, 2), isMain: true);
        RunningThread = MainThread;
        Libraries.Open(this, Options.Libraries);
    }

    public LuaOptions Options { get; }

    public StringPool Strings { get; }

    /// <summary>The table that new functions take as their environment.</summary>
    public LuaTable Globals
    {
        get => MainThread.Globals;
        set => MainThread.Globals = value;
    }

    /// <summary>Values of the host that Lua code cannot reach, but which count as alive.</summary>
    public LuaTable Registry { get; }

    public LuaThread MainThread { get; }

    /// <summary>The coroutine that runs now; the main one outside any.</summary>
    public LuaThread RunningThread { get; internal set; }

    /// <summary>The metatable shared by all values of a type that has no own one per value (strings, numbers, …).</summary>
    public LuaTable? GetTypeMetatable(LuaType type) => TypeMetatables[(int)type];

    public void SetTypeMetatable(LuaType type, LuaTable? metatable) => TypeMetatables[(int)type] = metatable;

    /// <summary>Nested host levels now (PUC's nCcalls).</summary>
    internal int HostLevels;

    /// <summary>Coroutines that have a hook now; while there are any, all code is prepared for it (Hooks).</summary>
    internal int HookedThreads;

    /// <summary>Nested C# frames of compiled functions now.</summary>
    internal int CompiledLevels;

    /// <summary>Up to here the .NET stack is known to have room.</summary>
    internal int CompiledLevelsAllowed;

    /// <summary>Set when a hook was set or a debugger changed a local variable, which compiled code may hold elsewhere: from then on only the interpreter runs.</summary>
    internal bool IsCompiledOff;

    /// <summary>How often it was looked which function runs.</summary>
    internal int CompilerLooks;

    /// <summary>Nested Lua calls in one coroutine.</summary>
    internal readonly int DepthMax;

    /// <summary>Every function is compiled when it is made.</summary>
    internal readonly bool CompilesAtOnce;

    /// <summary>Where functions are finished on another thread; null: here and at once.</summary>
    internal readonly Finishing? Finishing;

    /// <summary>The value of the error that is on its way out.</summary>
    internal LuaValue ErrorValue;

    /// <summary>Whether the handler of the nearest xpcall has seen the error already.</summary>
    internal bool IsErrorHandled;

    internal void SetError(in LuaValue value)
    {
        ErrorValue = value;
        IsErrorHandled = false;
    }

    /// <summary>An error that no handler is asked about: memory, and errors in error handling.</summary>
    internal void SetHandledError(in LuaValue value)
    {
        ErrorValue = value;
        IsErrorHandled = true;
    }

    internal LuaValue TakeError()
    {
        var value = ErrorValue;
        ErrorValue = LuaValue.Nil;
        return value;
    }

    /// <summary>A function value for this body.</summary>
    public LuaHostFunction Function(string name, LuaHostBody body) => new(name, body, LuaTable.NoValues) { Environment = Globals };

    /// <summary>A function value for this body, which finds the upvalues in its callee.</summary>
    public LuaHostFunction Function(string name, LuaHostBody body, params LuaValue[] upvalues) => new(name, body, upvalues) { Environment = Globals };

    /// <summary>Makes functions of the rows and stores them in the table under their names.</summary>
    public void Register(LuaTable table, ReadOnlySpan<LuaFunctionRow> rows)
    {
        foreach (var row in rows) table.Set(Strings.Get(row.Name), Function(row.Name, row.Body));
    }
}
