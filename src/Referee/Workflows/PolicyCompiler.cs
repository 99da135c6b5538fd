// Turns one version of a policy into the Lua source of its scripts: the templates in Scripts/ with the policy's constants, stages and gates put in.
// Always: the source carries the policy's digest and refuses records that pin another; names and texts go in as escaped literals only,
// so nothing a document says can be code; every question has the number that GateOperation gives it.
// Why source and not a flat program that Lua interprets: for the first edge of code-change, Redis 7 ran 174,000 instructions per promotion
// compiled and 208,000 interpreted (callgrind, 900 calls; PromoteBench's rewrite parameter measures another form the same way).
using System.Buffers;
using System.Globalization;
using System.Text;
using Referee.Records;
using Referee.Scripts;

namespace Referee.Workflows;

/// <summary>The scripts of one version of one workflow, for projects that number its stages this way.</summary>
public sealed record CompiledPolicy(WorkflowPolicy Policy, StageNumbers Numbers, string PromoteSource, string SendBackSource, string ApproveSource);

public static class PolicyCompiler
{
    // More kinds than this are read through a table, because a Lua function has room for 200 locals.
    private const int SlotLocalsMax = 40;

    private static readonly string PromoteTemplate = ScriptSource.Load("Workflows/Scripts/promote.lua");
    private static readonly string SendBackTemplate = ScriptSource.Load("Workflows/Scripts/send_back.lua");
    private static readonly string ApproveTemplate = ScriptSource.Load("Workflows/Scripts/approve.lua");

    /// <exception cref="ArgumentException">The project does not number one of the policy's stages.</exception>
    public static CompiledPolicy Compile(WorkflowPolicy policy, StageNumbers numbers)
    {
        foreach (var stage in policy.Stages)
        {
            if (numbers[stage] < 0)
            {
                throw new ArgumentException($"The stage {stage} of {policy.Workflow} has no number in this project.", nameof(numbers));
            }
        }

        return new CompiledPolicy(policy, numbers, Promote(policy, numbers), SendBack(policy, numbers), Approve(policy, numbers));
    }

    private static string Promote(WorkflowPolicy policy, StageNumbers numbers)
    {
        var gates = new StringBuilder();
        foreach (var edge in policy.Edges)
        {
            PrintEdge(gates, policy, numbers, edge);
        }

        var source = Fill(PromoteTemplate, "local DIGEST = '' --@digest", $"local DIGEST = {Quote(policy.Digest)}");
        source = Fill(source, "local OVERRIDE_ROLE = '' --@override", $"local OVERRIDE_ROLE = {Quote(policy.OverrideRole)}");
        source = Fill(source, "'e:' .. id) --@read", policy.Edges.Any(edge => edge.Approvals.Count > 0) ? "'e:' .. id, 'a:' .. id)" : "'e:' .. id)");
        source = Fill(source, "--@slots", Slots(policy));
        return Fill(source, "--@gates", gates.ToString().TrimEnd('\n'));
    }

    private static string SendBack(WorkflowPolicy policy, StageNumbers numbers)
    {
        var names = string.Join(", ", policy.Stages.Select(stage => $"{{{Number(numbers[stage])}, {Quote(stage)}}}"));
        var rules = policy.SendBack is { } given
            ? $"{{{string.Join(", ", given.Select(rule => $"[{Quote($"{rule.From}>{rule.To}")}] = {Quote(rule.Role)}"))}}}"
            : "nil";
        var voids = policy.Stages.Select((_, target) => policy.Edges
            .Where(edge => policy.PositionOf(edge.From) >= target)
            .SelectMany(edge => edge.Evidence.Select(evidence => evidence.Kind).Concat(edge.Evidence.SelectMany(evidence => evidence.Conditions.Select(condition => condition.OtherKind))))
            .Where(kind => kind.Length > 0)
            .Select(policy.Evidence.SlotOf)
            .Distinct()
            .Order()
            .Select(slot => Number(slot + 1)));
        var source = Fill(SendBackTemplate, "local DIGEST = '' --@digest", $"local DIGEST = {Quote(policy.Digest)}");
        return Fill(
            source,
            "local NAMES, RULES, VOID = {}, nil, {} --@moves",
            $"local NAMES = {{{names}}}\nlocal RULES = {rules}\nlocal VOID = {{{string.Join(", ", voids.Select(slots => $"{{{string.Join(", ", slots)}}}"))}}}");
    }

