// What happens when a coding agent says it is done: the referee is asked, and an unproven "done" goes back to the agent once.
// Always: it blocks at most once for each state of tree and item; the second time in the same state the item is parked for a person, so no
// agent loops on a gate it cannot open. Not being able to ask is a block, never a pass: the gate itself stays closed either way.
using Referee.Cli.Doors;
using Referee.Cli.Run;
using Referee.Records;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Cli.Hooks;

public enum StopKind
{
    /// <summary>Nothing is claimed, or the gate is open: the agent may stop.</summary>
    Pass,

    /// <summary>The agent goes on working, with the reasons.</summary>
    Block,

    /// <summary>Nothing has changed since the last block: the item waits for a person, and the agent may stop.</summary>
    Parked,
}

/// <param name="Memory">What to remember for next time; null to forget.</param>
public sealed record StopVerdict(StopKind Kind, string Item, IReadOnlyList<Refusal> Unmet, HookMemory? Memory);

public static class StopGate
{
    /// <summary>Decides about the one item that <paramref name="agent"/> holds. Parking is the only thing it writes, and not in shadow mode.</summary>
    /// <exception cref="CliException">The referee cannot be asked.</exception>
    public static async Task<StopVerdict> DecideAsync(IDoor door, string agent, string directory, HookMemory? memory, bool shadow, CancellationToken ct)
    {
        if (await HeldAsync(door, agent, ct) is not { } item)
        {
            return new(StopKind.Pass, "", [], null);
        }

        var view = await ViewAsync(door, item, ct);
        var answer = await door.CallAsync("task.explain", new ExplainRequest(item, null) { Fence = view.Fence }, WorkflowJson.Default.ExplainRequest, WorkflowJson.Default.ExplanationResult, ct);
        if (answer.Result.Value is { Open: true })
        {
            return new(StopKind.Pass, item, [], null);
        }

        var unmet = answer.Result.Value?.Unmet ?? answer.Result.Refusals;
        var now = new HookMemory(item, view.Version, await TreeAsync(directory, ct));
        if (memory != now)
        {
            return new(StopKind.Block, item, unmet, now);
        }

        if (!shadow)
        {
            var reason = $"the agent stopped twice without change; unmet: {string.Join(", ", unmet.Select(refusal => $"{refusal.Code} {refusal.Path}"))}";
            var parked = await door.CallAsync(
                "task.park",
                new ParkRequest(item) { Reason = reason[..Math.Min(reason.Length, WorkLimits.NoteCharactersMax)], Fence = view.Fence },
                WorkJson.Default.ParkRequest,
                WorkJson.Default.ParkAnswerResult,
                ct);
            if (!parked.Result.Ok)
            {
                throw new CliException(ExitCodes.Refused, $"{item} could not be parked: {parked.Result.Code}");
            }
        }

        return new(StopKind.Parked, item, unmet, null);
    }

    private static async Task<string?> HeldAsync(IDoor door, string agent, CancellationToken ct)
    {
        for (var cursor = ""; ;)
        {
            var page = (await door.CallAsync(
                "task.list", new ListRequest { State = WorkState.Claimed, Limit = WorkLimits.PageMax, Cursor = cursor }, WorkJson.Default.ListRequest, WorkJson.Default.ItemPageResult, ct)).Result.OrThrow();
            if (page.Items.FirstOrDefault(item => item.Holder == agent) is { } held)
            {
                return held.Item;
            }

            if (page.Cursor.Length == 0)
            {
                return null;
            }

            cursor = page.Cursor;
        }
    }

    private static async Task<ItemView> ViewAsync(IDoor door, string item, CancellationToken ct)
    {
        var shown = await door.CallAsync("task.show", new Web.Api.ItemQuery(item), Web.Api.ApiJson.Default.ItemQuery, WorkJson.Default.ItemViewResult, ct);
        return shown.Result.Value ?? throw new CliException(ExitCodes.Refused, $"{item} cannot be read: {shown.Result.Code}");
    }

    // Outside git there is no tree; then only the item's version tells whether anything changed.
    private static async Task<string> TreeAsync(string directory, CancellationToken ct)
    {
        try
        {
            var tree = await GitTree.ReadAsync(directory, ct);
            return tree.Clean ? tree.Id : $"{tree.Id}+changes";
        }
        catch (InvalidOperationException)
        {
            return "";
        }
    }
}
