// Reads a policy document, YAML or JSON, and checks all of it: unknown keys, names, types of operands, limits, stages nobody can leave.
// Always: a document is read whole or not at all, and what is wrong is said with file, line and path.
// Why so strict: a key that is silently ignored is a gate that is silently open.
// One file over 400 lines because a grammar is read best in one place, from the top rule down.
using System.Globalization;
using System.Text;
using Referee.Records;

namespace Referee.Workflows;

public static class PolicyReader
{
    /// <exception cref="PolicyException">The document is no valid policy.</exception>
    public static WorkflowPolicy FromYaml(string text, string file = "policy.yaml") => new Reading(file).Policy(DocumentNode.FromYaml(text, file));

    /// <exception cref="PolicyException">The document is no valid policy.</exception>
    public static WorkflowPolicy FromJson(string text, string file = "policy.json") => new Reading(file).Policy(DocumentNode.FromJson(text, file));

    /// <summary>Reads by what the file is called: <c>.json</c> as JSON, everything else as YAML.</summary>
    /// <exception cref="PolicyException">The document is no valid policy.</exception>
    public static WorkflowPolicy FromFile(string path)
    {
        var text = File.ReadAllText(path);
        return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? FromJson(text, path) : FromYaml(text, path);
    }

    private sealed class Reading(string file)
    {
        private IReadOnlyList<string> _stages = [];
        private EvidenceSchema _schema = new([]);

        public WorkflowPolicy Policy(DocumentNode root)
        {
            Keys(root, "workflow", "version", "stages", "evidence", "edges", "sendBack", "override", "description");
            var workflow = Name(Want(root, "workflow"));
            if (!Names.IsWorkflowName(workflow))
            {
                throw Wrong(Want(root, "workflow"), "a workflow's name is no forty hexadecimal digits: those name its versions");
            }

            var version = root.Find("version") is { } stated ? Whole(stated, 1, int.MaxValue) : 1;
            _stages = Stages(Want(root, "stages"));
            _schema = Schema(root.Find("evidence"));
            var edges = Edges(Want(root, "edges"));
            CheckWaysOut(root, edges);
            var sendBack = root.Find("sendBack") is { } rules ? SendBack(rules) : null;
            var overrideRole = "";
            if (root.Find("override") is { } overriding)
            {
                Keys(overriding, "role");
                overrideRole = Name(Want(overriding, "role"));
            }

            return new WorkflowPolicy(workflow, version, _stages, _schema, edges, sendBack, overrideRole);
        }

        private IReadOnlyList<string> Stages(DocumentNode node)
        {
            var stages = new List<string>();
            foreach (var item in List(node, 2, WorkflowPolicy.StagesMax))
            {
                var stage = Name(item);
                if (stages.Contains(stage))
                {
                    throw Wrong(item, $"the stage {stage} stands here twice");
                }

                stages.Add(stage);
            }

            return stages;
        }

        private EvidenceSchema Schema(DocumentNode? node)
        {
            if (node is null)
            {
                return new EvidenceSchema([]);
            }

            Mapping(node);
            if (node.Pairs.Count > EvidenceSchema.KindsMax)
            {
                throw Wrong(node, $"{node.Pairs.Count} kinds of evidence, at most {EvidenceSchema.KindsMax}");
            }

            return new EvidenceSchema([.. node.Pairs.Select(Kind)]);
        }

