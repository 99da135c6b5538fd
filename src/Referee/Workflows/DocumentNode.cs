// A policy document as a tree of nodes that know their line, whether it came as YAML or as JSON, so that one reader checks both.
// Always: a quoted scalar is text; a plain one is null, a boolean or a number when it reads as such; a key stands once in its mapping.
// Limits: 256 KB of text, 16 levels, 8,192 nodes; anchors, aliases and tags are refused, so no document grows while it is read.
using System.Globalization;
using System.Text;
using System.Text.Json;
using Referee.Records;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using Scalar = Referee.Records.Scalar;

namespace Referee.Workflows;

internal enum NodeKind
{
    Scalar,
    Sequence,
    Mapping,
}

internal sealed class DocumentNode
{
    public const int CharactersMax = 256 * 1024;
    public const int DepthMax = 16;
    public const int NodesMax = 8 * 1024;

    private DocumentNode(NodeKind kind, int line, string path) => (Kind, Line, Path) = (kind, line, path);

    public NodeKind Kind { get; }

    public int Line { get; }

    /// <summary>Where it stands, such as <c>edges[0].require[1].where</c>.</summary>
    public string Path { get; }

    public Scalar Scalar { get; private init; }

    public IReadOnlyList<DocumentNode> Items { get; private init; } = [];

    /// <summary>The pairs of a mapping, in the order of the text.</summary>
    public IReadOnlyList<KeyValuePair<string, DocumentNode>> Pairs { get; private init; } = [];

    public DocumentNode? Find(string key)
    {
        foreach (var pair in Pairs)
        {
            if (pair.Key == key)
            {
                return pair.Value;
            }
        }

        return null;
    }

