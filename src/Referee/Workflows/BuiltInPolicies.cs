// The policies that come with the program: `prp`, a request that goes through five stages, and `code-change`, the usual one.
// Always: documents like any other; nothing in the code knows their names.
using System.Collections.Concurrent;
using System.Text;

namespace Referee.Workflows;

public static class BuiltInPolicies
{
    private static readonly ConcurrentDictionary<string, WorkflowPolicy> Known = new(StringComparer.Ordinal);

    public static IReadOnlyList<string> Names { get; } = ["code-change", "prp"];

    public static WorkflowPolicy CodeChange => Get("code-change");

    public static WorkflowPolicy Prp => Get("prp");

    /// <exception cref="KeyNotFoundException">No policy of that name comes with the program.</exception>
    public static WorkflowPolicy Get(string name) => Known.GetOrAdd(name, static known => PolicyReader.FromYaml(Document(known), $"{known}.yaml"));

    /// <summary>The document as it was written, comments included: a beginning for one's own.</summary>
    /// <exception cref="KeyNotFoundException">No policy of that name comes with the program.</exception>
    public static string Document(string name)
    {
        using var stream = typeof(BuiltInPolicies).Assembly.GetManifestResourceStream($"Workflows/Policies/{name}.yaml")
            ?? throw new KeyNotFoundException($"There is no built-in policy '{name}'; there are {string.Join(" and ", Names)}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