        private EvidenceKind Kind(KeyValuePair<string, DocumentNode> pair)
        {
            var (name, node) = pair;
            CheckName(node, name);
            if (node.Kind == NodeKind.Scalar)
            {
                var type = Type(node, Text(node));
                return type == EvidenceType.Record ? throw Wrong(node, "a record declares its fields: { type: record, fields: { … } }") : new EvidenceKind(name, type);
            }

            Keys(node, "type", "fields", "description");
            var fieldsNode = node.Find("fields");
            var declared = node.Find("type") is { } typeNode ? Type(typeNode, Text(typeNode)) : fieldsNode is null ? throw Wrong(node, "the key 'type' is missing") : EvidenceType.Record;
            if (declared != EvidenceType.Record)
            {
                return fieldsNode is null ? new EvidenceKind(name, declared) : throw Wrong(fieldsNode, "only a record has fields");
            }

            if (fieldsNode is null)
            {
                throw Wrong(node, "a record declares its fields");
            }

            Mapping(fieldsNode);
            if (fieldsNode.Pairs.Count is 0 or > EvidenceKind.FieldsMax)
            {
                throw Wrong(fieldsNode, $"a record has 1 to {EvidenceKind.FieldsMax} fields");
            }

            return new EvidenceKind(name, EvidenceType.Record, [.. fieldsNode.Pairs.Select(Field)]);
        }

        private EvidenceFieldKind Field(KeyValuePair<string, DocumentNode> pair)
        {
            CheckName(pair.Value, pair.Key);
            var text = Text(pair.Value);
            var optional = text.EndsWith('?');
            var type = Type(pair.Value, optional ? text[..^1] : text);
            return type is EvidenceType.Record or EvidenceType.Null
                ? throw Wrong(pair.Value, "a field is text, number, integer or boolean, with ? when it may be missing")
                : new EvidenceFieldKind(pair.Key, type, optional);
        }

        private EvidenceType Type(DocumentNode node, string text) =>
            EvidenceKind.TryParseType(text, out var type) ? type : throw Wrong(node, $"'{text}' is no type: text, number, integer, boolean, null or record");

        private IReadOnlyList<Edge> Edges(DocumentNode node)
        {
            var edges = new List<Edge>();
            var limits = new Dictionary<string, int>(StringComparer.Ordinal);
            foreach (var item in List(node, 1, WorkflowPolicy.EdgesMax))
            {
                var edge = Edge(item);
                if (edges.Any(other => other.From == edge.From && other.To == edge.To))
                {
                    throw Wrong(item, $"the edge from {edge.From} to {edge.To} stands here twice");
                }

                if (edge.Operations.Count > WorkflowPolicy.OperationsMax)
                {
                    throw Wrong(item, $"the edge asks {edge.Operations.Count} questions, at most {WorkflowPolicy.OperationsMax}");
                }

                if (edge.Wip > 0 && limits.TryGetValue(edge.To, out var limit) && limit != edge.Wip)
                {
                    throw Wrong(item, $"another edge allows {limit} items in {edge.To}, this one {edge.Wip}");
                }

                if (edge.Wip > 0)
                {
                    limits[edge.To] = edge.Wip;
                }

                edges.Add(edge);
            }

            return [.. edges.OrderBy(edge => Position(edge.From)).ThenBy(edge => Position(edge.To))];
        }

        private Edge Edge(DocumentNode node)
        {
            Keys(node, "from", "to", "claim", "by", "require", "wip", "soak", "description");
            var from = Stage(Want(node, "from"));
            var to = Stage(Want(node, "to"));
            if (from == to)
            {
                throw Wrong(node, $"the edge leads from {from} to itself");
            }

            if (Position(to) < Position(from))
            {
                throw Wrong(node, $"the edge leads back from {from} to {to}: moves back stand under sendBack");
            }

            var evidence = new List<EvidenceRequirement>();
            var approvals = new List<ApprovalRequirement>();
            foreach (var item in node.Find("require") is { } require ? List(require, 0, WorkflowPolicy.OperationsMax) : [])
            {
                if (item.Find("approvals") is { } asked)
                {
                    Keys(item, "approvals");
                    approvals.Add(Approvals(asked));
                }
                else
                {
                    evidence.Add(Evidence(item));
                }
            }

            if (approvals.Sum(approval => approval.Count) > WorkflowPolicy.ApprovalsMax)
            {
                throw Wrong(node, $"an edge asks at most {WorkflowPolicy.ApprovalsMax} approvals");
            }

            var by = node.Find("by");
            if (by is not null)
            {
                Keys(by, "role", "notAuthor");
            }

            return new Edge(from, to)
            {
                ClaimRequired = node.Find("claim") is not { } claim || OneOf(claim, "required", "optional") == "required",
                CallerRole = by?.Find("role") is { } role ? Name(role) : "",
                CallerNotAuthor = by?.Find("notAuthor") is { } notAuthor && Truth(notAuthor),
                Evidence = evidence,
                Approvals = approvals,
                Wip = node.Find("wip") is { } wip ? Whole(wip, 1, 1_000_000) : 0,
                SoakMilliseconds = node.Find("soak") is { } soak ? Duration(soak) : 0,
            };
        }

