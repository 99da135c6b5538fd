// referee principal: who may call, with kinds, roles and tokens.
using System.CommandLine;
using Referee.Fleet;
using Referee.Web.Api;

namespace Referee.Cli.Verbs;

internal static class PrincipalVerb
{
    public static Command Create(VerbFactory verbs) =>
        verbs.Create("principal", "Add, list or remove principals", [Add(verbs), List(verbs), Remove(verbs)],
            _ => throw new CliException(ExitCodes.Usage, "add, list or remove?"));

    private static Command Add(VerbFactory verbs)
    {
        var name = new Argument<string>("name") { Description = "The principal's name" };
        var kind = new Option<PrincipalKind>("--kind") { Description = "What it is; gives the tier of its evidence", DefaultValueFactory = _ => PrincipalKind.Agent };
        var roles = new Option<string[]>("--role") { Description = "A role that policies ask for, such as reviewer or operator; may be given again" };
        return verbs.Create("add", "Add a principal and show its token this once", [name, kind, roles], call => call.AnswerAsync(
            "principal.add", new Principal(call.Get(name), call.Get(kind), call.Get(roles) ?? []), ApiJson.Default.Principal, FleetJson.Default.PrincipalAddedResult,
            added =>
            {
                call.Terminal.Line(added.Token);
                call.Environment.Error.WriteLine($"{added.Principal.Name} is a principal ({added.Principal.Kind}, {added.Principal.Tier}); the token above is shown this once");
            }));
    }

    private static Command List(VerbFactory verbs) =>
        verbs.Create("list", "List principals", [], call => call.AnswerAsync(
            "principal.list", new NoParameters(), ApiJson.Default.NoParameters, FleetJson.Default.PrincipalListResult,
            list => call.Terminal.Table(
                ["NAME", "KIND", "TIER", "ROLES"],
                list.Principals.Select(p => (string[])[p.Name, p.Kind.ToString(), p.Tier.ToString(), string.Join(", ", p.Roles)]))));

    private static Command Remove(VerbFactory verbs)
    {
        var name = new Argument<string>("name") { Description = "The principal's name" };
        return verbs.Create("remove", "End a principal's access at once", [name], call => call.AnswerAsync(
            "principal.remove", new NameQuery(call.Get(name)), ApiJson.Default.NameQuery, FleetJson.Default.PrincipalRemovedResult,
            removed => call.Terminal.Line($"{removed.Name}: removed")));
    }
}