    private static string Approve(WorkflowPolicy policy, StageNumbers numbers)
    {
        var asked = policy.Edges.Where(edge => edge.Approvals.Count > 0).Select(edge =>
            $"[{Quote($"{Number(numbers[edge.From])}>{edge.To}")}] = {{{string.Join(", ", edge.Approvals.Select(approval => $"{Quote(approval.Role)}, {Truth(approval.NotAuthor)}"))}}}");
        var source = Fill(ApproveTemplate, "local DIGEST = '' --@digest", $"local DIGEST = {Quote(policy.Digest)}");
        return Fill(source, "local ASKED = {} --@asked", $"local ASKED = {{{string.Join(", ", asked)}}}");
    }

    // Where the slots that an edge asks for begin in the evidence field, nil where nothing came. No slot is ever made a string, asked for or not:
    // each is stepped over by the length in its head, and what a question needs of it is read in place.
    private static string Slots(WorkflowPolicy policy)
    {
        var asked = policy.Edges.SelectMany(edge => edge.Evidence)
            .SelectMany(requirement => requirement.Conditions.Select(condition => condition.OtherKind).Append(requirement.Kind))
            .Where(kind => kind.Length > 0)
            .Select(kind => policy.Evidence.SlotOf(kind))
            .ToHashSet();
        var lua = new StringBuilder();
        if (policy.Evidence.Kinds.Count > SlotLocalsMax)
        {
            lua.Append("local slots = {}\n");
        }
        else if (asked.Count > 0)
        {
            lua.Append($"local {string.Join(", ", asked.Order().Select(slot => $"p{slot + 1}"))}\n");
        }

        lua.Append("local facts = stored[3]\nif facts then\n  local o, b, c, d\n  evidence_head = '\\217\\040'\n  o, evidence = stretch(facts, 1)\n");
        for (var slot = 0; slot <= asked.Append(-1).Max(); slot++)
        {
            var (one, two, three) = asked.Contains(slot) && Begin(policy, slot) is var begin ? ($"{begin} = o + 1 ", $"{begin} = o + 2 ", $"{begin} = o + 3 ") : ("", "", "");
            lua.Append("  if o >= 0 then\n    b, c, d = byte(facts, o + 1, o + 3)\n");
            lua.Append($"    if b == 217 then {two}o = o + 2 + c elseif b == 218 then {three}o = o + 3 + c * 256 + d elseif b == 160 then o = o + 1 elseif b then {one}o = o + b - 159 end\n  end\n");
        }

        return lua.Append("end").ToString();
    }

    private static void PrintEdge(StringBuilder lua, WorkflowPolicy policy, StageNumbers numbers, Edge edge)
    {
        var done = edge.To == policy.LastStage;
        lua.Append($"elseif stage == {Number(numbers[edge.From])} and to == {Quote(edge.To)} then\n");
        lua.Append($"  target, route, done, claimed = {Number(numbers[edge.To])}, {Quote([.. Packed(edge.From), .. Packed(edge.To)])}, {Truth(done)}, {Truth(edge.ClaimRequired)}\n");
        var operations = new Queue<GateOperation>(edge.Operations);
        foreach (var evidence in edge.Evidence)
        {
            PrintEvidence(lua, policy, evidence, operations);
        }

        if (edge.Approvals.Count > 0)
        {
            PrintApprovals(lua, edge, operations);
        }

        while (operations.TryDequeue(out var operation))
        {
            var number = Number(operation.Number);
            lua.Append(operation.Question switch
            {
                GateQuestion.CallerRole => $"  if not find(roles, {Framed(edge.CallerRole)}, 1, true) then no({number}, 'FORBIDDEN', roles) end\n",
                GateQuestion.CallerNotAuthor => $"  if find(authors, '\\n' .. who .. '\\n', 1, true) then no({number}, 'SELF', who) end\n",
                GateQuestion.Wip => Wip(edge, numbers, done, number),
                _ => $"  if now - entered < {Number(edge.SoakMilliseconds)} then no({number}, 'SOAKING', now - entered, entered + {Number(edge.SoakMilliseconds)}) end\n",
            });
        }
    }

