// Submitting evidence and saying what the work is. Issuer, roles and tier are the caller's; time is the server's; shape is the pinned policy's.
using System.Text;
using Evalsha.Client;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>Keeps one fact about an item. A result of a lost claim is refused (STALE_FENCE) and kept as an orphan for a person to decide.</summary>
    public async ValueTask<Result<EvidenceAccepted>> SubmitEvidenceAsync(Caller caller, EvidenceRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(request);
        if (RefuseEvidence(caller, request) is { } unfit)
        {
            return unfit;
        }

        var keys = ShardOf(request.Item);
        var pinned = false; // whether `digest` is known to be the item's own, or only the likely one
        var digest = _shapes.Guess(keys);
        for (var attempt = 0; ; attempt++)
        {
            if (digest.Length == 0)
            {
                var (record, refused) = await ReadRecordAsync(request.Item, ct);
                if (record is null)
                {
                    return refused!;
                }

                (digest, pinned) = (record.Policy, true);
            }

            var shape = await _shapes.ByDigestAsync(keys, digest, ct);
            var (content, refusal) = shape is null
                ? (null, new Refusal(RefusalCodes.Policy, "policy", "the pinned policy in the store", digest, "an operator", ""))
                : CheckEvidence(shape, request);
            if (content is null)
            {
                if (pinned)
                {
                    return refusal!;
                }

                digest = "";
                continue;
            }

            var reply = await _evidence.RunAsync(keys, EvidenceArguments(caller, request, shape!, content), ct);
            if (!Refusals.TryRead(reply, request.Item, out refusal))
            {
                _shapes.Guess(keys, digest);
                return new EvidenceAccepted(request.Item, request.Kind, reply[1].AsInteger(), caller.Tier, reply[2].AsInteger(), content.Digest);
            }

            if (refusal.Code != RefusalCodes.Policy || attempt == 3)
            {
                return refusal.Code == RefusalCodes.StaleFence
                    ? refusal with { Next = $"referee orphans {request.Item}", WhoCanFix = $"a person: the result is kept as orphan {reply[4].AsText()}" }
                    : refusal;
            }

            (digest, pinned) = (reply[2].AsText(), true);
        }
    }

    /// <summary>Says what the work is now, such as the git tree of the last commit. Needs the claim; makes the caller one of the authors.</summary>
    public async ValueTask<Result<SubjectSet>> SetSubjectAsync(Caller caller, SubjectRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(request);
        if (!Names.IsName(request.Item))
        {
            return Refusals.BadName("item", request.Item);
        }

        if (RefuseSubject(request.Subject, required: true) is { } unfit)
        {
            return unfit;
        }

        if (SubmitCheck.RequestId(request.RequestId) is { } badRequest)
        {
            return badRequest;
        }

        var reply = await _subject.RunAsync(
            ShardOf(request.Item),
            (RedisArg[])[RequestKey("subject", caller, request.RequestId), caller.Principal, request.Item, request.Fence, request.Subject],
            ct);
        return Refusals.TryRead(reply, request.Item, out var refusal)
            ? refusal
            : new SubjectSet(request.Item, request.Subject, reply[1].AsInteger(), reply[2].AsInteger());
    }

    private static (EvidenceContent? Content, Refusal? Refused) CheckEvidence(PolicyShape shape, EvidenceRequest request)
    {
        var kind = shape.Evidence.Find(request.Kind);
        return kind is null
            ? (null, new Refusal(
                RefusalCodes.UnknownKind,
                $"evidence.{request.Kind}",
                $"one of {string.Join(", ", shape.Evidence.Kinds.Select(known => known.Name))}",
                request.Kind,
                "the caller",
                $"referee explain {request.Item}"))
            : EvidenceCheck.Of(kind, request.Value);
    }

    private static Refusal? RefuseEvidence(Caller caller, EvidenceRequest request)
    {
        if (!Names.IsName(caller.Principal))
        {
            return Refusals.BadName("principal", caller.Principal);
        }

        if (!Names.IsName(request.Item))
        {
            return Refusals.BadName("item", request.Item);
        }

        if (!Names.IsName(request.Kind))
        {
            return Refusals.BadName("kind", request.Kind);
        }

        return RefuseSubject(request.Subject, request.SetSubject) ?? SubmitCheck.RequestId(request.RequestId);
    }

    private static Refusal? RefuseSubject(string subject, bool required)
    {
        if (required && subject.Length == 0)
        {
            return Refusals.Missing("subject", "what the work is, such as a git tree");
        }

        if (subject.Length > WorkLimits.SubjectCharactersMax)
        {
            return Refusals.Limit("subject", $"at most {WorkLimits.SubjectCharactersMax} characters", $"{subject.Length}");
        }

        return subject.Any(character => character is < '!' or > '~')
            ? new Refusal(RefusalCodes.Value, "subject", "printable ASCII without spaces", "something else", "the caller")
            : null;
    }

    private static RedisArg[] EvidenceArguments(Caller caller, EvidenceRequest request, PolicyShape shape, EvidenceContent content)
    {
        var slot = new EvidenceSlot
        {
            Mark = shape.Evidence.Find(request.Kind)!.Mark,
            Value = content.Value,
            Issuer = caller.Principal,
            Roles = caller.Roles,
            Tier = caller.Tier,
            Subject = request.Subject,
            Digest = content.Digest,
            Fields = content.Fields,
        };
        var json = request.Value.GetRawText();
        return
        [
            RequestKey("evidence", caller, request.RequestId),
            caller.Principal,
            request.Item,
            request.Fence is { } fence ? fence : "",
            shape.Digest,
            request.Kind,
            shape.Evidence.SlotOf(request.Kind) + 1,
            shape.Evidence.Kinds.Count,
            slot.Head(),
            slot.Tail(),
            (int)caller.Tier,
            request.Subject,
            request.SetSubject ? 1 : 0,
            content.Large,
            caller.FramedRoles,
            Encoding.UTF8.GetByteCount(json) <= WorkLimits.OrphanBytesMax ? json : "",
        ];
    }
}
