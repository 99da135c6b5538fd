// A policy document that cannot be used: says which file, which line, which value, and what was wanted there.
// Always thrown before anything is stored or compiled, so a broken document changes nothing.
namespace Referee.Workflows;

public sealed class PolicyException(string file, int line, string path, string problem, Exception? cause = null)
    : Exception(path.Length == 0 ? $"{file}({line}): {problem}" : $"{file}({line}): {path}: {problem}", cause)
{
    public string File { get; } = file;

    /// <summary>Counted from 1.</summary>
    public int Line { get; } = line;

    /// <summary>The place in the document, such as <c>edges[0].require[1].tier</c>; empty for the document itself.</summary>
    public string Path { get; } = path;

    public string Problem { get; } = problem;
}