        private ApprovalRequirement Approvals(DocumentNode node)
        {
            Keys(node, "role", "count", "notAuthor");
            return new ApprovalRequirement(
                Name(Want(node, "role")),
                node.Find("count") is { } count ? Whole(count, 1, WorkflowPolicy.ApprovalsMax) : 1,
                node.Find("notAuthor") is { } notAuthor && Truth(notAuthor));
        }

        private EvidenceRequirement Evidence(DocumentNode node)
        {
            var kindNode = Want(node, "evidence");
            var kind = Declared(kindNode, Text(kindNode));
            string[] own = ["evidence", "tier", "issuerRole", "subject", "newerThanWork", "maxAge", "notAuthor", "where"];
            var conditions = new List<Condition>();
            foreach (var (key, operand) in node.Pairs)
            {
                if (Operator(key) is { } comparison)
                {
                    conditions.Add(Condition(operand, kind, "", comparison, key));
                }
                else if (!own.Contains(key, StringComparer.Ordinal))
                {
                    throw Wrong(operand, $"an evidence requirement has no key '{key}'; it may have {string.Join(", ", own)} and, for a kind that is no record, an operator");
                }
            }

            foreach (var where in node.Find("where") is { } wheres ? List(wheres, 0, WorkflowPolicy.ConditionsMax) : [])
            {
                conditions.Add(Where(where, kind));
            }

            if (node.Find("subject") is { } subject)
            {
                OneOf(subject, "current");
            }

            return new EvidenceRequirement(kind.Name)
            {
                Tier = node.Find("tier") is { } tier ? Tier(tier) : null,
                IssuerRole = node.Find("issuerRole") is { } role ? Name(role) : "",
                SubjectCurrent = node.Find("subject") is not null,
                NewerThanWork = node.Find("newerThanWork") is { } newer && Truth(newer),
                AgeMillisecondsMax = node.Find("maxAge") is { } age ? Duration(age) : 0,
                NotAuthor = node.Find("notAuthor") is { } notAuthor && Truth(notAuthor),
                Conditions = conditions,
            };
        }

        private Condition Where(DocumentNode node, EvidenceKind kind)
        {
            Mapping(node);
            var fieldNode = node.Find("field");
            var operators = node.Pairs.Where(pair => pair.Key != "field").ToList();
            if (operators.Count != 1 || Operator(operators[0].Key) is not { } comparison)
            {
                throw Wrong(node, "a condition has a field and one operator: eq ne ge le gt lt in minLength maxLength, or one of the first six with Field behind it");
            }

            return Condition(operators[0].Value, kind, fieldNode is null ? "" : Text(fieldNode), comparison, operators[0].Key);
        }

