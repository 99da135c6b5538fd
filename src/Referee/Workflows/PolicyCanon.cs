// Prints a policy in its one canonical form: compact JSON, keys in the order of this file, defaults left out, edges in the order of the stages.
// Always: PolicyReader.FromJson of what is printed here is the same policy, so digest(print(read(print(p)))) = digest(print(p)).
using System.Buffers;
using System.Text;
using System.Text.Json;
using Referee.Records;

namespace Referee.Workflows;

internal static class PolicyCanon
{
    public static string Print(WorkflowPolicy policy)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("workflow", policy.Workflow);
            json.WriteNumber("version", policy.Version);
            json.WriteStartArray("stages");
            foreach (var stage in policy.Stages)
            {
                json.WriteStringValue(stage);
            }

            json.WriteEndArray();
            json.WriteStartObject("evidence");
            foreach (var kind in policy.Evidence.Kinds)
            {
                PrintKind(json, kind);
            }

            json.WriteEndObject();
            json.WriteStartArray("edges");
            foreach (var edge in policy.Edges)
            {
                PrintEdge(json, edge);
            }

            json.WriteEndArray();
            if (policy.SendBack is { } rules)
            {
                json.WriteStartArray("sendBack");
                foreach (var rule in rules)
                {
                    json.WriteStartObject();
                    json.WriteString("from", rule.From);
                    json.WriteString("to", rule.To);
                    WriteIf(json, "role", rule.Role);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }

            if (policy.OverrideRole.Length > 0)
            {
                json.WriteStartObject("override");
                json.WriteString("role", policy.OverrideRole);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>The operator's word in a document; with <c>Field</c> behind it, it compares with another field.</summary>
    public static string Word(Comparison comparison) => comparison switch
    {
        Comparison.Equal => "eq",
        Comparison.NotEqual => "ne",
        Comparison.GreaterOrEqual => "ge",
        Comparison.LessOrEqual => "le",
        Comparison.Greater => "gt",
        Comparison.Less => "lt",
        Comparison.OneOf => "in",
        Comparison.LengthAtLeast => "minLength",
        _ => "maxLength",
    };

    public static string Word(Tier tier) => tier switch
    {
        Tier.SelfReported => "self-reported",
        Tier.Observed => "observed",
        Tier.Ci => "ci",
        _ => "human",
    };

    private static void PrintKind(Utf8JsonWriter json, EvidenceKind kind)
    {
        json.WriteStartObject(kind.Name);
        json.WriteString("type", EvidenceKind.Print(kind.Type));
        if (kind.Type == EvidenceType.Record)
        {
            json.WriteStartObject("fields");
            foreach (var field in kind.Fields)
            {
                json.WriteString(field.Name, EvidenceKind.Print(field.Type) + (field.Optional ? "?" : ""));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void PrintEdge(Utf8JsonWriter json, Edge edge)
    {
        json.WriteStartObject();
        json.WriteString("from", edge.From);
        json.WriteString("to", edge.To);
        if (!edge.ClaimRequired)
        {
            json.WriteString("claim", "optional");
        }

        if (edge.CallerRole.Length > 0 || edge.CallerNotAuthor)
        {
            json.WriteStartObject("by");
            WriteIf(json, "role", edge.CallerRole);
            WriteIf(json, "notAuthor", edge.CallerNotAuthor);
            json.WriteEndObject();
        }

        json.WriteStartArray("require");
        foreach (var evidence in edge.Evidence)
        {
            PrintEvidence(json, evidence);
        }

        foreach (var approvals in edge.Approvals)
        {
            json.WriteStartObject();
            json.WriteStartObject("approvals");
            json.WriteString("role", approvals.Role);
            json.WriteNumber("count", approvals.Count);
            WriteIf(json, "notAuthor", approvals.NotAuthor);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        WriteIf(json, "wip", edge.Wip);
        WriteMilliseconds(json, "soak", edge.SoakMilliseconds);
        json.WriteEndObject();
    }

    private static void PrintEvidence(Utf8JsonWriter json, EvidenceRequirement evidence)
    {
        json.WriteStartObject();
        json.WriteString("evidence", evidence.Kind);
        if (evidence.Tier is { } tier)
        {
            json.WriteString("tier", Word(tier));
        }

        WriteIf(json, "issuerRole", evidence.IssuerRole);
        if (evidence.SubjectCurrent)
        {
            json.WriteString("subject", "current");
        }

        WriteIf(json, "newerThanWork", evidence.NewerThanWork);
        WriteMilliseconds(json, "maxAge", evidence.AgeMillisecondsMax);
        WriteIf(json, "notAuthor", evidence.NotAuthor);
        if (evidence.Conditions.Count > 0)
        {
            json.WriteStartArray("where");
            foreach (var condition in evidence.Conditions)
            {
                json.WriteStartObject();
                WriteIf(json, "field", condition.Field);
                PrintOperand(json, condition);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void PrintOperand(Utf8JsonWriter json, Condition condition)
    {
        var word = Word(condition.Comparison);
        if (condition.OtherKind.Length > 0)
        {
            json.WriteString($"{word}Field", condition.OtherField.Length == 0 ? condition.OtherKind : $"{condition.OtherKind}/{condition.OtherField}");
        }
        else if (condition.Comparison == Comparison.OneOf)
        {
            json.WriteStartArray(word);
            foreach (var constant in condition.Constants)
            {
                WriteScalar(json, constant);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WritePropertyName(word);
            WriteScalar(json, condition.Constants[0]);
        }
    }

    private static void WriteScalar(Utf8JsonWriter json, Scalar scalar)
    {
        switch (scalar.Kind)
        {
            case ScalarKind.Boolean:
                json.WriteBooleanValue(scalar.Truth);
                break;
            case ScalarKind.Number when Math.Truncate(scalar.Number) == scalar.Number && Math.Abs(scalar.Number) <= 1L << 53:
                json.WriteNumberValue((long)scalar.Number);
                break;
            case ScalarKind.Number:
                json.WriteNumberValue(scalar.Number);
                break;
            default:
                json.WriteStringValue(scalar.Text);
                break;
        }
    }

    private static void WriteIf(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }

    private static void WriteIf(Utf8JsonWriter json, string name, bool value)
    {
        if (value)
        {
            json.WriteBoolean(name, true);
        }
    }

    private static void WriteIf(Utf8JsonWriter json, string name, int value)
    {
        if (value > 0)
        {
            json.WriteNumber(name, value);
        }
    }

    private static void WriteMilliseconds(Utf8JsonWriter json, string name, long value)
    {
        if (value > 0)
        {
            json.WriteString(name, $"{value}ms");
        }
    }
}
