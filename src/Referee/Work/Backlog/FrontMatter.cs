// The front matter of one Markdown file: names with a text or a list of texts, nothing deeper, each with its line.
// Always: read from YAML's event stream, so no nesting, no alias and no tag of a hostile file can cost depth or memory; every fault is a FrontMatterException with its line.
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Referee.Work.Backlog;

/// <summary>The front matter cannot be understood. <see cref="Line"/> counts from the first line of the front matter's text.</summary>
internal sealed class FrontMatterException(int line, string reason) : Exception(reason)
{
    public int Line { get; } = line;
}

/// <param name="Line">Counted from 1 in the front matter's text.</param>
internal sealed record FrontMatterField(string Name, int Line, IReadOnlyList<string> Texts, bool IsList);

internal static class FrontMatter
{
    public const int FieldsMax = 64;
    public const int TextsMax = 256;

    /// <exception cref="FrontMatterException">Not a flat mapping of texts and lists of texts.</exception>
    public static IReadOnlyList<FrontMatterField> Read(string yaml)
    {
        try
        {
            return ReadDocument(new Parser(new StringReader(yaml)));
        }
        catch (YamlException cause)
        {
            throw new FrontMatterException(LineOf(cause.Start), $"not YAML: {cause.InnerException?.Message ?? cause.Message}");
        }
        catch (Exception cause) when (cause is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException or OverflowException)
        {
            throw new FrontMatterException(1, $"not YAML: {cause.Message}"); // The parser's own slips on broken input.
        }
    }

    private static List<FrontMatterField> ReadDocument(Parser parser)
    {
        var fields = new List<FrontMatterField>();
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
        {
            return fields;
        }

        parser.Consume<DocumentStart>();
        if (parser.TryConsume<Scalar>(out var nothing) && nothing.Value.Length == 0)
        {
            return fields;
        }

        if (nothing is not null || !parser.TryConsume<MappingStart>(out _))
        {
            throw new FrontMatterException(LineOf(nothing?.Start ?? parser.Current?.Start ?? default), "expected lines of the form `name: value`");
        }

        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var field = ReadField(parser);
            if (fields.Count == FieldsMax)
            {
                throw new FrontMatterException(field.Line, $"at most {FieldsMax} fields");
            }

            if (fields.Exists(other => other.Name == field.Name))
            {
                throw new FrontMatterException(field.Line, $"`{field.Name}` is there twice");
            }

            fields.Add(field);
        }

        return fields;
    }

    private static FrontMatterField ReadField(Parser parser)
    {
        if (!parser.TryConsume<Scalar>(out var name))
        {
            throw new FrontMatterException(LineOf(parser.Current?.Start ?? default), "a field's name is a plain word");
        }

        var line = LineOf(name.Start);
        if (parser.TryConsume<Scalar>(out var text))
        {
            return new FrontMatterField(name.Value, line, [text.Value], IsList: false);
        }

        if (!parser.TryConsume<SequenceStart>(out _))
        {
            throw new FrontMatterException(line, $"`{name.Value}` is a text or a list of texts");
        }

        var texts = new List<string>();
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            if (!parser.TryConsume<Scalar>(out var entry))
            {
                throw new FrontMatterException(LineOf(parser.Current?.Start ?? name.Start), $"`{name.Value}` is a list of texts, nothing deeper");
            }

            if (texts.Count == TextsMax)
            {
                throw new FrontMatterException(line, $"at most {TextsMax} entries in `{name.Value}`");
            }

            texts.Add(entry.Value);
        }

        return new FrontMatterField(name.Value, line, texts, IsList: true);
    }

    private static int LineOf(Mark mark) => (int)Math.Clamp(mark.Line, 1, int.MaxValue);
}
