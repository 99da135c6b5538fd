// The Markdown behind the front matter: the text as it is, its first heading, and the list under the heading "Acceptance criteria".
// Always: what stands inside a code fence is neither heading nor list.
using System.Text.RegularExpressions;

namespace Referee.Work.Backlog;

internal sealed partial record MarkdownBody(string Text, string Title, IReadOnlyList<string> Criteria)
{
    public static MarkdownBody Read(ReadOnlySpan<string> lines)
    {
        var title = "";
        var criteria = new List<string>();
        var (inFence, inCriteria) = (false, false);
        foreach (var line in lines)
        {
            var text = line.Trim();
            if (text.StartsWith("```", StringComparison.Ordinal) || text.StartsWith("~~~", StringComparison.Ordinal))
            {
                inFence = !inFence;
            }
            else if (!inFence && line.StartsWith('#'))
            {
                var heading = line.TrimStart('#').Trim();
                inCriteria = heading.Equals("acceptance criteria", StringComparison.OrdinalIgnoreCase);
                title = title.Length == 0 && line.StartsWith("# ", StringComparison.Ordinal) ? heading : title;
            }
            else if (!inFence && inCriteria && ListItem().Match(line) is { Success: true } item)
            {
                criteria.Add(item.Groups[1].Value.Trim());
            }
            else if (!inFence && inCriteria && text.Length > 0 && criteria.Count > 0 && char.IsWhiteSpace(line[0]))
            {
                criteria[^1] += " " + text; // The item goes on in the next line.
            }
        }

        return new MarkdownBody(string.Join('\n', lines!).Trim(), title, criteria);
    }

    [GeneratedRegex(@"^(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)$", RegexOptions.CultureInvariant)]
    private static partial Regex ListItem();
}
