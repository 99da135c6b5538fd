// The scripts of the work side and the order of their keys. The header of each script says the same order; ScriptKeysTests compares them.
using Referee.Records;
using Referee.Scripts;

namespace Referee;

public sealed partial class Coordinator
{
    private BoundScript _submit = null!;
    private BoundScript _claim = null!;
    private BoundScript _renew = null!;
    private BoundScript _release = null!;
    private BoundScript _evidence = null!;
    private BoundScript _subject = null!;
    private BoundScript _park = null!;
    private BoundScript _orphans = null!;
    private BoundScript _workflow = null!;

    /// <summary>The scripts of the workflow side, beside the methods that run them.</summary>
    partial void BindWorkflowScripts();

    private void BindWorkScripts()
    {
        _submit = Bind("Work/Scripts/submit.lua", k => [k.Items, k.Index, k.Dependencies, k.Requests, k.Details, k.Tags, k.Workflows]);
        _claim = Bind("Work/Scripts/claim.lua", k => [k.Items, k.Index, k.Leases, k.Dependencies, k.Requests, k.Details, k.Refusals, k.Tags]);
        _renew = Bind("Work/Scripts/renew.lua", k => [k.Items, k.Index, k.Leases]);
        _release = Bind("Work/Scripts/release.lua", k => [k.Items, k.Index, k.Leases, k.Details]);
        _evidence = Bind("Work/Scripts/evidence.lua", k => [k.Items, k.Details, k.Orphans]);
        _subject = Bind("Work/Scripts/subject.lua", k => [k.Items]);
        _park = Bind("Work/Scripts/park.lua", k => [k.Items, k.Index, k.Leases, k.Details]);
        _orphans = Bind("Work/Scripts/orphans.lua", k => [k.Items, k.Details, k.Orphans, k.Refusals]);
        _workflow = Bind("Work/Scripts/workflow.lua", k => [k.Workflows]);
    }
}
