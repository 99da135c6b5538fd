// The expressions of Lua 5.1; see Tree.cs for what always holds.
namespace Evalsha.Lua.Syntax;

public abstract class Expression : Node
{
    /// <summary>The token before the expression: what the line information of code made ahead of its first token names.</summary>
    public SourceMark Before { get; internal set; }
}

public sealed class NilExpression : Expression;

public sealed class BooleanExpression(bool value) : Expression
{
    public bool Value { get; } = value;
}

public sealed class NumberExpression(double value) : Expression
{
    public double Value { get; } = value;
}

public sealed class StringExpression(byte[] value) : Expression
{
    public byte[] Value { get; } = value;
}

/// <summary><c>...</c></summary>
public sealed class DotsExpression : Expression;

/// <summary><c>function () ... end</c></summary>
public sealed class FunctionExpression(FunctionNode function) : Expression
{
    public FunctionNode Function { get; } = function;
}

public enum NameScope : byte { Global, Local, Upvalue }

/// <summary>A variable by its name.</summary>
public sealed class NameExpression(Name name, NameScope scope, int index, LocalVariable? variable) : Expression
{
    public Name Name { get; } = name;
    public NameScope Scope { get; } = scope;
    /// <summary>Register of a local, number of an upvalue, -1 for a global.</summary>
    public int Index { get; } = index;
    /// <summary>What the name stands for, unless it is global.</summary>
    public LocalVariable? Variable { get; } = variable;
}

/// <summary><c>(e)</c>: one value, however many e gives.</summary>
public sealed class ParenthesizedExpression(Expression inner) : Expression
{
    public Expression Inner { get; } = inner;
}

/// <summary>A name or a parenthesis followed by fields, indexes and calls, applied from left to right.</summary>
public sealed class SuffixedExpression(Expression head, List<Suffix> suffixes) : Expression
{
    public Expression Head { get; } = head;
    /// <summary>At least one.</summary>
    public List<Suffix> Suffixes { get; } = suffixes;
}

public abstract class Suffix : Node;

/// <summary><c>.name</c> (or the <c>:name</c> of a function statement)</summary>
public sealed class FieldSuffix(Name name) : Suffix
{
    public Name Name { get; } = name;
}

/// <summary><c>[key]</c></summary>
public sealed class IndexSuffix(Expression key) : Suffix
{
    public Expression Key { get; } = key;
}

/// <summary><c>(arguments)</c>, <c>"text"</c>, <c>{table}</c>, or <c>:method</c> before one of these.</summary>
public sealed class CallSuffix(Name? method, SourceMark methodEnd, int argumentLine, List<Expression> arguments) : Suffix
{
    /// <summary>Null in a plain call.</summary>
    public Name? Method { get; } = method;
    /// <summary>The method's name as a token; meaningless in a plain call.</summary>
    public SourceMark MethodEnd { get; } = methodEnd;
    /// <summary>The line of the first token of the arguments, which is the line of the call in error texts.</summary>
    public int ArgumentLine { get; } = argumentLine;
    public List<Expression> Arguments { get; } = arguments;
}

/// <summary><c>{ ... }</c></summary>
public sealed class TableExpression(List<TableItem> items) : Expression
{
    public List<TableItem> Items { get; } = items;
}

/// <summary><c>value</c>, <c>name = value</c> or <c>[key] = value</c>.</summary>
public sealed class TableItem(SourceMark before, Expression? key, Expression value)
{
    /// <summary>The token before the item.</summary>
    public SourceMark Before { get; } = before;
    /// <summary>Null for a positional value; a name is a <see cref="StringExpression"/>.</summary>
    public Expression? Key { get; } = key;
    public Expression Value { get; } = value;
}

public enum UnaryOperator : byte { Minus, Not, Length }

public sealed class UnaryExpression(UnaryOperator op, Expression operand) : Expression
{
    public UnaryOperator Operator { get; } = op;
    public Expression Operand { get; } = operand;
}

/// <summary>In PUC's order.</summary>
public enum BinaryOperator : byte
{
    Add, Subtract, Multiply, Divide, Modulo, Power, Concat, NotEqual, Equal, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or,
}

/// <summary><c>first op right op right ...</c>: each operator is applied to all on its left.
/// Operators of one chain may differ (<c>a+b-c</c>, <c>a*b+c</c>); a tighter or right-associative one nests in the right operand.</summary>
public sealed class BinaryChainExpression(Expression first, List<BinaryLink> links) : Expression
{
    public Expression First { get; } = first;
    /// <summary>At least one.</summary>
    public List<BinaryLink> Links { get; } = links;
}

public sealed class BinaryLink(BinaryOperator op, int offset, Expression right)
{
    public BinaryOperator Operator { get; } = op;
    /// <summary>Where the operator stands.</summary>
    public int Offset { get; } = offset;
    public Expression Right { get; } = right;
}