    /// <exception cref="PolicyException">The text is no YAML, or goes past a limit.</exception>
    public static DocumentNode FromYaml(string text, string file)
    {
        CheckSize(text, file);
        var parser = new Parser(new StringReader(text));
        try
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _))
            {
                throw new PolicyException(file, 1, "", "the document is empty");
            }

            parser.Consume<DocumentStart>();
            var count = 0;
            var root = ReadYaml(parser, file, "", 0, ref count);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _))
            {
                throw new PolicyException(file, (int)(parser.Current?.Start.Line ?? 1), "", "one document was wanted, a second one begins here");
            }

            return root;
        }
        catch (YamlException cause)
        {
            throw new PolicyException(file, (int)cause.Start.Line, "", $"this is no YAML: {cause.Message}", cause);
        }
    }

    /// <exception cref="PolicyException">The text is no JSON, or goes past a limit.</exception>
    public static DocumentNode FromJson(string text, string file)
    {
        CheckSize(text, file);
        var bytes = Encoding.UTF8.GetBytes(text);
        var lines = new LineCounter(bytes);
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = DepthMax + 1 });
        try
        {
            if (!reader.Read())
            {
                throw new PolicyException(file, 1, "", "the document is empty");
            }

            var count = 0;
            var root = ReadJson(ref reader, lines, file, "", 0, ref count);
            if (reader.Read())
            {
                throw new PolicyException(file, lines.At(reader.TokenStartIndex), "", "one document was wanted, a second one begins here");
            }

            return root;
        }
        catch (JsonException cause)
        {
            throw new PolicyException(file, (int)(cause.LineNumber ?? 0) + 1, "", $"this is no JSON: {cause.Message}", cause);
        }
    }

    private static void CheckSize(string text, string file)
    {
        if (text.Length > CharactersMax)
        {
            throw new PolicyException(file, 1, "", $"the document has {text.Length} characters, at most {CharactersMax} are read");
        }
    }

    private static void CheckPlace(string file, int line, string path, int depth, ref int count)
    {
        if (depth > DepthMax)
        {
            throw new PolicyException(file, line, path, $"nested deeper than {DepthMax} levels");
        }

        if (++count > NodesMax)
        {
            throw new PolicyException(file, line, path, $"more than {NodesMax} values");
        }
    }

    private static DocumentNode ReadYaml(IParser parser, string file, string path, int depth, ref int count)
    {
        var line = (int)(parser.Current?.Start.Line ?? 1);
        CheckPlace(file, line, path, depth, ref count);
        if (parser.Accept<AnchorAlias>(out _) || parser.Current is NodeEvent { Anchor.IsEmpty: false })
        {
            throw new PolicyException(file, line, path, "anchors and aliases are not read");
        }

        if (parser.Current is NodeEvent { Tag: { IsEmpty: false } tag } && tag.Value != "!")
        {
            throw new PolicyException(file, line, path, "tags are not read");
        }

        if (parser.TryConsume<YamlDotNet.Core.Events.Scalar>(out var plain))
        {
            var value = plain.Style == ScalarStyle.Plain ? Plain(plain.Value) : Scalar.Of(plain.Value);
            return new DocumentNode(NodeKind.Scalar, line, path) { Scalar = value };
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = new List<DocumentNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadYaml(parser, file, $"{path}[{items.Count}]", depth + 1, ref count));
            }

            return new DocumentNode(NodeKind.Sequence, line, path) { Items = items };
        }

        parser.Consume<MappingStart>();
        var pairs = new List<KeyValuePair<string, DocumentNode>>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var keyLine = (int)(parser.Current?.Start.Line ?? 1);
            if (!parser.TryConsume<YamlDotNet.Core.Events.Scalar>(out var key))
            {
                throw new PolicyException(file, keyLine, path, "a key is a plain name");
            }

            var keyPath = Join(path, key.Value);
            CheckKey(pairs, key.Value, file, keyLine, keyPath);
            pairs.Add(new(key.Value, ReadYaml(parser, file, keyPath, depth + 1, ref count)));
        }

        return new DocumentNode(NodeKind.Mapping, line, path) { Pairs = pairs };
    }

    private static DocumentNode ReadJson(ref Utf8JsonReader reader, LineCounter lines, string file, string path, int depth, ref int count)
    {
        var line = lines.At(reader.TokenStartIndex);
        CheckPlace(file, line, path, depth, ref count);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartArray:
                var items = new List<DocumentNode>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(ReadJson(ref reader, lines, file, $"{path}[{items.Count}]", depth + 1, ref count));
                }

                return new DocumentNode(NodeKind.Sequence, line, path) { Items = items };
            case JsonTokenType.StartObject:
                var pairs = new List<KeyValuePair<string, DocumentNode>>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = reader.GetString() ?? "";
                    var keyPath = Join(path, key);
                    CheckKey(pairs, key, file, lines.At(reader.TokenStartIndex), keyPath);
                    reader.Read();
                    pairs.Add(new(key, ReadJson(ref reader, lines, file, keyPath, depth + 1, ref count)));
                }

                return new DocumentNode(NodeKind.Mapping, line, path) { Pairs = pairs };
            default:
                return new DocumentNode(NodeKind.Scalar, line, path) { Scalar = JsonScalar(ref reader, file, line, path) };
        }
    }

    private static Scalar JsonScalar(ref Utf8JsonReader reader, string file, int line, string path) => reader.TokenType switch
    {
        JsonTokenType.String => Scalar.Of(reader.GetString() ?? ""),
        JsonTokenType.True => Scalar.Of(true),
        JsonTokenType.False => Scalar.Of(false),
        JsonTokenType.Null => Scalar.Null,
        JsonTokenType.Number when reader.TryGetDouble(out var number) && double.IsFinite(number) => Scalar.Of(number),
        _ => throw new PolicyException(file, line, path, "a number within the range of a double was wanted"),
    };

    // YAML 1.2's core schema, less its odd corners: no octal, no hexadecimal, no infinities; `yes` and `no` are text.
    private static Scalar Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => Scalar.Null,
        "true" or "True" or "TRUE" => Scalar.Of(true),
        "false" or "False" or "FALSE" => Scalar.Of(false),
        _ when (char.IsAsciiDigit(text[^1]) || text[^1] == '.')
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => Scalar.Of(number),
        _ => Scalar.Of(text),
    };

    private static void CheckKey(List<KeyValuePair<string, DocumentNode>> pairs, string key, string file, int line, string path)
    {
        foreach (var pair in pairs)
        {
            if (pair.Key == key)
            {
                throw new PolicyException(file, line, path, "this key stands here twice");
            }
        }
    }

    private static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    /// <summary>The line of a byte, for readers that go forward only.</summary>
    private sealed class LineCounter(byte[] bytes)
    {
        private long _at;
        private int _line = 1;

        public int At(long index)
        {
            for (; _at < index; _at++)
            {
                if (bytes[_at] == (byte)'\n')
                {
                    _line++;
                }
            }

            return _line;
        }
    }
}
