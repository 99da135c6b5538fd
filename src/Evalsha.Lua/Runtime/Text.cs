// Error texts are .NET strings until they are raised. Names and chunk names in them are bytes of the script: each char stands for one byte
// (Latin-1), so that what went in as bytes comes out as the same bytes.
using System.Text;

namespace Evalsha.Lua.Runtime;

internal static class Text
{
    public static string FromBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    // A plain loop: texts are short, and the framework's conversion is compiled only when it is first used.
    public static ByteString ToByteString(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)text[i];
        return ByteString.Own(bytes);
    }
}