        private Condition Condition(DocumentNode operand, EvidenceKind kind, string field, (Comparison Comparison, bool OfField) op, string word)
        {
            var type = FieldType(operand, kind, field);
            var comparison = op.Comparison;
            if (type == EvidenceType.Null)
            {
                throw Wrong(operand, $"{kind.Name} is only null: there is nothing to compare");
            }

            var fits = comparison switch
            {
                Comparison.Equal or Comparison.NotEqual => true,
                Comparison.OneOf => type != EvidenceType.Boolean,
                Comparison.LengthAtLeast or Comparison.LengthAtMost => type == EvidenceType.Text,
                _ => type is EvidenceType.Number or EvidenceType.Integer,
            };
            if (!fits)
            {
                throw Wrong(operand, $"'{word}' does not compare {Say(type)}");
            }

            if (op.OfField)
            {
                var reference = Text(operand);
                var (otherKind, otherField) = Reference(operand, reference);
                var otherType = FieldType(operand, otherKind, otherField);
                return Family(otherType) == Family(type)
                    ? new Condition(field, comparison) { OtherKind = otherKind.Name, OtherField = otherField }
                    : throw Wrong(operand, $"{reference} is {Say(otherType)}, and {Say(type)} was wanted");
            }

            return new Condition(field, comparison)
            {
                Constants = comparison switch
                {
                    Comparison.OneOf => [.. List(operand, 1, WorkflowPolicy.OneOfMax).Select(item => Constant(item, type))],
                    Comparison.LengthAtLeast or Comparison.LengthAtMost => [Scalar.Of(Whole(operand, 0, 64 * 1024))],
                    _ => [Constant(operand, type)],
                },
            };
        }

        // "kind/field" is always right; "kind.field" is read where only one split names a kind, because names may hold dots.
        private (EvidenceKind Kind, string Field) Reference(DocumentNode node, string reference)
        {
            if (reference.IndexOf('/') is > 0 and var slash)
            {
                return (Declared(node, reference[..slash]), reference[(slash + 1)..]);
            }

            var found = new List<(EvidenceKind, string)>();
            if (_schema.Find(reference) is { } whole)
            {
                found.Add((whole, ""));
            }

            for (var dot = reference.IndexOf('.'); dot > 0; dot = reference.IndexOf('.', dot + 1))
            {
                if (_schema.Find(reference[..dot]) is { } kind && kind.FieldAt(reference[(dot + 1)..]) >= 0)
                {
                    found.Add((kind, reference[(dot + 1)..]));
                }
            }

            return found.Count switch
            {
                1 => found[0],
                0 => throw Wrong(node, $"'{reference}' names no declared evidence and field"),
                _ => throw Wrong(node, $"'{reference}' may mean more than one field; write kind/field"),
            };
        }

        private EvidenceType FieldType(DocumentNode node, EvidenceKind kind, string field)
        {
            if (kind.Type != EvidenceType.Record)
            {
                return field.Length == 0 ? kind.Type : throw Wrong(node, $"{kind.Name} is {Say(kind.Type)} and has no fields");
            }

            if (field.Length == 0)
            {
                throw Wrong(node, $"{kind.Name} is a record: name the field, as in where: [ {{ field: …, eq: … }} ]");
            }

            var at = kind.FieldAt(field);
            return at >= 0 ? kind.Fields[at].Type : throw Wrong(node, $"{kind.Name} declares no field '{field}'");
        }

        private Scalar Constant(DocumentNode node, EvidenceType type)
        {
            var fits = type switch
            {
                EvidenceType.Text => node.Scalar.Kind == ScalarKind.Text,
                EvidenceType.Boolean => node.Scalar.Kind == ScalarKind.Boolean,
                EvidenceType.Integer => node.Scalar.Kind == ScalarKind.Number && Math.Truncate(node.Scalar.Number) == node.Scalar.Number,
                _ => node.Scalar.Kind == ScalarKind.Number,
            };
            if (node.Kind != NodeKind.Scalar || !fits)
            {
                throw Wrong(node, $"{Say(type)} was wanted{(node.Kind == NodeKind.Scalar ? $", {node.Scalar} is none" : "")}");
            }

            return type == EvidenceType.Text && Encoding.UTF8.GetByteCount(node.Scalar.Text) > WorkflowPolicy.TextBytesMax
                ? throw Wrong(node, $"a text in a condition has at most {WorkflowPolicy.TextBytesMax} bytes")
                : node.Scalar;
        }

