// The tree of a chunk: what the parser makes; the compiler, the analyzers, coverage and the debugger read it.
// Always true: names are resolved (local, upvalue or global, with their index), and no node nests deeper than the level limit of 200:
// chains that a hostile text can make long (a.b.c.d, 1+1+1, elseif) are flat lists, so a recursive walk is safe in any stack.
namespace Evalsha.Lua.Syntax;

/// <summary>A piece of source. Immutable after the parse, except what is said on <see cref="LocalVariable"/>.</summary>
public abstract class Node
{
    /// <summary>Offset of the first byte.</summary>
    public int Offset { get; internal set; }

    /// <summary>The line of the first token, from 1.</summary>
    public int Line { get; internal set; }

    /// <summary>The last token of the node.</summary>
    public SourceMark End { get; internal set; }
}

/// <summary>A whole source text: its main function, which takes <c>...</c>.</summary>
public sealed class Chunk
{
    internal Chunk(byte[] source, byte[] chunkName, FunctionNode main, IReadOnlyList<Comment> comments)
    {
        Source = source;
        ChunkName = chunkName;
        Main = main;
        Comments = comments;
    }

    public byte[] Source { get; }
    public byte[] ChunkName { get; }
    public FunctionNode Main { get; }
    public IReadOnlyList<Comment> Comments { get; }
}

/// <summary>A function body with its parameters, or the main function.</summary>
public sealed class FunctionNode : Node
{
    /// <summary>Fixed parameters in order; a method's <c>self</c> is the first, the hidden <c>arg</c> of a vararg function the last.</summary>
    public List<LocalVariable> Parameters { get; } = [];

    /// <summary>The variables of enclosing functions that this one uses, in the order of first use.</summary>
    public List<UpvalueNode> Upvalues { get; } = [];
    public bool IsVararg { get; internal set; }

    /// <summary>The hidden local <c>arg</c> exists: every vararg function but the main one.</summary>
    public bool HasArg { get; internal set; }

    /// <summary><c>...</c> itself stands in the body (then <c>arg</c> stays nil).</summary>
    public bool UsesDots { get; internal set; }

    /// <summary>The line that names the function in tracebacks; 0 for the main function.</summary>
    public int LineDefined { get; internal set; }
    public int LastLineDefined { get; internal set; }
    public Block Body { get; internal set; } = null!;
}

/// <summary>One upvalue of a function.</summary>
public sealed class UpvalueNode(LocalVariable variable, bool fromParentLocal, int index)
{
    public LocalVariable Variable { get; } = variable;
    /// <summary>Captured from a register of the enclosing function, else from an upvalue of it.</summary>
    public bool FromParentLocal { get; } = fromParentLocal;
    /// <summary>That register or upvalue.</summary>
    public int Index { get; } = index;
}

/// <summary>A declared local variable or parameter.</summary>
public sealed class LocalVariable(Name name, int line, int offset)
{
    public Name Name { get; } = name;
    public int Line { get; } = line;
    /// <summary>Where its name stands; for a hidden variable, where the statement begins.</summary>
    public int Offset { get; } = offset;
    /// <summary>Its register; set when its scope begins.</summary>
    public int Slot { get; internal set; }
    /// <summary>An inner function uses it.</summary>
    public bool IsCaptured { get; internal set; }
    internal FunctionScope? Owner { get; set; }
    internal LocalVariable? Shadowed { get; set; }
}

/// <summary>Statements with one scope.</summary>
public sealed class Block
{
    internal Block(SourceMark begin) => Begin = begin;

    public List<Statement> Statements { get; } = [];
    /// <summary>The token before the first statement.</summary>
    public SourceMark Begin { get; }
    /// <summary>The last token of the last statement, its semicolon included; <see cref="Begin"/> when empty.</summary>
    public SourceMark End { get; internal set; }
}
