// Expressions: operator precedence, suffix chains, constructors. Chains are gathered into flat lists (see Tree.cs).
namespace Evalsha.Lua.Syntax;

public sealed partial class Parser
{
    private const int UnaryPriority = 8;

    // Left and right priority of each BinaryOperator: higher binds tighter, right below left is right-associative.
    private static readonly (byte Left, byte Right)[] Priorities =
    [
        (6, 6), (6, 6), (7, 7), (7, 7), (7, 7), // + - * / %
        (10, 9), (5, 4), // ^ ..
        (3, 3), (3, 3), // ~= ==
        (3, 3), (3, 3), (3, 3), (3, 3), // < <= > >=
        (2, 2), (1, 1), // and or
    ];

    private List<Expression> ParseExpressionList()
    {
        var list = new List<Expression>(1);
        do list.Add(ParseExpression());
        while (Accept(TokenKind.Comma));
        return list;
    }

    private Expression ParseExpression() => ParseSubexpression(0);

    /// <summary>Reads operators that bind tighter than <paramref name="limit"/>.</summary>
    private Expression ParseSubexpression(int limit)
    {
        var before = _lexer.Mark;
        EnterLevel();
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        Expression expression;
        if (UnaryOperatorOf(Kind) is { } unary)
        {
            _lexer.Next();
            expression = Finish(new UnaryExpression(unary, ParseSubexpression(UnaryPriority)), before, line, offset);
        }
        else
        {
            expression = ParseSimple();
            expression.Before = before; // as it is, unless the level above was one too many and the text is cut here
        }

        List<BinaryLink>? links = null;
        while (BinaryOperatorOf(Kind) is { } op && Priorities[(int)op].Left > limit)
        {
            var operatorOffset = _lexer.Current.Offset;
            _lexer.Next();
            links ??= new List<BinaryLink>(1);
            links.Add(new BinaryLink(op, operatorOffset, ParseSubexpression(Priorities[(int)op].Right)));
        }
        if (links is not null) expression = Finish(new BinaryChainExpression(expression, links), before, line, offset);
        LeaveLevel();
        return expression;
    }

    private T Finish<T>(T expression, SourceMark before, int line, int offset)
        where T : Expression
    {
        expression.Before = before;
        expression.Line = line;
        expression.Offset = offset;
        expression.End = _lexer.Mark;
        return expression;
    }

    private Expression ParseSimple()
    {
        var before = _lexer.Mark;
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        Expression literal;
        switch (Kind)
        {
            case TokenKind.Number: literal = new NumberExpression(_lexer.Current.Number); break;
            case TokenKind.String: literal = new StringExpression(_lexer.Current.String!); break;
            case TokenKind.Nil: literal = new NilExpression(); break;
            case TokenKind.True: literal = new BooleanExpression(true); break;
            case TokenKind.False: literal = new BooleanExpression(false); break;
            case TokenKind.Dots:
                if (!_scope.Node.IsVararg) throw _lexer.Error("cannot use '...' outside a vararg function");
                _scope.Node.UsesDots = true;
                literal = new DotsExpression();
                break;
            case TokenKind.OpenBrace: return ParseTable();
            case TokenKind.Function:
                _lexer.Next();
                return Finish(new FunctionExpression(ParseFunctionBody(isMethod: false, _lexer.LineNumber)), before, line, offset);
            default: return ParsePrimary();
        }
        _lexer.Next();
        return Finish(literal, before, line, offset);
    }

    /// <summary>A name or a parenthesis with its suffixes.</summary>
    private Expression ParsePrimary()
    {
        var before = _lexer.Mark;
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        var head = ParseHead();
        List<Suffix>? suffixes = null;
        while (ParseSuffix() is { } suffix)
        {
            suffixes ??= new List<Suffix>(2);
            suffixes.Add(suffix);
        }
        return suffixes is null ? head : Finish(new SuffixedExpression(head, suffixes), before, line, offset);
    }

    private Expression ParseHead()
    {
        switch (Kind)
        {
            case TokenKind.OpenParenthesis:
                var before = _lexer.Mark;
                var line = _lexer.LineNumber;
                var offset = _lexer.Current.Offset;
                _lexer.Next();
                var inner = ParseExpression();
                ExpectClose(TokenKind.CloseParenthesis, TokenKind.OpenParenthesis, line);
                return Finish(new ParenthesizedExpression(inner), before, line, offset);
            case TokenKind.Name:
                return ParseName();
            default:
                var mark = _lexer.Mark;
                if (!Completes()) throw _lexer.Error("unexpected symbol");
                return Finish(new NilExpression(), mark, _lexer.LineNumber, _lexer.Current.Offset);
        }
    }

    private NameExpression ParseName()
    {
        var before = _lexer.Mark;
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        var name = ExpectName();
        return Finish(Resolve(name), before, line, offset);
    }

