// Strings that the engine itself makes again and again.
namespace Evalsha.Lua.Runtime;

internal static class WellKnown
{
    public static readonly ByteString Nil = ByteString.FromUtf8("nil");
    public static readonly ByteString True = ByteString.FromUtf8("true");
    public static readonly ByteString False = ByteString.FromUtf8("false");
    public static readonly ByteString ToStringName = ByteString.FromUtf8("tostring");
    public static readonly ByteString N = ByteString.FromUtf8("n");
    public static readonly ByteString NullUserdata = ByteString.FromUtf8("userdata: (nil)");
    public static readonly ByteString NotEnoughMemory = ByteString.FromUtf8("not enough memory");
    public static readonly ByteString ErrorInErrorHandling = ByteString.FromUtf8("error in error handling");
}
