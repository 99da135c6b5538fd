// Submitting a whole backlog: item by item in an order that dependencies allow; what is refused is reported and the others go in.
using Referee.Records;
using Referee.Work;
using Referee.Work.Backlog;

namespace Referee;

public sealed partial class Coordinator
{
    /// <summary>Submits what a backlog holds. Items that are there already are left as they are, so the same backlog can be read again.</summary>
    public async ValueTask<BacklogReport> SubmitBacklogAsync(Caller caller, BacklogContent backlog, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(backlog);
        var submitted = new List<Submitted>();
        var there = new List<string>();
        var refused = new List<BacklogRefusal>();
        foreach (var item in backlog.Items)
        {
            var answer = await SubmitAsync(caller, item.Request, ct);
            if (answer.Ok)
            {
                submitted.Add(answer.Value);
            }
            else if (answer.Code == RefusalCodes.Duplicate)
            {
                there.Add(item.Request.Item);
            }
            else
            {
                refused.Add(new BacklogRefusal(item.File, item.Line, item.Request.Item, answer.Refusals[0]));
            }
        }

        return new BacklogReport(submitted, there, refused, backlog.Errors);
    }
}