        private IReadOnlyList<SendBackRule> SendBack(DocumentNode node)
        {
            var rules = new List<SendBackRule>();
            foreach (var item in List(node, 0, WorkflowPolicy.EdgesMax))
            {
                Keys(item, "from", "to", "role");
                var rule = new SendBackRule(Stage(Want(item, "from")), Stage(Want(item, "to")), item.Find("role") is { } role ? Name(role) : "");
                if (Position(rule.To) >= Position(rule.From))
                {
                    throw Wrong(item, $"{rule.To} is not before {rule.From}");
                }

                if (rules.Any(other => other.From == rule.From && other.To == rule.To))
                {
                    throw Wrong(item, $"the way back from {rule.From} to {rule.To} stands here twice");
                }

                rules.Add(rule);
            }

            return [.. rules.OrderBy(rule => Position(rule.From)).ThenBy(rule => Position(rule.To))];
        }

        private void CheckWaysOut(DocumentNode root, IReadOnlyList<Edge> edges)
        {
            var node = Want(root, "edges");
            for (var i = 0; i < _stages.Count; i++)
            {
                if (i < _stages.Count - 1 && !edges.Any(edge => edge.From == _stages[i]))
                {
                    throw Wrong(node, $"no edge leads out of {_stages[i]}, and it is not the last stage");
                }

                if (i > 0 && !edges.Any(edge => edge.To == _stages[i]))
                {
                    throw Wrong(node, $"no edge leads into {_stages[i]}");
                }
            }
        }

        private static (Comparison Comparison, bool OfField)? Operator(string key) => key switch
        {
            "eq" => (Comparison.Equal, false),
            "ne" => (Comparison.NotEqual, false),
            "ge" => (Comparison.GreaterOrEqual, false),
            "le" => (Comparison.LessOrEqual, false),
            "gt" => (Comparison.Greater, false),
            "lt" => (Comparison.Less, false),
            "in" => (Comparison.OneOf, false),
            "minLength" => (Comparison.LengthAtLeast, false),
            "maxLength" => (Comparison.LengthAtMost, false),
            "eqField" => (Comparison.Equal, true),
            "neField" => (Comparison.NotEqual, true),
            "geField" => (Comparison.GreaterOrEqual, true),
            "leField" => (Comparison.LessOrEqual, true),
            "gtField" => (Comparison.Greater, true),
            "ltField" => (Comparison.Less, true),
            _ => null,
        };

        private Tier Tier(DocumentNode node) => OneOf(node, "self-reported", "observed", "ci", "human") switch
        {
            "self-reported" => Records.Tier.SelfReported,
            "observed" => Records.Tier.Observed,
            "ci" => Records.Tier.Ci,
            _ => Records.Tier.Human,
        };

        private long Duration(DocumentNode node)
        {
            var text = Text(node);
            var digits = text.TakeWhile(char.IsAsciiDigit).Count();
            long unit = text[digits..] switch
            {
                "ms" => 1,
                "s" => 1000,
                "m" => 60 * 1000,
                "h" => 60 * 60 * 1000,
                "d" => 24 * 60 * 60 * 1000,
                _ => 0,
            };
            if (digits is 0 or > 12 || unit == 0 || long.Parse(text[..digits], CultureInfo.InvariantCulture) > 3650L * 24 * 60 * 60 * 1000 / unit)
            {
                throw Wrong(node, $"'{text}' is no duration: a whole number with ms, s, m, h or d, at most ten years");
            }

            return long.Parse(text[..digits], CultureInfo.InvariantCulture) * unit;
        }

        private EvidenceKind Declared(DocumentNode node, string kind) => _schema.Find(kind) ?? throw Wrong(node, $"the evidence '{kind}' is not declared under evidence:");

