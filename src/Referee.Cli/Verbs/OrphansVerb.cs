// referee orphans: results that came after their claim was lost, and what a person decides about them.
using System.CommandLine;
using Referee.Web.Api;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class OrphansVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var ofItem = new Option<string>("--item") { Description = "Only of this item", DefaultValueFactory = _ => "" };
        var limit = Symbols.Limit();
        var cursor = Symbols.Cursor();
        return verbs.Create("orphans", "List late results, and accept or reject one", [ofItem, limit, cursor, Decide(verbs, "accept", true), Decide(verbs, "reject", false)], call => call.AnswerAsync(
            "task.orphans",
            new OrphanQuery { Item = call.Get(ofItem)!, Cursor = call.Get(cursor)!, Limit = call.Get(limit) },
            ApiJson.Default.OrphanQuery,
            WorkJson.Default.OrphanPageResult,
            page => call.Terminal.Table(
                ["ORPHAN", "ITEM", "KIND", "BY", "CLAIM", "NOW", "VALUE"],
                page.Orphans.Select(o => (string[])[o.Orphan, o.Item, o.Kind, o.Principal, Terminal.Number(o.Fence), Terminal.Number(o.CurrentFence), o.Value?.ToJsonString() ?? o.Digest]))));
    }

    private static Command Decide(VerbFactory verbs, string name, bool accept)
    {
        var item = Symbols.Item();
        var orphan = new Argument<string>("orphan") { Description = "The late result, as listed" };
        var reason = new Option<string>("--reason") { Description = "Why", DefaultValueFactory = _ => "" };
        return verbs.Create(name, accept ? "Take a late result as evidence after all" : "Drop a late result", [item, orphan, reason], call => call.AnswerAsync(
            "task.decide_orphan",
            new OrphanDecision(call.Get(item), call.Get(orphan), accept) { Reason = call.Get(reason)! },
            WorkJson.Default.OrphanDecision,
            WorkJson.Default.OrphanDecidedResult,
            decided => call.Terminal.Line($"{decided.Item}: {decided.Orphan} {(decided.Accepted ? "accepted" : "rejected")}")));
    }
}
