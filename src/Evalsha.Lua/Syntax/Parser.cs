// Recursive descent over PUC 5.1's grammar (lparser.c without its code generation): statements here, expressions in Parser.Expressions.cs.
// Always true: every error is the one PUC raises, at the same token, with the same text; recursion is at most 200 levels deep,
// where a level is a block or a subexpression as PUC counts them, so a hostile text cannot exhaust a 512 KB stack.
using System.Text;

namespace Evalsha.Lua.Syntax;

/// <summary>Source bytes to a tree.</summary>
public sealed partial class Parser
{
    /// <summary>Nested blocks and subexpressions, and C calls around the parse.</summary>
    public const int LevelsMax = 200;

    private const string Self = "self";
    private const string Arg = "arg";

    private readonly Lexer _lexer;
    private FunctionScope _scope;
    private int _levels;

    private Parser(byte[] source, byte[] chunkName, int enclosingLevels, int cut)
    {
        _lexer = new Lexer(source, chunkName, 0, 1, cut);
        _scope = new FunctionScope(null, new FunctionNode());
        _levels = enclosingLevels;
    }

    /// <summary>Parses a whole text.</summary>
    /// <param name="source">The text as bytes; kept by the chunk, must not change. A first line that begins with # is the caller's to skip.</param>
    /// <param name="chunkName">As lua_load takes it: "@file", "=name" or the text itself.</param>
    /// <param name="enclosingLevels">C calls that are active around this parse: they count against the level limit.</param>
    /// <exception cref="LuaSyntaxException">The text is not Lua.</exception>
    public static Chunk Parse(byte[] source, byte[] chunkName, int enclosingLevels = 0)
    {
        return ParseUpTo(int.MaxValue, source, chunkName, enclosingLevels);
    }

    /// <summary>Parses a text up to the offset of a syntax error, and completes what is open there with as little as will do:
    /// the tree of what came before the error, for the limits that PUC would have met first, and for tools that read unfinished texts.</summary>
    internal static Chunk ParseUpTo(int cut, byte[] source, byte[] chunkName, int enclosingLevels)
    {
        var parser = new Parser(source, chunkName, enclosingLevels, cut);
        var main = parser.ParseMain();
        return new Chunk(source, chunkName, main, parser._lexer.Comments);
    }

    /// <summary>Parses a whole text; the chunk's name is taken as UTF-8.</summary>
    public static Chunk Parse(byte[] source, string chunkName) => Parse(source, Encoding.UTF8.GetBytes(chunkName));

    private FunctionNode ParseMain()
    {
        var main = _scope.Node;
        main.IsVararg = true;
        main.Line = 1;
        _lexer.Next();
        main.Body = ParseBlock();
        if (_lexer.Current.Kind != TokenKind.EndOfStream) throw Expected(TokenKind.EndOfStream);
        main.End = _lexer.Mark;
        return main;
    }

    // ---- tokens ----

    private TokenKind Kind => _lexer.Current.Kind;

    private bool Accept(TokenKind kind)
    {
        if (Kind != kind) return false;
        _lexer.Next();
        return true;
    }

    private void Expect(TokenKind kind)
    {
        if (!Accept(kind) && !Completes()) throw Expected(kind);
    }

    /// <summary>The text is cut here: what is missing may be made up instead of being an error.</summary>
    private bool Completes() => _lexer.PassCut();

    /// <summary>Takes the token that closes what <paramref name="opened"/> began on <paramref name="line"/>.</summary>
    private void ExpectClose(TokenKind kind, TokenKind opened, int line)
    {
        if (Accept(kind) || Completes()) return;
        if (line == _lexer.LineNumber) throw Expected(kind);
        throw _lexer.Error($"'{TokenNames.Of(kind)}' expected (to close '{TokenNames.Of(opened)}' at line {line})");
    }

    private Name ExpectName()
    {
        if (Kind != TokenKind.Name) return Completes() ? _lexer.Names.Get("") : throw Expected(TokenKind.Name);
        var name = _lexer.Current.Name!;
        _lexer.Next();
        return name;
    }

