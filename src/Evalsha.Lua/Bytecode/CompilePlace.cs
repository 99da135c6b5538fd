// How far PUC's single pass would have read at this point of ours: gives instructions their line and late errors their "near" token.
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Bytecode;

internal sealed class CompilePlace(Chunk chunk)
{
    /// <summary>The last token taken.</summary>
    internal SourceMark Mark { get; set; } = new(1, 0);

    /// <summary>What is compiled now was made up to complete a text that breaks off.</summary>
    internal bool IsPastCut => Mark.Offset == SourceMark.PastCut;

    /// <summary>A limit found while making code. The token that PUC names is the one after the mark; it is read again, since that happens once.</summary>
    internal LuaSyntaxException Error(string message)
    {
        var lexer = new Lexer(chunk.Source, chunk.ChunkName, Mark.Offset, Mark.Line, int.MaxValue);
        lexer.Next();
        return lexer.Error(message);
    }

    /// <summary>A limit that PUC reports without any position.</summary>
    internal LuaSyntaxException ErrorWithoutPlace(string message) => LuaSyntaxException.WithoutPlace(message, Mark.Line, Mark.Offset);
}