    private NameExpression Resolve(Name name)
    {
        var variable = name.Binding;
        if (variable is null) return new NameExpression(name, NameScope.Global, -1, null);
        if (ReferenceEquals(variable.Owner, _scope)) return new NameExpression(name, NameScope.Local, variable.Slot, variable);
        var index = _scope.Upvalue(variable, out var full);
        if (full is not null) CheckLimit(full, FunctionScope.UpvaluesMax + 1, FunctionScope.UpvaluesMax, "upvalues");
        return new NameExpression(name, NameScope.Upvalue, index, variable);
    }

    private Suffix? ParseSuffix()
    {
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        Suffix suffix;
        switch (Kind)
        {
            case TokenKind.Dot:
                return ParseField();
            case TokenKind.OpenBracket:
                suffix = new IndexSuffix(ParseBracketedKey());
                break;
            case TokenKind.Colon:
                _lexer.Next();
                var method = ExpectName();
                var methodEnd = _lexer.Mark;
                suffix = ParseCall(method, methodEnd);
                break;
            case TokenKind.OpenParenthesis or TokenKind.String or TokenKind.OpenBrace:
                suffix = ParseCall(null, default);
                break;
            default:
                return null;
        }
        suffix.Line = line;
        suffix.Offset = offset;
        suffix.End = _lexer.Mark;
        return suffix;
    }

    private FieldSuffix ParseField()
    {
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        _lexer.Next(); // the dot or colon
        return new FieldSuffix(ExpectName()) { Line = line, Offset = offset, End = _lexer.Mark };
    }

    private Expression ParseBracketedKey()
    {
        _lexer.Next();
        var key = ParseExpression();
        Expect(TokenKind.CloseBracket);
        return key;
    }

    private CallSuffix ParseCall(Name? method, SourceMark methodEnd)
    {
        var before = _lexer.Mark;
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        List<Expression> arguments;
        switch (Kind)
        {
            case TokenKind.OpenParenthesis:
                if (line != _lexer.LastLine) throw _lexer.Error("ambiguous syntax (function call x new statement)");
                _lexer.Next();
                arguments = Kind == TokenKind.CloseParenthesis ? [] : ParseExpressionList();
                ExpectClose(TokenKind.CloseParenthesis, TokenKind.OpenParenthesis, line);
                break;
            case TokenKind.OpenBrace:
                arguments = [ParseTable()];
                break;
            case TokenKind.String:
                var text = new StringExpression(_lexer.Current.String!);
                _lexer.Next();
                arguments = [Finish(text, before, line, offset)];
                break;
            default:
                if (!Completes()) throw _lexer.Error("function arguments expected");
                arguments = [];
                break;
        }
        return new CallSuffix(method, methodEnd, line, arguments);
    }

    private TableExpression ParseTable()
    {
        var before = _lexer.Mark;
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        var items = new List<TableItem>();
        Expect(TokenKind.OpenBrace);
        do
        {
            if (Kind == TokenKind.CloseBrace) break;
            items.Add(ParseTableItem());
        }
        while (Accept(TokenKind.Comma) || Accept(TokenKind.Semicolon));
        ExpectClose(TokenKind.CloseBrace, TokenKind.OpenBrace, line);
        return Finish(new TableExpression(items), before, line, offset);
    }

    private TableItem ParseTableItem()
    {
        var before = _lexer.Mark;
        Expression key;
        if (Kind == TokenKind.OpenBracket)
        {
            key = ParseBracketedKey();
        }
        else if (Kind == TokenKind.Name && _lexer.Peek() == TokenKind.Assign)
        {
            var line = _lexer.LineNumber;
            var offset = _lexer.Current.Offset;
            key = Finish(new StringExpression(ExpectName().Bytes), before, line, offset);
        }
        else
        {
            return new TableItem(before, null, ParseExpression());
        }
        Expect(TokenKind.Assign);
        return new TableItem(before, key, ParseExpression());
    }

    private static UnaryOperator? UnaryOperatorOf(TokenKind kind) => kind switch
    {
        TokenKind.Not => UnaryOperator.Not,
        TokenKind.Minus => UnaryOperator.Minus,
        TokenKind.Length => UnaryOperator.Length,
        _ => null,
    };

    private static BinaryOperator? BinaryOperatorOf(TokenKind kind) => kind switch
    {
        TokenKind.Plus => BinaryOperator.Add,
        TokenKind.Minus => BinaryOperator.Subtract,
        TokenKind.Star => BinaryOperator.Multiply,
        TokenKind.Slash => BinaryOperator.Divide,
        TokenKind.Percent => BinaryOperator.Modulo,
        TokenKind.Caret => BinaryOperator.Power,
        TokenKind.Concat => BinaryOperator.Concat,
        TokenKind.NotEqual => BinaryOperator.NotEqual,
        TokenKind.Equal => BinaryOperator.Equal,
        TokenKind.Less => BinaryOperator.Less,
        TokenKind.LessOrEqual => BinaryOperator.LessOrEqual,
        TokenKind.Greater => BinaryOperator.Greater,
        TokenKind.GreaterOrEqual => BinaryOperator.GreaterOrEqual,
        TokenKind.And => BinaryOperator.And,
        TokenKind.Or => BinaryOperator.Or,
        _ => null,
    };
}