    private static string Wip(Edge edge, StageNumbers numbers, bool done, string number)
    {
        var band = done ? IndexScore.DoneBand : numbers[edge.To] * 4;
        return $"  local inside = call('ZCOUNT', index, '{IndexScore.Low(band)}', '{IndexScore.High(done ? band : band + 3)}')\n"
            + $"  if inside >= {Number(edge.Wip)} then no({number}, 'WIP_FULL', inside) end\n";
    }

    private static void PrintEvidence(StringBuilder lua, WorkflowPolicy policy, EvidenceRequirement evidence, Queue<GateOperation> operations)
    {
        var kind = policy.Evidence.Find(evidence.Kind) ?? throw new InvalidOperationException($"{evidence.Kind} is not declared.");
        var begin = Begin(policy, policy.Evidence.SlotOf(evidence.Kind));
        var present = Number(operations.Dequeue().Number);
        var fields = evidence.Conditions.Where(condition => condition.Field.Length > 0).Select(condition => kind.FieldAt(condition.Field)).DefaultIfEmpty(-1).Max() + 1;

        // The mark is a string of one byte; a record that carries it carries all its fields, so reading stays inside the slot.
        lua.Append($"  if not {begin} then no({present}, 'MISSING')\n  elseif byte(facts, {begin} + 2) ~= {Number(kind.Mark)} then\n");
        lua.Append($"    local _, mark, value = stretch(facts, 2, {begin})\n    no({present}, 'TYPE', value, mark)\n  else\n");
        lua.Append("    local behind, value, issuer, given, tier, about, at, large");
        for (var i = 1; i <= fields; i++)
        {
            lua.Append($", f{i}");
        }

        lua.Append($" = stretch(facts, {Number(7 + fields)}, {begin} + 2)\n");
        lua.Append(kind.Type == EvidenceType.Integer ? $"    if type(value) ~= 'number' or value % 1 ~= 0 then no({present}, 'TYPE', value, '{kind.Mark}') else\n" : "    do\n");
        foreach (var condition in evidence.Conditions)
        {
            PrintCondition(lua, policy, kind, condition, Number(operations.Dequeue().Number));
        }

        while (operations.TryPeek(out var operation) && ReferenceEquals(operation.Evidence, evidence))
        {
            var number = Number(operations.Dequeue().Number);
            lua.Append(operation.Question switch
            {
                GateQuestion.Tier => $"      if tier < {Number((int)evidence.Tier!.Value)} then no({number}, 'TIER', tier) end\n",
                GateQuestion.IssuerRole => $"      if not find(given, {Framed(evidence.IssuerRole)}, 1, true) then no({number}, 'ISSUER', issuer) end\n",
                GateQuestion.Subject => $"      if about ~= subject or subject == '' then no({number}, 'SUBJECT', about, subject) end\n",
                GateQuestion.NewerThanWork => $"      if at < worked then no({number}, 'STALE', at, worked) end\n",
                GateQuestion.Age => $"      if now - at > {Number(evidence.AgeMillisecondsMax)} then no({number}, 'EXPIRED', at, at + {Number(evidence.AgeMillisecondsMax)}) end\n",
                _ => $"      if find(authors, '\\n' .. issuer .. '\\n', 1, true) then no({number}, 'SELF', issuer) end\n",
            });
        }

        lua.Append("    end\n  end\n");
    }

