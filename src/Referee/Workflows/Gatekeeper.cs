// Runs the compiled scripts: promote, explain, send back, approve. The coordinator's workflow methods are thin doors to it.
// Always: one script call decides and writes; a second call happens only to learn which policy an item pins.
// Request in, result out; expected refusals are results.
using Evalsha.Client;
using Evalsha.Client.Scripts;
using Evalsha.Resp;
using Referee.Records;

namespace Referee.Workflows;

internal sealed class Gatekeeper(IRedisExecutor executor, IReadOnlyList<ShardKeys> shards)
{
    public const int NoteCharactersMax = 1024;
    private const int PolicyAttemptsMax = 4;

    private readonly ScriptClient _scripts = new(executor, new ScriptRegistry());
    private readonly PolicyScriptCache _policies = new(executor);
    private readonly RedisArg[][] _promoteKeys = [.. shards.Select(k => (RedisArg[])[k.Items, k.Index, k.Audit, k.Refusals, k.Dependencies])];

    public ValueTask<PolicyScripts?> FindPolicyAsync(ShardKeys keys, string digest, CancellationToken ct) => _policies.FindAsync(keys, digest, ct);

    public async ValueTask<Result<Decision>> PromoteAsync(Caller caller, PromoteRequest request, CancellationToken ct)
    {
        if (Unfit(caller, request.Item, request.To, request.Note) is { } unfit)
        {
            return unfit;
        }

        if (request.Override && request.Note.Length == 0)
        {
            return new Refusal(RefusalCodes.Missing, "note", "why it moves although conditions are unmet", "nothing", "the caller");
        }

        var args = PromoteArgs(request.Override ? "override" : "promote", caller, request.Item, request.To, request.Fence, request.Version, RequestKey(request.Override ? "override" : "promote", caller, request.RequestId), request.Note);
        var (scripts, reply, refused) = await RunAsync(request.Item, found => found.Promote, _promoteKeys, args, ct);
        if (scripts is null)
        {
            return refused!;
        }

        switch (reply[0].AsText())
        {
            case "PASS":
                return new Decision(Kind(reply[6].AsText()), request.Item, request.To, reply[2].AsInteger(), reply[3].AsInteger(), reply[5].AsInteger(), reply[1].AsInteger(), Replayed: false);
            case "REPLAY":
                return Replayed(request, reply[1].AsBytes().Span);
            default:
                return new Result<Decision>(null, Rows(scripts, request.Item, request.To, reply));
        }
    }

    public async ValueTask<Result<Explanation>> ExplainAsync(Caller caller, ExplainRequest request, CancellationToken ct)
    {
        if (Unfit(caller, request.Item, request.To ?? "any", "") is { } unfit)
        {
            return unfit;
        }

        var (record, missing) = await ReadAsync(request.Item, ct);
        if (record is null)
        {
            return missing!;
        }

        var keys = ShardOf(request.Item);
        var pinned = await _policies.FindAsync(keys, record.Policy, ct);
        if (pinned is null)
        {
            return Unknown(record.Policy);
        }

        _policies.Remember(request.Item, record.Policy);
        var from = pinned.Compiled.Numbers.NameOf(record.Stage);
        var to = request.To ?? pinned.Policy.EdgesFrom(from).FirstOrDefault()?.To ?? pinned.Policy.LastStage;
        var args = PromoteArgs("explain", caller, request.Item, to, request.Fence, null, "", "");
        var (scripts, reply, refused) = await RunAsync(request.Item, found => found.Promote, _promoteKeys, args, ct);
        if (scripts is null)
        {
            return refused!;
        }

        from = scripts.Compiled.Numbers.NameOf((int)reply[4].AsInteger());
        return new Explanation(request.Item, from, to, reply[0].AsText() == "OPEN", reply[2].AsInteger(), reply[3].AsInteger(), reply[6].AsText(), reply[8].AsText(), reply[1].AsInteger())
        {
            Unmet = reply[0].AsText() == "OPEN" ? [] : Rows(scripts, request.Item, to, reply),
            Questions = scripts.Policy.FindEdge(from, to)?.Operations.Count ?? 0,
        };
    }