        private string Stage(DocumentNode node)
        {
            var stage = Text(node);
            return _stages.Contains(stage) ? stage : throw Wrong(node, $"'{stage}' is none of the stages {string.Join(", ", _stages)}");
        }

        private int Position(string stage)
        {
            for (var i = 0; i < _stages.Count; i++)
            {
                if (_stages[i] == stage)
                {
                    return i;
                }
            }

            return -1;
        }

        private DocumentNode Want(DocumentNode node, string key)
        {
            Mapping(node);
            return node.Find(key) ?? throw Wrong(node, $"the key '{key}' is missing");
        }

        private void Keys(DocumentNode node, params ReadOnlySpan<string> known)
        {
            Mapping(node);
            foreach (var pair in node.Pairs)
            {
                if (known.IndexOf(pair.Key) < 0)
                {
                    throw Wrong(pair.Value, $"the key '{pair.Key}' is unknown here; known are {string.Join(", ", known.ToArray())}");
                }
            }
        }

        private void Mapping(DocumentNode node)
        {
            if (node.Kind != NodeKind.Mapping)
            {
                throw Wrong(node, "keys and values were wanted here");
            }
        }

        private IReadOnlyList<DocumentNode> List(DocumentNode node, int atLeast, int atMost) =>
            node.Kind == NodeKind.Sequence && node.Items.Count >= atLeast && node.Items.Count <= atMost
                ? node.Items
                : throw Wrong(node, $"a list of {atLeast} to {atMost} was wanted");

        private string Text(DocumentNode node) =>
            node is { Kind: NodeKind.Scalar, Scalar.Kind: ScalarKind.Text } ? node.Scalar.Text
            : node is { Kind: NodeKind.Scalar, Scalar.Kind: ScalarKind.Null } && node.Scalar == Scalar.Null && node.Path.StartsWith("evidence.", StringComparison.Ordinal) ? "null"
            : throw Wrong(node, $"a text was wanted{(node.Kind == NodeKind.Scalar ? $", {node.Scalar} is none; put it in quotes" : "")}");

        private string Name(DocumentNode node)
        {
            var name = Text(node);
            CheckName(node, name);
            return name;
        }

        private void CheckName(DocumentNode node, string name)
        {
            if (!Names.IsName(name))
            {
                throw Wrong(node, $"'{name}' is no name: {Names.Rule}");
            }
        }

        private bool Truth(DocumentNode node) =>
            node is { Kind: NodeKind.Scalar, Scalar.Kind: ScalarKind.Boolean } ? node.Scalar.Truth : throw Wrong(node, "true or false was wanted");

        private int Whole(DocumentNode node, int low, int high) =>
            node is { Kind: NodeKind.Scalar, Scalar.Kind: ScalarKind.Number } && Math.Truncate(node.Scalar.Number) == node.Scalar.Number
                && node.Scalar.Number >= low && node.Scalar.Number <= high
                ? (int)node.Scalar.Number
                : throw Wrong(node, $"a whole number from {low} to {high} was wanted");

        private string OneOf(DocumentNode node, params ReadOnlySpan<string> words)
        {
            var text = Text(node);
            return words.IndexOf(text) >= 0 ? text : throw Wrong(node, $"'{text}' is not one of {string.Join(", ", words.ToArray())}");
        }

        private static EvidenceType Family(EvidenceType type) => type == EvidenceType.Integer ? EvidenceType.Number : type;

        private static string Say(EvidenceType type) => type switch
        {
            EvidenceType.Integer => "an integer",
            EvidenceType.Text or EvidenceType.Null => EvidenceKind.Print(type),
            _ => $"a {EvidenceKind.Print(type)}",
        };

        private PolicyException Wrong(DocumentNode node, string problem) => new(file, node.Line, node.Path, problem);
    }
}