    private static void PrintCondition(StringBuilder lua, WorkflowPolicy policy, EvidenceKind kind, Condition condition, string number)
    {
        var (x, type) = condition.Field.Length == 0
            ? ("value", kind.Type)
            : ($"f{kind.FieldAt(condition.Field) + 1}", kind.Fields[kind.FieldAt(condition.Field)].Type);
        lua.Append($"      if {NotOfType(x, type)} then no({number}, {x} == nil and 'MISSING' or 'TYPE', {x})\n");
        if (condition.OtherKind.Length > 0)
        {
            PrintComparisonOfFields(lua, policy, condition, x, type, number);
            return;
        }

        // A text in the details is longer than any constant, so it equals none; its length stands behind its digest.
        var large = kind.Type == EvidenceType.Text;
        var length = large ? "(large == '' and #value or select(2, stretch(facts, 1, behind)))" : $"#{x}";
        var same = large ? "large == '' and " : "";
        var holds = condition.Comparison switch
        {
            Comparison.OneOf => $"{same}({string.Join(" or ", condition.Constants.Select(constant => $"{x} == {Literal(constant)}"))})",
            Comparison.LengthAtLeast => $"{length} >= {Literal(condition.Constants[0])}",
            Comparison.LengthAtMost => $"{length} <= {Literal(condition.Constants[0])}",
            Comparison.NotEqual when large => $"not (large == '' and {x} == {Literal(condition.Constants[0])})",
            Comparison.Equal => $"{same}{x} == {Literal(condition.Constants[0])}",
            _ => $"{x} {Sign(condition.Comparison)} {Literal(condition.Constants[0])}",
        };
        lua.Append($"      elseif not ({holds}) then no({number}, 'VALUE', {x}) end\n");
    }

    private static void PrintComparisonOfFields(StringBuilder lua, WorkflowPolicy policy, Condition condition, string x, EvidenceType type, string number)
    {
        var other = policy.Evidence.Find(condition.OtherKind) ?? throw new InvalidOperationException($"{condition.OtherKind} is not declared.");
        var begin = Begin(policy, policy.Evidence.SlotOf(condition.OtherKind));
        var otherType = condition.OtherField.Length == 0 ? other.Type : other.Fields[other.FieldAt(condition.OtherField)].Type;
        var at = other.FieldAt(condition.OtherField) + 1;
        var fields = string.Concat(Enumerable.Range(1, at).Select(i => $", o{i}"));
        lua.Append($"      elseif not {begin} then no({number}, 'MISSING', {x})\n");
        lua.Append($"      elseif byte(facts, {begin} + 2) ~= {Number(other.Mark)} then no({number}, 'TYPE', {x}{(condition.OtherField.Length == 0 ? $", select(3, stretch(facts, 2, {begin}))" : "")})\n      else\n");
        lua.Append($"        local _, ovalue, _, _, _, _, _, olarge{fields} = stretch(facts, {Number(7 + at)}, {begin} + 2)\n");
        lua.Append($"        local y = {(condition.OtherField.Length == 0 ? "ovalue" : $"o{at}")}\n");
        lua.Append($"        if {NotOfType("y", otherType)} then no({number}, y == nil and 'MISSING' or 'TYPE', {x}, y)\n");
        // Two large texts are equal when their digests are; a large and a small one never are.
        var (left, right) = type != EvidenceType.Text ? (x, "y")
            : (condition.Field.Length == 0 ? "large .. '/' .. value" : $"'/' .. {x}", condition.OtherField.Length == 0 ? "olarge .. '/' .. y" : "'/' .. y");

        lua.Append($"        elseif not ({left} {Sign(condition.Comparison)} {right}) then no({number}, 'VALUE', {x}, y) end\n      end\n");
    }

