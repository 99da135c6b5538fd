// The approvals field `a:ID`: rows of principal, verdict, move, subject, moment, roles, note; approve.lua writes it, promote.lua counts it.
// Always: at most 16 rows, one per principal.
using Referee.Records;

namespace Referee.Workflows;

internal static class ApprovalRows
{
    /// <summary>Reads the rows; null when the bytes are none.</summary>
    public static IReadOnlyList<ApprovalView>? Read(ReadOnlySpan<byte> bytes, WorkItemRecord record)
    {
        var rows = new List<ApprovalView>();
        var packed = new PackedReader(bytes);
        while (!packed.AtEnd)
        {
            if (rows.Count == WorkflowPolicy.ApprovalsMax
                || !packed.TryText(out var principal)
                || !packed.TryText(out var verdict)
                || !packed.TryText(out var to)
                || !packed.TryText(out var subject)
                || !packed.TryInteger(out var at)
                || !packed.TryText(out var roles) || !Framed.TrySplit(roles, out var names)
                || !packed.TryText(out var note))
            {
                return null;
            }

            rows.Add(new ApprovalView(principal, verdict, to, subject, at, names, note, Counts: subject == record.Subject && at >= record.EnteredAt));
        }

        return rows;
    }
}