    public async ValueTask<Result<SentBack>> SendBackAsync(Caller caller, SendBackRequest request, CancellationToken ct)
    {
        if (Unfit(caller, request.Item, request.To, request.Reason) is { } unfit)
        {
            return unfit;
        }

        if (request.Reason.Length == 0)
        {
            return new Refusal(RefusalCodes.Missing, "reason", "why it goes back", "nothing", "the caller");
        }

        var keys = shards.Select(k => (RedisArg[])[k.Items, k.Index, k.Audit, k.Refusals]);
        var (scripts, reply, refused) = await RunAsync(
            request.Item,
            found => found.SendBack,
            [.. keys],
            [
                request.Item, request.To, Optional(request.Fence), Optional(request.Version), caller.Principal, caller.Verified ? "1" : "0",
                caller.FramedRoles, RequestKey("send_back", caller, request.RequestId), request.Reason,
            ],
            ct);
        if (scripts is null)
        {
            return refused!;
        }

        switch (reply[0].AsText())
        {
            case "SENT":
                return new SentBack(request.Item, request.To, reply[2].AsInteger(), reply[5].AsInteger(), reply[1].AsInteger(), Replayed: false);
            case "REPLAY":
                var packed = new PackedReader(reply[1].AsBytes().Span);
                return packed.TryText(out _) && packed.TryText(out _) && packed.TryInteger(out var at) && packed.TryInteger(out var version)
                    && packed.TryInteger(out _) && packed.TryInteger(out _) && packed.TryInteger(out var audit)
                    ? new SentBack(request.Item, request.To, version, audit, at, Replayed: true)
                    : throw Damaged(request.Item);
            default:
                return new Result<SentBack>(null, Rows(scripts, request.Item, request.To, reply));
        }
    }

    public async ValueTask<Result<Heard>> ApproveAsync(Caller caller, ApproveRequest request, CancellationToken ct)
    {
        if (Unfit(caller, request.Item, request.To ?? "any", request.Note) is { } unfit)
        {
            return unfit;
        }

        var to = request.To;
        if (to is null)
        {
            var (found, refusal) = await OnlyApprovedMoveAsync(request.Item, ct);
            if (found is null)
            {
                return refusal!;
            }

            to = found;
        }

        var verb = request.Verb.ToString().ToLowerInvariant();
        var keys = shards.Select(k => (RedisArg[])[k.Items, k.Refusals]);
        var (scripts, reply, refused) = await RunAsync(
            request.Item,
            found => found.Approve,
            [.. keys],
            [
                verb, request.Item, to, Optional(request.Version), caller.Principal, caller.Verified ? "1" : "0",
                caller.FramedRoles, RequestKey(verb, caller, request.RequestId), request.Note,
            ],
            ct);
        if (scripts is null)
        {
            return refused!;
        }

        switch (reply[0].AsText())
        {
            case "HEARD":
                return new Heard(request.Item, request.Verb, reply[2].AsInteger(), reply[5].AsInteger(), reply[6].AsInteger(), reply[1].AsInteger(), Replayed: false);
            case "REPLAY":
                var packed = new PackedReader(reply[1].AsBytes().Span);
                return packed.TryText(out _) && packed.TryText(out _) && packed.TryInteger(out var at) && packed.TryInteger(out var version)
                    && packed.TryInteger(out _) && packed.TryInteger(out _) && packed.TryInteger(out var approvals) && packed.TryInteger(out var vetoes)
                    ? new Heard(request.Item, request.Verb, version, approvals, vetoes, at, Replayed: true)
                    : throw Damaged(request.Item);
            default:
                return new Result<Heard>(null, Rows(scripts, request.Item, to, reply));
        }
    }

    public async ValueTask<Result<ApprovalList>> ApprovalsAsync(string item, CancellationToken ct)
    {
        if (!Names.IsName(item))
        {
            return BadName("item", item);
        }

        var reply = await executor.SendAsync(new RedisRequest("HMGET", ShardOf(item).Items, $"r:{item}", $"a:{item}") { Repeatable = true }, ct);
        if (reply[0].IsNull)
        {
            return NotFound(item);
        }

        if (WorkItemRecord.TryRead(reply[0].AsBytes().Span, out var record) != RecordReading.Ok)
        {
            return Newer(item);
        }

        return reply[1].IsNull ? new ApprovalList(item, []) : new ApprovalList(item, ApprovalRows.Read(reply[1].AsBytes().Span, record) ?? throw Damaged(item));
    }

    internal ShardKeys ShardOf(string item) => shards[ShardKeys.ShardOf(item, shards.Count)];

    private async ValueTask<(PolicyScripts? Scripts, RespValue Reply, Refusal? Refused)> RunAsync(
        string item, Func<PolicyScripts, ScriptDefinition> pick, RedisArg[][] keysByShard, RedisArg[] args, CancellationToken ct)
    {
        var keys = ShardOf(item);
        var digest = _policies.Guess(item);
        for (var attempt = 0; attempt < PolicyAttemptsMax; attempt++)
        {
            if (digest.Length == 0)
            {
                var (record, missing) = await ReadAsync(item, ct);
                if (record is null)
                {
                    return (null, default, missing);
                }

                digest = record.Policy;
            }

            if (await _policies.FindAsync(keys, digest, ct) is not { } scripts)
            {
                return (null, default, Unknown(digest));
            }

            var reply = await _scripts.RunAsync(pick(scripts), keysByShard[keys.Shard], args, ct);
            switch (reply[0].AsText())
            {
                case "POLICY":
                    digest = reply[1].AsText();
                    continue;
                case "NOT_FOUND":
                    return (null, default, NotFound(item));
                case "FORMAT_NEWER":
                    return (null, default, Newer(item));
                default:
                    _policies.Remember(item, digest);
                    return (scripts, reply, null);
            }
        }

        return (null, default, new Refusal(RefusalCodes.Policy, "policy", "a policy that stays while it decides", digest, "the caller, by trying again"));
    }