    private LuaSyntaxException Expected(TokenKind kind) => _lexer.Error($"'{TokenNames.Of(kind)}' expected");

    private void EnterLevel()
    {
        if (++_levels > LevelsMax && !Completes()) throw _lexer.ErrorWithoutNear("chunk has too many syntax levels");
    }

    private void LeaveLevel() => _levels--;

    private void CheckLimit(FunctionScope scope, int value, int limit, string what)
    {
        if (value <= limit || Completes()) return;
        throw _lexer.ErrorWithoutNear(scope.Node.LineDefined == 0
            ? $"main function has more than {limit} {what}"
            : $"function at line {scope.Node.LineDefined} has more than {limit} {what}");
    }

    // ---- scopes ----

    /// <summary>Reads the name of a new local, the <paramref name="pending"/>th of those not yet active.</summary>
    private LocalVariable DeclareNamed(int pending)
    {
        var line = _lexer.LineNumber;
        var offset = _lexer.Current.Offset;
        var name = ExpectName();
        CheckLocals(pending);
        return new LocalVariable(name, line, offset);
    }

    private LocalVariable DeclareHidden(string name, int pending)
    {
        CheckLocals(pending);
        return new LocalVariable(_lexer.Names.Get(name), _lexer.LineNumber, _lexer.Current.Offset);
    }

    private void CheckLocals(int pending) => CheckLimit(_scope, _scope.ActiveCount + pending + 1, FunctionScope.LocalsMax, "local variables");

    private void Activate(List<LocalVariable> variables)
    {
        foreach (var variable in variables) _scope.Activate(variable);
    }

    // ---- blocks ----

    /// <summary>A block with its own scope.</summary>
    private Block ParseScopedBlock()
    {
        var active = _scope.ActiveCount;
        var block = ParseBlock();
        _scope.RemoveTo(active);
        return block;
    }

    private Block ParseBlock()
    {
        var block = new Block(_lexer.Mark);
        EnterLevel();
        var isLast = false;
        while (!isLast && !EndsBlock(Kind))
        {
            var line = _lexer.LineNumber;
            var offset = _lexer.Current.Offset;
            var statement = ParseStatement(line);
            statement.Line = line;
            statement.Offset = offset;
            statement.End = _lexer.Mark;
            block.Statements.Add(statement);
            isLast = statement is ReturnStatement or BreakStatement;
            Accept(TokenKind.Semicolon);
        }
        block.End = _lexer.Mark;
        LeaveLevel();
        return block;
    }

    private static bool EndsBlock(TokenKind kind) =>
        kind is TokenKind.Else or TokenKind.ElseIf or TokenKind.End or TokenKind.Until or TokenKind.EndOfStream;

    private Statement ParseStatement(int line)
    {
        switch (Kind)
        {
            case TokenKind.If: return ParseIf(line);
            case TokenKind.While: return ParseWhile(line);
            case TokenKind.Do: return ParseDo(line);
            case TokenKind.For: return ParseFor(line);
            case TokenKind.Repeat: return ParseRepeat(line);
            case TokenKind.Function: return ParseFunctionStatement(line);
            case TokenKind.Local:
                _lexer.Next();
                return Accept(TokenKind.Function) ? ParseLocalFunction() : ParseLocal();
            case TokenKind.Return: return ParseReturn();
            case TokenKind.Break:
                _lexer.Next();
                if (_scope.LoopDepth > 0) return new BreakStatement();
                if (Completes()) return new ReturnStatement([]);
                throw _lexer.Error("no loop to break");
            default: return ParseExpressionStatement();
        }
    }

    private DoStatement ParseDo(int line)
    {
        _lexer.Next();
        var body = ParseScopedBlock();
        ExpectClose(TokenKind.End, TokenKind.Do, line);
        return new DoStatement(body);
    }

    private IfStatement ParseIf(int line)
    {
        var clauses = new List<IfClause>(1);
        do clauses.Add(ParseIfClause());
        while (Kind == TokenKind.ElseIf);
        var otherwise = Accept(TokenKind.Else) ? ParseScopedBlock() : null;
        ExpectClose(TokenKind.End, TokenKind.If, line);
        return new IfStatement(clauses, otherwise);
    }

