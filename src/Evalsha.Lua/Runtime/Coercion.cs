// Numbers as strings where Lua converts by itself: concatenation, arguments, keys of messages.
namespace Evalsha.Lua.Runtime;

internal static class Coercion
{
    /// <summary>The number as %.14g prints it.</summary>
    public static ByteString ToByteString(LuaState state, double number)
    {
        Span<byte> text = stackalloc byte[LuaNumber.MaxTextLength];
        return state.Strings.Get(text[..LuaNumber.Format(number, text)]);
    }
}
