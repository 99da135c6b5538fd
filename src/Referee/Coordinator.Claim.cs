// Claiming work: the next ready item, or one by name, under a lease and a number (fence) that only grows.
using Evalsha.Client;
using Evalsha.Resp;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>Gives the caller an item to work on. A retry with the same request id gets the same item again.</summary>
    public async ValueTask<Result<Claim>> ClaimAsync(Caller caller, ClaimRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(request);
        if (RefuseClaim(caller, request) is { } unfit)
        {
            return unfit;
        }

        var requestKey = RequestKey("claim", caller, request.RequestId);
        if (request.Item is { } item)
        {
            return await ClaimInAsync(ShardOf(item), caller, request, requestKey, stages: "", ct);
        }

        // With several shards a retry must find its answer before another shard gives a second item.
        var start = _shards.Length == 1 ? 0 : await FirstShardAsync(caller, requestKey, ct);
        Result<Claim> answer = Refusals.Explain(new Refusal(RefusalCodes.Empty, "queue", "a ready item", "none"), "");
        for (var i = 0; i < _shards.Length && answer.Code == RefusalCodes.Empty; i++)
        {
            var keys = _shards[(start + i) % _shards.Length];
            var (stages, refusal) = await StagesOfAsync(keys, request.Stages, ct);
            answer = refusal is not null ? refusal : await ClaimInAsync(keys, caller, request, requestKey, stages, ct);
        }

        return answer;
    }

    private static Refusal? RefuseClaim(Caller caller, ClaimRequest request)
    {
        if (!Names.IsName(caller.Principal))
        {
            return Refusals.BadName("principal", caller.Principal);
        }

        if (request.Item is not null && !Names.IsName(request.Item))
        {
            return Refusals.BadName("item", request.Item);
        }

        if (request.Labels.Count > WorkLimits.LabelsMax)
        {
            return Refusals.Limit("labels", $"at most {WorkLimits.LabelsMax}", $"{request.Labels.Count}");
        }

        if (request.Labels.FirstOrDefault(label => !Names.IsName(label)) is { } bad)
        {
            return Refusals.BadName("labels", bad);
        }

        return RefuseLease(request.LeaseMilliseconds) ?? SubmitCheck.RequestId(request.RequestId);
    }

    private static Refusal? RefuseLease(long milliseconds) => milliseconds is >= 1 and <= WorkLimits.LeaseMillisecondsMax
        ? null
        : Refusals.Limit("leaseMilliseconds", $"1 to {WorkLimits.LeaseMillisecondsMax}", $"{milliseconds}");

    private async ValueTask<Result<Claim>> ClaimInAsync(ShardKeys keys, Caller caller, ClaimRequest request, string requestKey, string stages, CancellationToken ct)
    {
        var reply = await _claim.RunAsync(
            keys,
            (RedisArg[])[requestKey, caller.Principal, request.LeaseMilliseconds, request.Item ?? "", stages, .. request.Labels.Select(label => (RedisArg)label)],
            ct);
        return Refusals.TryRead(reply, request.Item ?? "", out var refusal) ? refusal : await ReadClaimAsync(keys, reply, ct);
    }

    private async ValueTask<Claim> ReadClaimAsync(ShardKeys keys, RespValue reply, CancellationToken ct)
    {
        var details = ItemDetails.Read(reply[9].AsText());
        var digest = reply[6].AsText();
        _shapes.Guess(keys, digest);
        return new Claim(
            reply[1].AsText(),
            reply[2].AsInteger(),
            reply[3].AsInteger(),
            reply[4].AsInteger(),
            await _shapes.StageNameAsync(keys, (int)reply[5].AsInteger(), ct),
            digest,
            reply[7].AsText(),
            reply[8].AsInteger())
        {
            Title = details.Title,
            Body = details.Body,
            AcceptanceCriteria = details.AcceptanceCriteria,
            Note = reply[10].AsText(),
        };
    }

    /// <summary>The stage numbers to look through, with commas; the furthest stage first when none was named, so that what is begun gets finished.</summary>
    private async ValueTask<(string Stages, Refusal? Refused)> StagesOfAsync(ShardKeys keys, IReadOnlyList<string> stages, CancellationToken ct)
    {
        if (stages.Count == 0)
        {
            var all = await _shapes.StagesAsync(keys, fresh: false, ct);
            return (string.Join(',', Enumerable.Range(0, all.Names.Count).Reverse()), null);
        }

        var numbers = new List<int>();
        foreach (var stage in stages.Take(IndexScore.StagesMax))
        {
            var number = await _shapes.StageNumberAsync(keys, stage, ct);
            if (number < 0)
            {
                return ("", new Refusal(RefusalCodes.NotFound, "stages", "a stage of this project", stage, "the caller", "referee status"));
            }

            numbers.Add(number);
        }

        return (string.Join(',', numbers), null);
    }

    private async ValueTask<int> FirstShardAsync(Caller caller, string requestKey, CancellationToken ct)
    {
        if (requestKey.Length > 0)
        {
            var kept = await BatchAsync([.. _shards.Select(keys => new RedisRequest("HEXISTS", keys.Requests, $"q:{requestKey}") { Repeatable = true })], ct);
            var there = Array.FindIndex(kept, reply => reply.AsInteger() == 1);
            if (there >= 0)
            {
                return there;
            }
        }

        return ShardKeys.ShardOf(caller.Principal, _shards.Length);
    }
}