    private async ValueTask<(string? To, Refusal? Refused)> OnlyApprovedMoveAsync(string item, CancellationToken ct)
    {
        var (record, missing) = await ReadAsync(item, ct);
        if (record is null)
        {
            return (null, missing);
        }

        if (await _policies.FindAsync(ShardOf(item), record.Policy, ct) is not { } scripts)
        {
            return (null, Unknown(record.Policy));
        }

        var from = scripts.Compiled.Numbers.NameOf(record.Stage);
        var asking = scripts.Policy.EdgesFrom(from).Where(edge => edge.Approvals.Count > 0).Select(edge => edge.To).ToList();
        return asking.Count == 1
            ? (asking[0], null)
            : (null, new Refusal(RefusalCodes.NoEdge, "to", asking.Count == 0 ? $"a move out of {from} that asks for approvals" : string.Join(" or ", asking), "nothing", "the caller, by naming the move", $"referee explain {item}"));
    }

    private async ValueTask<(WorkItemRecord? Record, Refusal? Refused)> ReadAsync(string item, CancellationToken ct)
    {
        var reply = await executor.SendAsync(new RedisRequest("HGET", ShardOf(item).Items, $"r:{item}") { Repeatable = true }, ct);
        return reply.IsNull ? (null, NotFound(item)) : WorkItemRecord.TryRead(reply.AsBytes().Span, out var record) switch
        {
            RecordReading.Ok => (record, null),
            RecordReading.Newer => (null, Newer(item)),
            _ => throw Damaged(item),
        };
    }

    private static IReadOnlyList<Refusal> Rows(PolicyScripts scripts, string item, string to, RespValue reply)
    {
        var from = scripts.Compiled.Numbers.NameOf((int)reply[4].AsInteger());
        var edge = scripts.Policy.FindEdge(from, to);
        var context = new RefusedItem(item, from, to, reply[1].AsInteger(), reply[2].AsInteger(), reply[3].AsInteger(), reply[6].AsText(), reply[7].AsInteger(), reply[8].AsText());
        var rows = new List<Refusal>();
        for (var i = 9; i + 3 < reply.Count; i += 4)
        {
            rows.Add(GateRefusals.Of(scripts.Policy, edge, context, reply[i].AsInteger(), reply[i + 1].AsText(), reply[i + 2].AsText(), reply[i + 3].AsText()));
        }

        return rows;
    }

    private static Decision Replayed(PromoteRequest request, ReadOnlySpan<byte> bytes)
    {
        var packed = new PackedReader(bytes);
        return packed.TryText(out _) && packed.TryText(out var kind) && packed.TryInteger(out var at) && packed.TryInteger(out var version)
            && packed.TryInteger(out var fence) && packed.TryInteger(out _) && packed.TryInteger(out var audit)
            ? new Decision(Kind(kind), request.Item, request.To, version, fence, audit, at, Replayed: true)
            : throw Damaged(request.Item);
    }

    private static DecisionKind Kind(string kind) => kind == "override" ? DecisionKind.Override : DecisionKind.Pass;

    private static RedisArg[] PromoteArgs(string mode, Caller caller, string item, string to, long? fence, long? version, string request, string note) =>
        [mode, item, to, Optional(fence), Optional(version), caller.Principal, caller.Verified ? "1" : "0", caller.FramedRoles, request, note];

    private static RedisArg Optional(long? number) => number is { } value ? value : "";

    private static string RequestKey(string verb, Caller caller, string requestId) => requestId.Length == 0 ? "" : $"{verb}/{caller.Principal}/{requestId}";

    private static Refusal? Unfit(Caller caller, string item, string to, string note)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return !Names.IsName(caller.Principal) ? BadName("principal", caller.Principal)
            : !Names.IsName(item) ? BadName("item", item)
            : !Names.IsName(to) ? BadName("to", to)
            : note.Length > NoteCharactersMax ? new Refusal(RefusalCodes.Limit, "note", $"at most {NoteCharactersMax} characters", $"{note.Length}", "the caller")
            : null;
    }

    private static Refusal BadName(string path, string got) => new(RefusalCodes.BadName, path, Names.Rule, got, "the caller");

    private static Refusal NotFound(string item) => new(RefusalCodes.NotFound, "item", "an item of this project", item, "whoever submits work", "referee list");

    private static Refusal Newer(string item) =>
        new(RefusalCodes.FormatNewer, "item", $"format {WorkItemRecord.Format}", $"{item} in a newer format", "whoever installs this program", "referee --version");

    private static Refusal Unknown(string digest) =>
        new(RefusalCodes.Policy, "policy", "the pinned policy in the store", digest, "an operator, by adding the workflow again", "referee workflow list");

    private static InvalidDataException Damaged(string item) => new($"What is stored about {item} is damaged: it is not what this program writes.");
}
