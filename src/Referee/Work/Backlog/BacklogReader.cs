// Reads work items out of Markdown files with YAML front matter: id, title, priority, depends, labels, workflow, acceptance.
// Always: a file that cannot be understood is an error with file, line and reason, and never stops the others; no input ends in an exception.
// What comes out is in an order that can be submitted: each item after those it depends on; a circle is an error of every file in it.
using System.Globalization;
using Referee.Records;

namespace Referee.Work.Backlog;

public static class BacklogReader
{
    public const int FilesMax = 10_000;
    public const int FileBytesMax = 256 * 1024;

    private static readonly string[] Known = ["id", "title", "priority", "depends", "labels", "workflow", "acceptance"];

    /// <summary>Reads every <c>*.md</c> of a folder, in the order of their names; files without front matter, such as a README, are left out.</summary>
    /// <exception cref="IOException">The folder or a file cannot be read.</exception>
    public static BacklogContent ReadFolder(string folder, string workflow = "")
    {
        var paths = Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal).Take(FilesMax + 1).ToList();
        var errors = new List<BacklogError>();
        if (paths.Count > FilesMax)
        {
            errors.Add(new BacklogError(folder, 1, $"at most {FilesMax} files; the others were left out"));
        }

        var files = new List<(string File, string Text)>();
        foreach (var path in paths.Take(FilesMax))
        {
            if (new FileInfo(path).Length > FileBytesMax)
            {
                errors.Add(new BacklogError(path, 1, $"at most {FileBytesMax} bytes"));
                continue;
            }

            var text = File.ReadAllText(path);
            if (text.StartsWith("---", StringComparison.Ordinal))
            {
                files.Add((path, text));
            }
        }

        var content = Read(files, workflow);
        return content with { Errors = [.. errors, .. content.Errors] };
    }

    /// <summary>Reads files that are at hand. <paramref name="workflow"/> is for items that name none.</summary>
    public static BacklogContent Read(IEnumerable<(string File, string Text)> files, string workflow = "")
    {
        var errors = new List<BacklogError>();
        var items = new List<BacklogItem>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (file, text) in files)
        {
            if (ReadOne(file, text, workflow, errors) is not { } item)
            {
                continue;
            }

            if (names.TryAdd(item.Request.Item, file))
            {
                items.Add(item);
            }
            else
            {
                errors.Add(new BacklogError(file, item.Line, $"the id {item.Request.Item} is already in {names[item.Request.Item]}"));
            }
        }

        return new BacklogContent(BacklogOrder.Sort(items, errors), errors);
    }

    private static BacklogItem? ReadOne(string file, string text, string workflow, List<BacklogError> errors)
    {
        var lines = text.ReplaceLineEndings("\n").TrimStart('\uFEFF').Split('\n');
        if (lines[0].TrimEnd() != "---")
        {
            errors.Add(new BacklogError(file, 1, "no front matter: the first line is `---`"));
            return null;
        }

        var end = Array.FindIndex(lines, 1, line => line.TrimEnd() == "---");
        if (end < 0)
        {
            errors.Add(new BacklogError(file, 1, "the front matter has no end: a second line `---`"));
            return null;
        }

        IReadOnlyList<FrontMatterField> fields;
        try
        {
            fields = FrontMatter.Read(string.Join('\n', lines[1..end]));
        }
        catch (FrontMatterException fault)
        {
            errors.Add(new BacklogError(file, Math.Min(fault.Line + 1, lines.Length), fault.Message));
            return null;
        }

        var before = errors.Count;
        var unknown = fields.FirstOrDefault(field => !Known.Contains(field.Name) && !field.Name.StartsWith("x-", StringComparison.Ordinal));
        if (unknown is not null)
        {
            errors.Add(new BacklogError(file, unknown.Line + 1, $"`{unknown.Name}` is not one of {string.Join(", ", Known)} (or a field of your own that begins with x-)"));
        }

        var body = MarkdownBody.Read(lines.AsSpan(end + 1));
        var request = new SubmitRequest(
            One(file, fields, "id", errors) ?? Path.GetFileNameWithoutExtension(file),
            One(file, fields, "title", errors) ?? body.Title,
            One(file, fields, "workflow", errors) ?? workflow)
        {
            Body = body.Text,
            Priority = Priority(file, fields, errors),
            DependsOn = Many(fields, "depends"),
            Labels = Many(fields, "labels"),
            AcceptanceCriteria = fields.FirstOrDefault(field => field.Name == "acceptance")?.Texts ?? body.Criteria,
        };
        if (errors.Count == before && SubmitCheck.Refuse(request) is { } refusal)
        {
            var line = (fields.FirstOrDefault(field => field.Name == FieldOf(refusal.Path))?.Line ?? 0) + 1;
            errors.Add(new BacklogError(file, line, $"{FieldOf(refusal.Path)}: wanted {refusal.Wanted}, got {refusal.Got}"));
        }

        return errors.Count == before ? new BacklogItem(file, 1, request) : null;
    }

    private static string FieldOf(string path) => path switch
    {
        "item" => "id",
        "dependsOn" => "depends",
        "acceptanceCriteria" => "acceptance",
        _ => path,
    };

    private static string? One(string file, IReadOnlyList<FrontMatterField> fields, string name, List<BacklogError> errors)
    {
        var field = fields.FirstOrDefault(field => field.Name == name);
        if (field is null)
        {
            return null;
        }

        if (field.IsList)
        {
            errors.Add(new BacklogError(file, field.Line + 1, $"`{name}` is one text, not a list"));
            return null;
        }

        return field.Texts[0];
    }

    /// <summary>A list, or one text with commas.</summary>
    private static IReadOnlyList<string> Many(IReadOnlyList<FrontMatterField> fields, string name) =>
        fields.FirstOrDefault(field => field.Name == name) switch
        {
            null => [],
            { IsList: true } list => list.Texts,
            var text => text.Texts[0].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        };

    private static int Priority(string file, IReadOnlyList<FrontMatterField> fields, List<BacklogError> errors)
    {
        var field = fields.FirstOrDefault(field => field.Name == "priority");
        var text = One(file, fields, "priority", errors);
        if (text is null)
        {
            return 100;
        }

        var named = text.ToUpperInvariant() switch
        {
            "P0" or "CRITICAL" => 250,
            "P1" or "HIGH" => 200,
            "P2" or "MEDIUM" or "NORMAL" => 100,
            "P3" or "LOW" => 50,
            _ => -1,
        };
        if (named >= 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out named) && named <= IndexScore.PriorityMax))
        {
            return named;
        }

        errors.Add(new BacklogError(file, field!.Line + 1, $"`priority` is 0 to {IndexScore.PriorityMax}, P0 to P3, or critical, high, normal, low"));
        return 100;
    }
}
