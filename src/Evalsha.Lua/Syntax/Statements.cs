// The statements of Lua 5.1; see Tree.cs for what always holds.
namespace Evalsha.Lua.Syntax;

public abstract class Statement : Node;

/// <summary><c>do ... end</c></summary>
public sealed class DoStatement(Block body) : Statement
{
    public Block Body { get; } = body;
}

/// <summary><c>if c then ... elseif c then ... else ... end</c></summary>
public sealed class IfStatement(List<IfClause> clauses, Block? otherwise) : Statement
{
    public List<IfClause> Clauses { get; } = clauses;
    public Block? Else { get; } = otherwise;
}

public sealed class IfClause(Expression condition, Block body)
{
    public Expression Condition { get; } = condition;
    public Block Body { get; } = body;
}

/// <summary><c>while c do ... end</c></summary>
public sealed class WhileStatement(Expression condition, Block body) : Statement
{
    public Expression Condition { get; } = condition;
    public Block Body { get; } = body;
}

/// <summary><c>repeat ... until c</c>; the condition sees the locals of the body.</summary>
public sealed class RepeatStatement(Block body, Expression condition) : Statement
{
    public Block Body { get; } = body;
    public Expression Condition { get; } = condition;
}

/// <summary><c>for v = a, b, c do ... end</c></summary>
public sealed class NumericForStatement(LocalVariable variable, Expression first, Expression last, Expression? step, Block body) : Statement
{
    public LocalVariable Variable { get; } = variable;
    public Expression First { get; } = first;
    public Expression Last { get; } = last;
    public Expression? Step { get; } = step;
    public Block Body { get; } = body;
}

/// <summary><c>for a, b in list do ... end</c></summary>
public sealed class GenericForStatement(List<LocalVariable> variables, List<Expression> values, int listLine, Block body) : Statement
{
    public List<LocalVariable> Variables { get; } = variables;
    public List<Expression> Values { get; } = values;
    /// <summary>The line of the first token of the list; errors in the iterator's call name it.</summary>
    public int ListLine { get; } = listLine;
    public Block Body { get; } = body;
}

/// <summary><c>function a.b.c:m() ... end</c></summary>
public sealed class FunctionStatement(Expression target, bool isMethod, FunctionNode function) : Statement
{
    /// <summary>A name, or a chain that ends in a field (the method's name, if it is one).</summary>
    public Expression Target { get; } = target;
    public bool IsMethod { get; } = isMethod;
    public FunctionNode Function { get; } = function;
}

/// <summary><c>local function f() ... end</c></summary>
public sealed class LocalFunctionStatement(LocalVariable variable, FunctionNode function) : Statement
{
    public LocalVariable Variable { get; } = variable;
    public FunctionNode Function { get; } = function;
}

/// <summary><c>local a, b = 1, 2</c></summary>
public sealed class LocalStatement(List<LocalVariable> variables, List<Expression> values) : Statement
{
    public List<LocalVariable> Variables { get; } = variables;
    public List<Expression> Values { get; } = values;
}

/// <summary><c>a, b.c = 1, 2</c></summary>
public sealed class AssignmentStatement(List<Expression> targets, List<Expression> values) : Statement
{
    /// <summary>Each a name, or a chain that ends in a field or an index.</summary>
    public List<Expression> Targets { get; } = targets;
    public List<Expression> Values { get; } = values;
}

/// <summary><c>f(x)</c> as a statement.</summary>
public sealed class CallStatement(SuffixedExpression call) : Statement
{
    /// <summary>A chain that ends in a call.</summary>
    public SuffixedExpression Call { get; } = call;
}

/// <summary><c>return a, b</c></summary>
public sealed class ReturnStatement(List<Expression> values) : Statement
{
    public List<Expression> Values { get; } = values;
}

/// <summary><c>break</c>; always inside a loop of the same function.</summary>
public sealed class BreakStatement : Statement;
