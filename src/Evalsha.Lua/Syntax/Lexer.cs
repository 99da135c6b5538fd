// Source bytes to tokens, exactly as PUC 5.1.5's llex.c reads them.
// Always true: LineNumber is the line of the last byte read (a peeked token counts), LastLine the line where the token before Current ended;
// the compiler's line information and all messages depend on both. _text holds the raw text of the token read last, for "near" in errors.
// Ends on any input: each turn of a loop takes at least one byte.
using System.Text;

namespace Evalsha.Lua.Syntax;

/// <summary>Reads tokens. The parser calls <see cref="Next"/> and <see cref="Peek"/>; a tool that wants tokens only may do the same.</summary>
public sealed class Lexer
{
    private const int EndOfSource = -1;

    private readonly byte[] _source;
    private readonly byte[] _chunkName;
    private readonly NameTable _names = new();
    private readonly Items<Comment> _comments = new();
    private int _position;
    private byte[] _text = new byte[64];
    private int _textLength;
    private Token _current;
    private Token _peeked;
    private bool _hasPeeked;
    private int _currentEnd;
    private int _peekedEnd;
    private int _tokenOffset; // of the token being read
    private readonly int _cut;
    private bool _isPastCut;

    /// <param name="source">The whole text; not copied, must not change.</param>
    /// <param name="chunkName">For messages, see <see cref="ChunkName"/>.</param>
    public Lexer(byte[] source, byte[] chunkName)
        : this(source, chunkName, 0, 1, int.MaxValue)
    {
    }

    /// <summary>Starts in the middle, and takes the text to end at <paramref name="cut"/>.</summary>
    internal Lexer(byte[] source, byte[] chunkName, int position, int line, int cut)
    {
        _cut = cut;
        _source = source;
        _chunkName = chunkName;
        _position = position;
        LineNumber = line;
        LastLine = line;
        LastEnd = position;
    }

    /// <summary>The token to be looked at; nothing before the first <see cref="Next"/>.</summary>
    public ref readonly Token Current => ref _current;

    /// <summary>The line of the last byte read.</summary>
    public int LineNumber { get; private set; }

    /// <summary>The line on which the token before <see cref="Current"/> ended.</summary>
    public int LastLine { get; private set; }

    /// <summary>The offset behind the last byte of the token before <see cref="Current"/>.</summary>
    public int LastEnd { get; private set; }

    /// <summary>The comments met so far.</summary>
    public IReadOnlyList<Comment> Comments => _comments.ToArray();

    /// <summary>Where reading stands, for the compiler.</summary>
    internal SourceMark Mark => new(LastLine, _isPastCut ? SourceMark.PastCut : LastEnd);

    /// <summary>When the text was cut and its end is reached: true, and all marks from now on are past the cut.</summary>
    internal bool PassCut()
    {
        if (_cut == int.MaxValue || _current.Kind != TokenKind.EndOfStream) return false;
        _isPastCut = true;
        return true;
    }

    internal NameTable Names => _names;

    /// <summary>Makes the next token current.</summary>
    public void Next()
    {
        LastLine = LineNumber;
        LastEnd = _currentEnd;
        if (_hasPeeked)
        {
            _current = _peeked;
            _currentEnd = _peekedEnd;
            _hasPeeked = false;
        }
        else
        {
            Read(ref _current);
            _currentEnd = _position;
        }
    }

    /// <summary>Reads the token after the current one. At most one can be waiting.</summary>
    public TokenKind Peek()
    {
        if (!_hasPeeked)
        {
            Read(ref _peeked);
            _peekedEnd = _position;
            _hasPeeked = true;
        }
        return _peeked.Kind;
    }

    /// <summary>An error at the current token, which the message names.</summary>
    internal LuaSyntaxException Error(string message) => Error(message, _current.Kind, _current.Offset);

    /// <summary>An error at the current line that names no token.</summary>
    internal LuaSyntaxException ErrorWithoutNear(string message) => Error(message, 0, _current.Offset);

    private LuaSyntaxException Error(string message, TokenKind near, int tokenOffset)
    {
        var bytes = new List<byte>(Latin1(message));
        if (near != 0)
        {
            bytes.AddRange(Latin1(" near '"));
            if (near is TokenKind.Name or TokenKind.String or TokenKind.Number)
            {
                // C prints the raw text up to its first zero byte.
                for (var i = 0; i < _textLength && _text[i] != 0; i++) bytes.Add(_text[i]);
            }
            else
            {
                bytes.AddRange(Latin1(TokenNames.Of(near)));
            }
            bytes.Add((byte)'\'');
        }
        return LuaSyntaxException.At(_chunkName, LineNumber, tokenOffset, bytes.ToArray());
    }

