// Renewing leases: one, or everything a worker holds in one call.
using Evalsha.Client;
using Evalsha.Resp;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>Moves the end of a lease. Works as long as nobody else claimed the item, even when the lease had run out.</summary>
    public async ValueTask<Result<Renewal>> RenewAsync(Caller caller, RenewRequest request, CancellationToken ct = default)
    {
        var batch = await RenewAllAsync(caller, [request], ct);
        if (!batch.Ok)
        {
            return batch.Refusals[0];
        }

        var answer = batch.Value.Answers[0];
        return answer.Renewed is { } renewed ? renewed : answer.Refused!;
    }

    /// <summary>Renews up to 64 leases; each has its own answer, in order.</summary>
    public async ValueTask<Result<Renewals>> RenewAllAsync(Caller caller, IReadOnlyList<RenewRequest> requests, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count > WorkLimits.RenewalsMax)
        {
            return Refusals.Limit("renewals", $"at most {WorkLimits.RenewalsMax}", $"{requests.Count}");
        }

        var answers = new RenewalAnswer[requests.Count];
        foreach (var shard in Enumerable.Range(0, requests.Count).GroupBy(i => ShardKeys.ShardOf(requests[i].Item, _shards.Length)))
        {
            var sent = new List<int>();
            var args = new List<RedisArg> { caller.Principal };
            foreach (var i in shard)
            {
                var request = requests[i];
                var unfit = Names.IsName(request.Item) ? RefuseLease(request.LeaseMilliseconds) : Refusals.BadName("item", request.Item);
                if (unfit is not null)
                {
                    answers[i] = new RenewalAnswer(request.Item, null, unfit);
                    continue;
                }

                sent.Add(i);
                args.AddRange([request.Item, request.Fence, request.LeaseMilliseconds]);
            }

            if (sent.Count > 0)
            {
                var replies = await _renew.RunAsync(_shards[shard.Key], args.ToArray(), ct);
                for (var n = 0; n < sent.Count; n++)
                {
                    answers[sent[n]] = Answer(requests[sent[n]].Item, replies[n]);
                }
            }
        }

        return new Renewals(answers);
    }

    private static RenewalAnswer Answer(string item, RespValue reply) => Refusals.TryRead(reply, item, out var refusal)
        ? new RenewalAnswer(item, null, refusal)
        : new RenewalAnswer(item, new Renewal(item, reply[1].AsInteger(), reply[2].AsInteger()), null);
}
