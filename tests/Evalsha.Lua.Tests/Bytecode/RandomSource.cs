// Random Lua texts from a seed: whole programs that compile, programs with one token broken, and plain token soup.
// Line ends fall anywhere, so that line information is compared too.
using System.Text;

namespace Evalsha.Lua.Tests.Bytecode;

internal sealed class RandomSource(int seed)
{
    private static readonly string[] Tokens =
    [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
        "..", "...", "==", ">=", "<=", "~=", "+", "-", "*", "/", "%", "^", "#", "<", ">", "=", "(", ")", "{", "}", "[", "]", ";", ":", ",", ".",
        "a", "b", "x", "y", "f", "1", "0", "2.5", "0x1F", "1e3", "'s'", "\"t\"", "[[u]]", "[=[v]=]", "--c\n", "--[[d]]", "\n", "\t", "'", "[[", "]]", "--[==[", "\\", "@", "~", "3x", "\0", "\u00e9",
    ];

    private static readonly string[] Names = ["a", "b", "c", "d", "x", "y", "f", "g", "t"];
    private static readonly string[] Literals = ["nil", "true", "false", "0", "1", "2", "-1", "0.5", "1e3", "0x10", "'s'", "'t'", "'a\\nb'", "[[u]]", "{}"];
    private static readonly string[] Binary = ["+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or", "and", "or"];
    private static readonly string[] Unary = ["-", "not", "#", "not"];

    private readonly Random _random = new(seed);
    private readonly StringBuilder _text = new();
    private bool _inVararg = true;
    private int _loops;
    private int _room;

    /// <summary>Any tokens in any order.</summary>
    public string Soup()
    {
        _text.Clear();
        for (var n = _random.Next(1, 30); n > 0; n--) Put(Tokens[_random.Next(Tokens.Length)]);
        return _text.ToString();
    }

    /// <summary>A program that compiles.</summary>
    public string Program()
    {
        _text.Clear();
        _room = _random.Next(5, 60);
        _inVararg = true;
        _loops = 0;
        Block(0);
        return _text.ToString();
    }

    /// <summary>A program with one token put in, taken out or replaced; it usually does not compile.</summary>
    public string BrokenProgram()
    {
        var words = Program().Split(' ');
        var at = _random.Next(words.Length);
        var with = Tokens[_random.Next(Tokens.Length)];
        words[at] = _random.Next(3) switch { 0 => "", 1 => with, _ => words[at] + " " + with };
        return string.Join(' ', words);
    }

    private void Put(string token) => _text.Append(token).Append(_random.Next(12) == 0 ? " \n" : " ");

    private void Put(params ReadOnlySpan<string> tokens)
    {
        foreach (var token in tokens) Put(token);
    }

    private string Name() => Names[_random.Next(Names.Length)];

    private void Block(int depth)
    {
        for (var n = _random.Next(0, 4); n > 0 && _room > 0; n--)
        {
            Statement(depth);
            if (_random.Next(6) == 0) Put(";");
        }
        switch (_random.Next(8))
        {
            case 0:
                Put("return");
                if (_random.Next(4) > 0) List(depth, 3);
                break;
            case 1 when _loops > 0:
                Put("break");
                break;
        }
    }

    private void Statement(int depth)
    {
        _room--;
        var deep = depth < 6;
        switch (_random.Next(deep ? 15 : 5))
        {
            case 0 or 1:
                Put("local");
                NameList(3);
                if (_random.Next(3) > 0)
                {
                    Put("=");
                    List(depth, 3);
                }
                break;
            case 2 or 3:
                for (var n = _random.Next(1, 4); n > 0; n--)
                {
                    Target(depth);
                    if (n > 1) Put(",");
                }
                Put("=");
                List(depth, 3);
                break;
            case 4 or 5:
                _text.Append(Name());
                if (_random.Next(3) == 0) _text.Append('.').Append(Name());
                Call(depth);
                break;
            case 6 or 7:
                Put("if");
                Expression(depth);
                Put("then");
                Block(depth + 1);
                for (; _random.Next(3) == 0; Block(depth + 1))
                {
                    Put("elseif");
                    Expression(depth);
                    Put("then");
                }
                if (_random.Next(2) == 0)
                {
                    Put("else");
                    Block(depth + 1);
                }
                Put("end");
                break;
            case 8:
                Put("while");
                Expression(depth);
                Put("do");
                Loop(depth);
                Put("end");
                break;
            case 9:
                Put("repeat");
                Loop(depth);
                Put("until");
                Expression(depth);
                break;
            case 10:
                Put("for", Name(), "=");
                Expression(depth);
                Put(",");
                Expression(depth);
                if (_random.Next(2) == 0)
                {
                    Put(",");
                    Expression(depth);
                }
                Put("do");
                Loop(depth);
                Put("end");
                break;
            case 11:
                Put("for");
                NameList(3);
                Put("in");
                List(depth, 3);
                Put("do");
                Loop(depth);
                Put("end");
                break;
            case 12:
                Put("do");
                Block(depth + 1);
                Put("end");
                break;
            case 13:
                Put("local", "function", Name());
                Body(depth);
                break;
            default:
                Put("function", Name());
                if (_random.Next(3) == 0) Put(".", Name());
                if (_random.Next(3) == 0) Put(":", Name());
                Body(depth);
                break;
        }
    }