    private static byte[] Latin1(string text)
    {
        var bytes = new byte[text.Length];
        for (var i = 0; i < text.Length; i++) bytes[i] = (byte)text[i];
        return bytes;
    }

    private int Byte => _position < _source.Length ? _source[_position] : EndOfSource;

    private void Read(ref Token token)
    {
        _textLength = 0;
        token.String = null;
        token.Name = null;
        for (; ; )
        {
            token.Offset = _position;
            _tokenOffset = _position;
            var c = _position < _cut ? Byte : EndOfSource;
            switch (c)
            {
                case EndOfSource:
                    token.Kind = TokenKind.EndOfStream;
                    return;
                case '\n' or '\r':
                    NewLine();
                    continue;
                case '-':
                    _position++;
                    if (Byte != '-')
                    {
                        token.Kind = TokenKind.Minus;
                        return;
                    }
                    _position++;
                    ReadComment(token.Offset);
                    continue;
                case '[':
                    var level = ReadLongBracket();
                    if (level >= 0)
                    {
                        ReadLongString(ref token, level, isComment: false);
                        token.Kind = TokenKind.String;
                    }
                    else if (level == -1)
                    {
                        token.Kind = TokenKind.OpenBracket;
                    }
                    else
                    {
                        throw Error("invalid long string delimiter", TokenKind.String, _tokenOffset);
                    }
                    return;
                case '=':
                    token.Kind = OrEqual(TokenKind.Assign, TokenKind.Equal);
                    return;
                case '<':
                    token.Kind = OrEqual(TokenKind.Less, TokenKind.LessOrEqual);
                    return;
                case '>':
                    token.Kind = OrEqual(TokenKind.Greater, TokenKind.GreaterOrEqual);
                    return;
                case '~':
                    token.Kind = OrEqual((TokenKind)'~', TokenKind.NotEqual);
                    return;
                case '"' or '\'':
                    ReadString(ref token, c);
                    return;
                case '.':
                    SaveAndNext();
                    if (SaveIf('.')) token.Kind = SaveIf('.') ? TokenKind.Dots : TokenKind.Concat;
                    else if (!IsDigit(Byte)) token.Kind = TokenKind.Dot;
                    else ReadNumeral(ref token);
                    return;
                case ' ' or '\t' or '\v' or '\f':
                    _position++;
                    continue;
                default:
                    if (IsDigit(c)) ReadNumeral(ref token);
                    else if (IsLetter(c)) ReadName(ref token);
                    else
                    {
                        _position++;
                        token.Kind = (TokenKind)c;
                    }
                    return;
            }
        }
    }

    private TokenKind OrEqual(TokenKind alone, TokenKind withEqual)
    {
        _position++;
        if (Byte != '=') return alone;
        _position++;
        return withEqual;
    }

    /// <summary>One line end: \n, \r, \r\n or \n\r.</summary>
    private void NewLine()
    {
        var first = _source[_position++];
        var second = Byte;
        if (second is '\n' or '\r' && second != first) _position++;
        LineNumber++;
    }

    private void ReadComment(int start)
    {
        var line = LineNumber;
        if (Byte == '[')
        {
            var level = ReadLongBracket();
            _textLength = 0;
            if (level >= 0)
            {
                var ignored = default(Token);
                ReadLongString(ref ignored, level, isComment: true);
                _textLength = 0;
                _comments.Add(new Comment(start, _position, line));
                return;
            }
        }
        while (_position < _source.Length && _source[_position] is not ((byte)'\n' or (byte)'\r')) _position++;
        _comments.Add(new Comment(start, _position, line));
    }

    /// <summary>Reads "[==" up to the second bracket: its level when the bracket is there, else -1 - level.</summary>
    private int ReadLongBracket()
    {
        var bracket = Byte;
        var level = 0;
        for (SaveAndNext(); Byte == '='; SaveAndNext()) level++;
        return Byte == bracket ? level : -level - 1;
    }

    private void ReadLongString(ref Token token, int level, bool isComment)
    {
        SaveAndNext(); // the second '['
        if (Byte is '\n' or '\r') NewLine(); // a first line end is not part of the string
        for (; ; )
        {
            switch (Byte)
            {
                case EndOfSource:
                    throw Error(isComment ? "unfinished long comment" : "unfinished long string", TokenKind.EndOfStream, _tokenOffset);
                case '[':
                    if (ReadLongBracket() == level)
                    {
                        SaveAndNext();
                        if (level == 0) throw Error("nesting of [[...]] is deprecated", TokenKind.OpenBracket, _tokenOffset);
                    }
                    break;
                case ']':
                    if (ReadLongBracket() == level)
                    {
                        SaveAndNext(); // the second ']'
                        if (!isComment) token.String = Text(2 + level, _textLength - 2 * (2 + level));
                        return;
                    }
                    break;
                case '\n' or '\r':
                    Save((byte)'\n');
                    NewLine();
                    if (isComment) _textLength = 0;
                    break;
                default:
                    if (!isComment) SaveAndNext();
                    else _position++;
                    break;
            }
        }
    }

