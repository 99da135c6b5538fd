// What went wrong with a file, in C's words: os and io answer nil, "name: No such file or directory", 2.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

/// <summary>File names are bytes in Lua and UTF-8 in .NET.</summary>
internal static class Paths
{
    public static string FromBytes(ByteString name)
        => System.Text.Encoding.UTF8.GetString(PatternMatcher.Effective(name.Span));
}

internal static class FileErrors
{
    /// <summary>Does it and returns true, or nil with the reason. Only what the file system can refuse is caught.</summary>
    public static int Try(ref LuaCall call, ByteString? name, Action action)
    {
        try
        {
            action();
            return call.Return(true);
        }
        catch (Exception e) when (IsExpected(e))
        {
            return Return(ref call, name, e);
        }
    }

    public static bool IsExpected(Exception e)
        => e is IOException or UnauthorizedAccessException or System.Security.SecurityException or ArgumentException or NotSupportedException or ObjectDisposedException;

    public static int Return(ref LuaCall call, ByteString? name, Exception e)
    {
        var (text, number) = Describe(e);
        var message = name is null ? Text.ToByteString(text) : ByteString.Own([.. PatternMatcher.Effective(name.Span), .. ": "u8, .. System.Text.Encoding.ASCII.GetBytes(text)]);
        return call.Return(LuaValue.Nil, message, (double)number);
    }

    public static (string Text, int Number) Describe(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => ("No such file or directory", 2),
        UnauthorizedAccessException or System.Security.SecurityException => ("Permission denied", 13),
        PathTooLongException => ("File name too long", 36),
        NotSupportedException or ObjectDisposedException => ("Bad file descriptor", 9),
        ArgumentException { ParamName: "path" } => ("No such file or directory", 2), // an empty name
        ArgumentException => ("Invalid argument", 22),
        IOException { HResult: 17 or 0x11 } => ("File exists", 17),
        IOException { HResult: 39 } => ("Directory not empty", 39),
        _ => ("Input/output error", 5),
    };
}
