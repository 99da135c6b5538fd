// The events of a metatable. The first eight are remembered as absent in one byte of the metatable (LuaTable.AbsentFlags), as PUC does,
// so that asking for a missing __index or __newindex costs one bit test.
namespace Evalsha.Lua.Runtime;

/// <summary>PUC's TMS order (ltm.h), then the names the libraries look up themselves.</summary>
internal enum Metamethod
{
    Index,
    NewIndex,
    Gc,
    Mode,
    Equal,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    UnaryMinus,
    Length,
    LessThan,
    LessOrEqual,
    Concat,
    Call,
    Metatable,
    ToString,
}

internal static class Metamethods
{
    /// <summary>Events up to this one have a bit in <see cref="LuaTable.AbsentFlags"/>.</summary>
    public const Metamethod LastFlagged = Metamethod.Equal;

    static readonly ByteString[] Names = Array.ConvertAll(
        [
            "__index", "__newindex", "__gc", "__mode", "__eq", "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__len",
            "__lt", "__le", "__concat", "__call", "__metatable", "__tostring",
        ],
        (string name) => ByteString.FromUtf8(name));

    public static ReadOnlySpan<ByteString> AllNames => Names;

    /// <summary>__index, asked for more often than all others.</summary>
    public static readonly ByteString IndexName = Names[(int)Metamethod.Index];

    public static ByteString Name(Metamethod method) => Names[(int)method];
}