    private void ReadString(ref Token token, int delimiter)
    {
        SaveAndNext();
        while (Byte != delimiter)
        {
            switch (Byte)
            {
                case EndOfSource:
                    throw Error("unfinished string", TokenKind.EndOfStream, _tokenOffset);
                case '\n' or '\r':
                    throw Error("unfinished string", TokenKind.String, _tokenOffset);
                case '\\':
                    _position++;
                    ReadEscape();
                    break;
                default:
                    SaveAndNext();
                    break;
            }
        }
        SaveAndNext();
        token.String = Text(1, _textLength - 2);
        token.Kind = TokenKind.String;
    }

    private void ReadEscape()
    {
        var c = Byte;
        switch (c)
        {
            case 'a': SaveEscaped('\a'); break;
            case 'b': SaveEscaped('\b'); break;
            case 'f': SaveEscaped('\f'); break;
            case 'n': SaveEscaped('\n'); break;
            case 'r': SaveEscaped('\r'); break;
            case 't': SaveEscaped('\t'); break;
            case 'v': SaveEscaped('\v'); break;
            case '\n' or '\r':
                Save((byte)'\n');
                NewLine();
                break;
            case EndOfSource:
                break; // the loop of the string raises the error
            default:
                if (!IsDigit(c))
                {
                    SaveAndNext(); // \\, \", \' and any other
                    break;
                }
                var code = 0;
                for (var i = 0; i < 3 && IsDigit(Byte); i++) code = 10 * code + (_source[_position++] - '0');
                if (code > 255) throw Error("escape sequence too large", TokenKind.String, _tokenOffset);
                Save((byte)code);
                break;
        }
    }

    private void SaveEscaped(char c)
    {
        Save((byte)c);
        _position++;
    }

    private void ReadNumeral(ref Token token)
    {
        do SaveAndNext();
        while (IsDigit(Byte) || Byte == '.');
        if (SaveIf('E') || SaveIf('e'))
        {
            if (!SaveIf('+')) SaveIf('-');
        }
        while (IsDigit(Byte) || IsLetter(Byte)) SaveAndNext();

        var length = Array.IndexOf(_text, (byte)0, 0, _textLength);
        if (length < 0) length = _textLength;
        if (!Numeral.TryParse(_text, length, out token.Number)) throw Error("malformed number", TokenKind.Number, _tokenOffset);
        token.Kind = TokenKind.Number;
    }

    private void ReadName(ref Token token)
    {
        var start = _position;
        do _position++;
        while (IsDigit(Byte) || IsLetter(Byte));
        var length = _position - start;
        EnsureText(length);
        Array.Copy(_source, start, _text, 0, length);
        _textLength = length;
        token.Name = _names.Get(_source, start, length);
        token.Kind = token.Name.Kind;
    }

    /// <summary>Takes the current byte if it is the one wanted. A zero byte is taken too, for PUC asks strchr, which finds the string's end.</summary>
    private bool SaveIf(char wanted)
    {
        if (Byte != wanted && Byte != 0) return false;
        SaveAndNext();
        return true;
    }

    private void SaveAndNext() => Save(_source[_position++]);

    private void Save(byte c)
    {
        EnsureText(_textLength + 1);
        _text[_textLength++] = c;
    }

    private void EnsureText(int length)
    {
        if (length > _text.Length) Array.Resize(ref _text, Math.Max(length, _text.Length * 2));
    }

    private byte[] Text(int start, int length)
    {
        var bytes = new byte[length];
        Array.Copy(_text, start, bytes, 0, length);
        return bytes;
    }

    private static bool IsDigit(int c) => c is >= '0' and <= '9';

    private static bool IsLetter(int c) => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or '_';
}

/// <summary>A comment: source[Offset..End), beginning with its dashes.</summary>
public readonly struct Comment(int offset, int end, int line)
{
    public int Offset { get; } = offset;
    public int End { get; } = end;
    /// <summary>The line on which it begins.</summary>
    public int Line { get; } = line;
}

/// <summary>How far the source has been read: the end of the last token taken.</summary>
public readonly struct SourceMark(int line, int offset)
{
    /// <summary>The offset of what was made up to complete a text that breaks off: see <see cref="Parser.ParseUpTo"/>.</summary>
    internal const int PastCut = int.MaxValue;

    public int Line { get; } = line;
    public int Offset { get; } = offset;
}