    private void Loop(int depth)
    {
        _loops++;
        Block(depth + 1);
        _loops--;
    }

    private void NameList(int most)
    {
        for (var n = _random.Next(1, most + 1); n > 0; n--)
        {
            Put(Name());
            if (n > 1) Put(",");
        }
    }

    private void Body(int depth)
    {
        var (vararg, loops) = (_inVararg, _loops);
        _inVararg = _random.Next(3) == 0;
        _loops = 0;
        Put("(");
        if (_random.Next(2) == 0)
        {
            NameList(3);
            if (_inVararg) Put(",", "...");
        }
        else if (_inVararg)
        {
            Put("...");
        }
        Put(")");
        Block(depth + 1);
        Put("end");
        (_inVararg, _loops) = (vararg, loops);
    }

    private void List(int depth, int most)
    {
        for (var n = _random.Next(1, most + 1); n > 0; n--)
        {
            Expression(depth + 1);
            if (n > 1) Put(",");
        }
    }

    private void Target(int depth)
    {
        Put(Name());
        if (_random.Next(2) == 0) Suffix(depth);
    }

    private void Suffix(int depth)
    {
        if (_random.Next(2) == 0)
        {
            Put(".", Name());
        }
        else
        {
            Put("[");
            Expression(depth + 1);
            Put("]");
        }
    }

    // The parenthesis of a call must stand on the line of what is called.
    private void Call(int depth)
    {
        if (_random.Next(4) == 0) _text.Append(':').Append(Name());
        switch (_random.Next(5))
        {
            case 0:
                Put("'s'");
                break;
            case 1:
                Table(depth);
                break;
            default:
                _text.Append("( ");
                if (_random.Next(4) > 0) List(depth, 3);
                Put(")");
                break;
        }
    }

    private void Table(int depth)
    {
        Put("{");
        for (var n = _random.Next(0, 4); n > 0; n--)
        {
            switch (_random.Next(3))
            {
                case 0:
                    Put(Name(), "=");
                    break;
                case 1:
                    Put("[");
                    Expression(depth + 1);
                    Put("]", "=");
                    break;
            }
            Expression(depth + 1);
            if (n > 1 || _random.Next(2) == 0) Put(_random.Next(2) == 0 ? "," : ";");
        }
        Put("}");
    }

    private void Expression(int depth)
    {
        _room--;
        var deep = depth < 6 && _room > 0;
        switch (_random.Next(deep ? 14 : 4))
        {
            case 0 or 1:
                Put(Name());
                break;
            case 2:
                Put(Literals[_random.Next(Literals.Length)]);
                break;
            case 3:
                Put(_inVararg ? "..." : Name());
                break;
            case 4 or 5 or 6 or 7:
                for (var n = _random.Next(1, 4); n > 0; n--)
                {
                    Expression(depth + 1);
                    Put(Binary[_random.Next(Binary.Length)]);
                }
                Expression(depth + 1);
                break;
            case 8:
                Put(Unary[_random.Next(Unary.Length)]);
                Expression(depth + 1);
                break;
            case 9:
                Put("(");
                Expression(depth + 1);
                Put(")");
                break;
            case 10:
                Put("function");
                Body(depth);
                break;
            case 11:
                Table(depth);
                break;
            default:
                _text.Append(Name());
                if (_random.Next(2) == 0) Call(depth);
                else Suffix(depth);
                break;
        }
    }
}
