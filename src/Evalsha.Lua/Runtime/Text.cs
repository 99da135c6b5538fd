// Error texts are .NET strings until they are raised. Names and chunk names in them are bytes of the script: each char stands for one byte
// (Latin-1), so that what went in as bytes comes out as the same bytes.
using System.Text;

namespace Evalsha.Lua.Runtime;

internal static class Text
{
    public static string FromBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static ByteString ToByteString(string text) => ByteString.Own(Encoding.Latin1.GetBytes(text));
}
