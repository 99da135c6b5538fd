// Submitting work, and making policies known so that there is something to submit to.
using System.Text;
using Evalsha.Client;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>Puts a new item into the first stage of its workflow: ready, or blocked while a dependency is open.</summary>
    public async ValueTask<Result<Submitted>> SubmitAsync(Caller caller, SubmitRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(request);
        if (SubmitCheck.Refuse(request) is { } unfit)
        {
            return unfit;
        }

        var keys = ShardOf(request.Item);
        if (request.DependsOn.FirstOrDefault(other => ShardOf(other) != keys) is { } elsewhere)
        {
            return Refusals.Limit("dependsOn", $"items of the same shard ({keys.Shard})", $"{elsewhere} in shard {ShardOf(elsewhere).Shard}");
        }

        var details = new ItemDetails
        {
            Title = request.Title,
            Body = request.Body,
            AcceptanceCriteria = request.AcceptanceCriteria,
            Labels = request.Labels,
            DependsOn = request.DependsOn,
            Workflow = request.Workflow,
            SubmittedBy = caller.Principal,
        };
        for (var attempt = 0; ; attempt++)
        {
            var shape = await _shapes.ByNameAsync(keys, request.Workflow, fresh: attempt > 0, ct);
            if (shape is null)
            {
                return new Refusal(RefusalCodes.NotFound, "workflow", "a workflow of this project", request.Workflow, "whoever adds workflows", "referee workflow list");
            }

            var stage = await _shapes.StageNumberAsync(keys, shape.Stages[0], ct);
            var reply = await _submit.RunAsync(
                keys,
                (RedisArg[])
                [
                    RequestKey("submit", caller, request.RequestId), request.Item, request.Workflow, shape.Digest, stage, request.Priority, details.ToJson(),
                    request.DependsOn.Count, .. request.DependsOn.Select(other => (RedisArg)other), .. request.Labels.Select(label => (RedisArg)label),
                ],
                ct);
            if (!Refusals.TryRead(reply, request.Item, out var refusal))
            {
                _shapes.Guess(keys, shape.Digest);
                return new Submitted(request.Item, shape.Stages[0], (WorkState)reply[1].AsInteger(), reply[2].AsInteger(), (int)reply[3].AsInteger());
            }

            if (refusal.Code != RefusalCodes.Policy || attempt == 2)
            {
                return refusal;
            }
        }
    }

    /// <summary>Stores a checked policy under its digest, points its name at it and numbers its stages. Null when done, else the refusal.</summary>
    /// <param name="canonicalJson">The policy's canonical JSON, whose SHA-1 is <paramref name="digest"/>.</param>
    internal async ValueTask<Refusal?> RegisterPolicyAsync(string name, string digest, string canonicalJson, IReadOnlyList<string> stages, CancellationToken ct = default)
    {
        if (!Names.IsWorkflowName(name))
        {
            return Refusals.BadName("workflow", name);
        }

        if (stages.FirstOrDefault(stage => !Names.IsName(stage)) is { } bad)
        {
            return Refusals.BadName("stages", bad);
        }

        RedisArg[] args = [name, digest, Encoding.UTF8.GetBytes(canonicalJson), .. stages.Select(stage => (RedisArg)stage)];
        foreach (var keys in _shards)
        {
            var reply = await _workflow.RunAsync(keys, args, ct);
            if (Refusals.TryRead(reply, name, out var refusal))
            {
                return refusal;
            }

            await _shapes.ByNameAsync(keys, name, fresh: true, ct);
            await _shapes.StagesAsync(keys, fresh: true, ct);
            _shapes.Guess(keys, digest);
        }

        return null;
    }
}
