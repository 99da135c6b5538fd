// Giving work back, and putting it aside.
using Evalsha.Client;
using Referee.Records;
using Referee.Work;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>Gives a claimed item back to its old place in the queue, with a note for whoever takes it next.</summary>
    public async ValueTask<Result<Released>> ReleaseAsync(Caller caller, ReleaseRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(request);
        if (RefuseNote(request.Item, "note", request.Note, request.RequestId) is { } unfit)
        {
            return unfit;
        }

        var reply = await _release.RunAsync(
            ShardOf(request.Item),
            (RedisArg[])[RequestKey("release", caller, request.RequestId), caller.Principal, request.Item, request.Fence, request.Note],
            ct);
        return Refusals.TryRead(reply, request.Item, out var refusal) ? refusal : new Released(request.Item, reply[1].AsInteger());
    }

    /// <summary>Parks an item for a person, or (operators only) gives it back to its queue.</summary>
    public async ValueTask<Result<ParkAnswer>> ParkAsync(Caller caller, ParkRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(request);
        if (RefuseNote(request.Item, "reason", request.Reason, request.RequestId) is { } unfit)
        {
            return unfit;
        }

        var reply = await _park.RunAsync(
            ShardOf(request.Item),
            (RedisArg[])
            [
                RequestKey("park", caller, request.RequestId), caller.Principal, request.Item, request.Fence is { } fence ? fence : "",
                IsOperator(caller) ? 1 : 0, request.Unpark ? 1 : 0, request.Reason,
            ],
            ct);
        return Refusals.TryRead(reply, request.Item, out var refusal)
            ? refusal
            : new ParkAnswer(request.Item, (WorkState)reply[1].AsInteger(), reply[2].AsInteger());
    }

    /// <summary>People, and principals with the role <c>operator</c>.</summary>
    internal static bool IsOperator(Caller caller) => caller.Tier == Tier.Human || caller.Has("operator");

    private static Refusal? RefuseNote(string item, string path, string note, string requestId)
    {
        if (!Names.IsName(item))
        {
            return Refusals.BadName("item", item);
        }

        return note.Length > WorkLimits.NoteCharactersMax
            ? Refusals.Limit(path, $"at most {WorkLimits.NoteCharactersMax} characters", $"{note.Length}")
            : SubmitCheck.RequestId(requestId);
    }
}
