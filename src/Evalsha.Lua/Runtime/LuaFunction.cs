// Functions as values: a closure over Lua code, or a function of the host. Equality is identity.
namespace Evalsha.Lua.Runtime;

public abstract class LuaFunction : LuaObject
{
    private protected LuaFunction(LuaTable? environment) => Environment = environment;

    /// <summary>What getfenv shows. A Lua function resolves its globals here; a host function only carries it.</summary>
    public LuaTable? Environment { get; set; }
}

/// <summary>
/// A function of the host. Results >= 0: that many values were placed by <c>call.Return(…)</c>; <see cref="LuaCall.Raised"/>: an error value was set.
/// It never throws for an error of Lua's level, and returns at once when a method of <see cref="LuaCall"/> says that an error was raised.
/// </summary>
public delegate int LuaHostBody(ref LuaCall call);

/// <summary>One line of a library: its name in the table, and its body.</summary>
public readonly record struct LuaFunctionRow(string Name, LuaHostBody Body)
{
    internal HostKind Kind { get; init; }
}

/// <summary>
/// How the interpreter treats a host function: most are called; a few become frames of the running loop instead of a C# call; and from
/// <see cref="Select"/> on, calls with ordinary arguments are answered on the spot (Interpreter.Shortcuts.cs), the body being for all others.
/// </summary>
internal enum HostKind : byte
{
    Plain,
    ProtectedCall,
    ProtectedCallWithHandler,
    Next,
    IndexIterator,
    Select,
    Type,
    ToNumber,
    ToString,
    SetMetatable,
    Unpack,
    Byte,
    Char,
    Sub,
    Length,
    Floor,
    Ceiling,
    SquareRoot,
    Absolute,
    Maximum,
    Minimum,
    Insert,
    Remove,

    /// <summary>From here on, resume and yield: they have a frame, but no LuaCall and no delegate (Interpreter.Coroutines.cs).</summary>
    Yield,
    Resume,
    Wrapped,
}

public sealed class LuaHostFunction : LuaFunction
{
    internal readonly HostKind Kind;

    public LuaHostFunction(string name, LuaHostBody body, params LuaValue[] upvalues)
        : this(name, body, HostKind.Plain, upvalues)
    {
    }

    internal LuaHostFunction(string name, LuaHostBody body, HostKind kind, LuaValue[] upvalues)
        : base(null)
    {
        Name = name;
        Body = body;
        Kind = kind;
        Upvalues = upvalues;
    }

    /// <summary>For people and debuggers. Error texts use the name by which the caller reached the function, as PUC does.</summary>
    public string Name { get; }

    public LuaHostBody Body { get; }

    /// <summary>Values that belong to this function object; the body reads and writes them through <see cref="LuaCall.Callee"/>.</summary>
    public LuaValue[] Upvalues { get; }
}
