// The tokens of Lua 5.1. A single-character token is its own byte, a longer one a number from 257, in PUC's order (llex.h),
// since error texts depend on which is which: token 0 (a NUL byte in the source) prints no "near" at all.
namespace Evalsha.Lua.Syntax;

/// <summary>What a token is; any byte value not named here is that byte standing alone.</summary>
public enum TokenKind : short
{
    Length = (short)'#', Percent = (short)'%', OpenParenthesis = (short)'(', CloseParenthesis = (short)')',
    Star = (short)'*', Plus = (short)'+', Comma = (short)',', Minus = (short)'-', Dot = (short)'.', Slash = (short)'/',
    Colon = (short)':', Semicolon = (short)';', Less = (short)'<', Assign = (short)'=', Greater = (short)'>',
    OpenBracket = (short)'[', CloseBracket = (short)']', Caret = (short)'^', OpenBrace = (short)'{', CloseBrace = (short)'}',

    And = 257, Break, Do, Else, ElseIf, End, False, For, Function, If, In, Local, Nil, Not, Or, Repeat, Return, Then, True, Until, While,
    Concat, Dots, Equal, GreaterOrEqual, LessOrEqual, NotEqual, Number, Name, String, EndOfStream,
}

/// <summary>One token with its meaning.</summary>
public struct Token
{
    public TokenKind Kind;
    /// <summary>Byte offset of its first byte.</summary>
    public int Offset;
    /// <summary>The value of a <see cref="TokenKind.Number"/>.</summary>
    public double Number;
    /// <summary>The bytes of a <see cref="TokenKind.String"/>, escapes resolved.</summary>
    public byte[]? String;
    /// <summary>The identifier of a <see cref="TokenKind.Name"/>.</summary>
    public Name? Name;
}

/// <summary>How tokens are called in error texts.</summary>
internal static class TokenNames
{
    private static readonly string[] Long =
    [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat",
        "return", "then", "true", "until", "while", "..", "...", "==", ">=", "<=", "~=", "<number>", "<name>", "<string>", "<eof>",
    ];

    internal const int ReservedCount = TokenKind.While - TokenKind.And + 1;

    internal static string Of(TokenKind kind)
    {
        if (kind >= TokenKind.And) return Long[kind - TokenKind.And];
        var c = (int)kind;
        // A byte over 127 is not a control character in the C locale; it is one char here and one byte in the message (Latin-1).
        return c < 32 || c == 127 ? $"char({c})" : ((char)c).ToString();
    }
}
