// Raising from a host function. An error is a value kept by the state and a status on the way out; nothing is thrown.
namespace Evalsha.Lua.Runtime;

public ref partial struct LuaCall
{
    /// <summary>luaL_error: the message, prefixed by the position of the Lua function that called this one ("chunk:line: "), if it is one.</summary>
    public readonly int Error(string message) => RaiseText(DebugInfo.Where(Thread, 1) + message);

    /// <summary>luaL_error with a message that is not text.</summary>
    public readonly int Error(ReadOnlySpan<byte> message)
    {
        var where = System.Text.Encoding.Latin1.GetBytes(DebugInfo.Where(Thread, 1));
        return Raise(ByteString.Own([.. where, .. message]));
    }

    /// <summary>Raises any value as it is.</summary>
    public readonly int Raise(in LuaValue value)
    {
        State.SetError(value);
        return Raised;
    }

    internal readonly int RaiseText(string message) => Raise(Text.ToByteString(message));
}