    private static void PrintApprovals(StringBuilder lua, Edge edge, Queue<GateOperation> operations)
    {
        lua.Append("  local words = {}\n  if stored[4] then approvals_head, approvals = '\\217\\040', redis.sha1hex(stored[4]) words = {cmsgpack.unpack(stored[4])} end\n");
        foreach (var approval in edge.Approvals)
        {
            var number = Number(operations.Dequeue().Number);
            lua.Append("  do\n    local given, veto = 0, nil\n    for i = 1, #words, 7 do\n");
            lua.Append($"      if words[i + 2] == to and words[i + 3] == subject and words[i + 4] >= entered and find(words[i + 5], {Framed(approval.Role)}, 1, true) then\n");
            lua.Append("        if words[i + 1] == 'veto' then veto = words[i]\n");
            lua.Append(approval.NotAuthor ? "        elseif not find(authors, '\\n' .. words[i] .. '\\n', 1, true) then given = given + 1 end\n" : "        else given = given + 1 end\n");
            lua.Append("      end\n    end\n");
            lua.Append($"    if veto then no({number}, 'VETO', veto) elseif given < {Number(approval.Count)} then no({number}, 'APPROVALS', given) end\n  end\n");
        }
    }

    private static string Begin(WorkflowPolicy policy, int slot) =>
        policy.Evidence.Kinds.Count > SlotLocalsMax ? $"slots[{slot + 1}]" : $"p{slot + 1}";

    private static string NotOfType(string x, EvidenceType type) => type switch
    {
        EvidenceType.Text => $"type({x}) ~= 'string'",
        EvidenceType.Boolean => $"type({x}) ~= 'boolean'",
        EvidenceType.Integer => $"type({x}) ~= 'number' or {x} % 1 ~= 0",
        _ => $"type({x}) ~= 'number'",
    };

    private static string Sign(Comparison comparison) => comparison switch
    {
        Comparison.Equal => "==",
        Comparison.NotEqual => "~=",
        Comparison.GreaterOrEqual => ">=",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        Comparison.Less => "<",
        _ => throw new InvalidOperationException($"{comparison} has no sign."),
    };

    private static string Literal(Scalar constant) => constant.Kind switch
    {
        ScalarKind.Boolean => Truth(constant.Truth),
        ScalarKind.Number => Number(constant.Number),
        ScalarKind.Text => Quote(constant.Text),
        _ => throw new InvalidOperationException($"{constant.Kind} is no constant of a condition."),
    };

    private static string Number(double number)
    {
        var text = Math.Truncate(number) == number && Math.Abs(number) < 1L << 53
            ? ((long)number).ToString(CultureInfo.InvariantCulture)
            : number.ToString("R", CultureInfo.InvariantCulture);
        return number < 0 ? $"({text})" : text;
    }

    private static string Truth(bool value) => value ? "true" : "false";

    private static string Framed(string role) => Quote($"\n{role}\n");

    // A name as MessagePack: `from` and `to` of a chain record, known when the policy is compiled. Names are ASCII and at most 64 long.
    private static byte[] Packed(string name)
    {
        var output = new ArrayBufferWriter<byte>(66);
        new PackedWriter(output).Text(name);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A Lua literal of these bytes: letters, digits and a few harmless marks stand for themselves, every other byte for its number.</summary>
    internal static string Quote(string text) => Quote(Encoding.UTF8.GetBytes(text));

    private static string Quote(byte[] bytes)
    {
        var lua = new StringBuilder(bytes.Length + 2).Append('\'');
        foreach (var value in bytes)
        {
            if (char.IsAsciiLetterOrDigit((char)value) || value is (byte)'.' or (byte)'_' or (byte)'-' or (byte)'>' or (byte)' ')
            {
                lua.Append((char)value);
            }
            else
            {
                lua.Append('\\').Append(value.ToString("D3", CultureInfo.InvariantCulture));
            }
        }

        return lua.Append('\'').ToString();
    }

    private static string Fill(string template, string mark, string text)
    {
        var at = template.IndexOf(mark, StringComparison.Ordinal);
        return at >= 0
            ? string.Concat(template.AsSpan(0, at), text, template.AsSpan(at + mark.Length))
            : throw new InvalidOperationException($"The template has no line {mark}.");
    }
}