    private IfClause ParseIfClause()
    {
        _lexer.Next(); // 'if' or 'elseif'
        var condition = ParseExpression();
        Expect(TokenKind.Then);
        return new IfClause(condition, ParseScopedBlock());
    }

    private WhileStatement ParseWhile(int line)
    {
        _lexer.Next();
        var condition = ParseExpression();
        _scope.LoopDepth++;
        Expect(TokenKind.Do);
        var body = ParseScopedBlock();
        ExpectClose(TokenKind.End, TokenKind.While, line);
        _scope.LoopDepth--;
        return new WhileStatement(condition, body);
    }

    private RepeatStatement ParseRepeat(int line)
    {
        var active = _scope.ActiveCount;
        _scope.LoopDepth++;
        _lexer.Next();
        var body = ParseBlock();
        ExpectClose(TokenKind.Until, TokenKind.Repeat, line);
        var condition = ParseExpression();
        _scope.RemoveTo(active);
        _scope.LoopDepth--;
        return new RepeatStatement(body, condition);
    }

    private Statement ParseFor(int line)
    {
        var active = _scope.ActiveCount;
        _scope.LoopDepth++;
        _lexer.Next();
        var nameLine = _lexer.LineNumber;
        var nameOffset = _lexer.Current.Offset;
        var name = ExpectName();
        Statement loop = Kind switch
        {
            TokenKind.Assign => ParseNumericFor(name, nameLine, nameOffset),
            TokenKind.Comma or TokenKind.In => ParseGenericFor(name, nameLine, nameOffset),
            _ when Completes() => ParseGenericFor(name, nameLine, nameOffset),
            _ => throw _lexer.Error("'=' or 'in' expected"),
        };
        ExpectClose(TokenKind.End, TokenKind.For, line);
        _scope.LoopDepth--;
        _scope.RemoveTo(active);
        return loop;
    }

    private NumericForStatement ParseNumericFor(Name name, int nameLine, int nameOffset)
    {
        var hidden = DeclareThreeHidden("(for index)", "(for limit)", "(for step)");
        CheckLocals(3);
        var variable = new LocalVariable(name, nameLine, nameOffset);
        Expect(TokenKind.Assign);
        var first = ParseExpression();
        Expect(TokenKind.Comma);
        var last = ParseExpression();
        var step = Accept(TokenKind.Comma) ? ParseExpression() : null;
        var body = ParseForBody(hidden, [variable]);
        return new NumericForStatement(variable, first, last, step, body);
    }

    private GenericForStatement ParseGenericFor(Name name, int nameLine, int nameOffset)
    {
        var hidden = DeclareThreeHidden("(for generator)", "(for state)", "(for control)");
        CheckLocals(3);
        var variables = new List<LocalVariable>(2) { new(name, nameLine, nameOffset) };
        while (Accept(TokenKind.Comma)) variables.Add(DeclareNamed(3 + variables.Count));
        Expect(TokenKind.In);
        var listLine = _lexer.LineNumber;
        var values = ParseExpressionList();
        var body = ParseForBody(hidden, variables);
        return new GenericForStatement(variables, values, listLine, body);
    }

    private List<LocalVariable> DeclareThreeHidden(string first, string second, string third) =>
        [DeclareHidden(first, 0), DeclareHidden(second, 1), DeclareHidden(third, 2)];

    private Block ParseForBody(List<LocalVariable> hidden, List<LocalVariable> variables)
    {
        Activate(hidden);
        Expect(TokenKind.Do);
        Activate(variables);
        return ParseScopedBlock(); // the caller's RemoveTo takes the loop's own variables
    }

