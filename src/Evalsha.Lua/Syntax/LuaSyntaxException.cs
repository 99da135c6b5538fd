// A source text that does not compile, with PUC Lua's message byte for byte.
using System.Text;

namespace Evalsha.Lua.Syntax;

/// <summary>Thrown by the lexer, the parser and the compiler, and nothing else is.</summary>
public sealed class LuaSyntaxException : Exception
{
    internal LuaSyntaxException(byte[] messageBytes, byte[] fullMessageBytes, int line, int offset)
        : base(Encoding.UTF8.GetString(fullMessageBytes))
    {
        MessageBytes = messageBytes;
        FullMessageBytes = fullMessageBytes;
        Line = line;
        Offset = offset;
    }

    /// <summary>What went wrong, without the position: <c>unexpected symbol near 'x'</c>.</summary>
    public byte[] MessageBytes { get; }

    /// <summary>The value that <c>loadstring</c> gives as its second result: <c>[string "x ="]:1: unexpected symbol near '&lt;eof&gt;'</c>.
    /// The few errors that PUC raises without a position ("constant table overflow") have none here either.</summary>
    public byte[] FullMessageBytes { get; }

    /// <summary>The line that the message names, from 1.</summary>
    public int Line { get; }

    /// <summary>Where the token stands at which it was found.</summary>
    public int Offset { get; }

    internal static LuaSyntaxException At(byte[] chunkName, int line, int offset, byte[] message)
    {
        var place = ChunkName.Display(chunkName, ChunkName.SizeInSyntaxErrors);
        var position = Encoding.ASCII.GetBytes($":{line}: ");
        var full = new byte[place.Length + position.Length + message.Length];
        place.CopyTo(full, 0);
        position.CopyTo(full, place.Length);
        message.CopyTo(full, place.Length + position.Length);
        return new LuaSyntaxException(message, full, line, offset);
    }

    internal static LuaSyntaxException WithoutPlace(string message, int line, int offset)
    {
        var bytes = Encoding.ASCII.GetBytes(message);
        return new LuaSyntaxException(bytes, bytes, line, offset);
    }
}