    private FunctionStatement ParseFunctionStatement(int line)
    {
        _lexer.Next();
        var before = _lexer.Mark;
        var offset = _lexer.Current.Offset;
        var targetLine = _lexer.LineNumber;
        Expression target = ParseName();
        var suffixes = new List<Suffix>();
        while (Kind == TokenKind.Dot) suffixes.Add(ParseField());
        var isMethod = Kind == TokenKind.Colon;
        if (isMethod) suffixes.Add(ParseField());
        if (suffixes.Count > 0)
        {
            target = new SuffixedExpression(target, suffixes) { Offset = offset, Line = targetLine, Before = before, End = _lexer.Mark };
        }
        return new FunctionStatement(target, isMethod, ParseFunctionBody(isMethod, line));
    }

    private LocalFunctionStatement ParseLocalFunction()
    {
        var variable = DeclareNamed(0);
        _scope.Activate(variable);
        return new LocalFunctionStatement(variable, ParseFunctionBody(isMethod: false, _lexer.LineNumber));
    }

    private LocalStatement ParseLocal()
    {
        var variables = new List<LocalVariable>(1);
        do variables.Add(DeclareNamed(variables.Count));
        while (Accept(TokenKind.Comma));
        var values = Accept(TokenKind.Assign) ? ParseExpressionList() : [];
        Activate(variables);
        return new LocalStatement(variables, values);
    }

    private ReturnStatement ParseReturn()
    {
        _lexer.Next();
        return new ReturnStatement(EndsBlock(Kind) || Kind == TokenKind.Semicolon ? [] : ParseExpressionList());
    }

    private Statement ParseExpressionStatement()
    {
        var first = ParsePrimary();
        if (first is SuffixedExpression chain && chain.Suffixes[chain.Suffixes.Count - 1] is CallSuffix) return new CallStatement(chain);
        CheckAssignable(first);
        var targets = new List<Expression>(1) { first };
        while (Accept(TokenKind.Comma))
        {
            var target = ParsePrimary();
            // PUC parses a list of targets by recursion and so counts it against the C level limit.
            CheckLimit(_scope, targets.Count, LevelsMax - _levels, "variables in assignment");
            CheckAssignable(target);
            targets.Add(target);
        }
        Expect(TokenKind.Assign);
        return new AssignmentStatement(targets, ParseExpressionList());
    }

    private void CheckAssignable(Expression target)
    {
        var assignable = target is NameExpression
            || target is SuffixedExpression chain && chain.Suffixes[chain.Suffixes.Count - 1] is not CallSuffix;
        if (!assignable && !Completes()) throw _lexer.Error("syntax error");
    }

    // ---- functions ----

    private FunctionNode ParseFunctionBody(bool isMethod, int line)
    {
        var node = new FunctionNode { LineDefined = line, Line = line, Offset = _lexer.Current.Offset };
        _scope = new FunctionScope(_scope, node);
        Expect(TokenKind.OpenParenthesis);
        if (isMethod)
        {
            node.Parameters.Add(DeclareHidden(Self, 0));
            Activate(node.Parameters);
        }
        ParseParameters(node);
        Expect(TokenKind.CloseParenthesis);
        node.Body = ParseBlock();
        node.LastLineDefined = _lexer.LineNumber;
        ExpectClose(TokenKind.End, TokenKind.Function, line);
        node.End = _lexer.Mark;
        _scope.RemoveTo(0);
        _scope = _scope.Parent!;
        return node;
    }

    private void ParseParameters(FunctionNode node)
    {
        var parameters = new List<LocalVariable>();
        if (Kind != TokenKind.CloseParenthesis)
        {
            do
            {
                switch (Kind)
                {
                    case TokenKind.Name:
                        parameters.Add(DeclareNamed(parameters.Count));
                        break;
                    case TokenKind.Dots:
                        _lexer.Next();
                        parameters.Add(DeclareHidden(Arg, parameters.Count));
                        node.IsVararg = true;
                        node.HasArg = true;
                        break;
                    default:
                        if (!Completes()) throw _lexer.Error("<name> or '...' expected");
                        break;
                }
            }
            while (!node.IsVararg && Accept(TokenKind.Comma));
        }
        Activate(parameters);
        node.Parameters.AddRange(parameters);
    }
}
