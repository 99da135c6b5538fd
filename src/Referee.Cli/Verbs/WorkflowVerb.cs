// referee workflow: the policies of the project.
using System.CommandLine;
using Referee.Web.Api;
using Referee.Workflows;

namespace Referee.Cli.Verbs;

internal static class WorkflowVerb
{
    public static Command Create(VerbFactory verbs) =>
        verbs.Create("workflow", "List the workflows, add one from a document, or print a built-in document", [Add(verbs), List(verbs), Document(verbs)],
            _ => throw new CliException(ExitCodes.Usage, "add, list or document?"));

    private static Command Add(VerbFactory verbs)
    {
        var file = new Argument<FileInfo>("file") { Description = "A policy document, YAML or JSON" };
        return verbs.Create("add", "Make a document's version of a workflow the current one", [file], call =>
        {
            var path = call.Get(file);
            if (!path.Exists)
            {
                throw new CliException(ExitCodes.Usage, $"{path}: no such file");
            }

            return call.AnswerAsync(
                "workflow.add", new WorkflowDocument(path.Name, File.ReadAllText(path.FullName)), ApiJson.Default.WorkflowDocument, WorkflowJson.Default.WorkflowAddedResult,
                added => call.Terminal.Line($"{added.Workflow} version {added.Version} is current ({added.Digest}); items that entered under another version keep it"));
        });
    }

    private static Command List(VerbFactory verbs) =>
        verbs.Create("list", "List the current version of every workflow", [], call => call.AnswerAsync(
            "workflow.list", new NoParameters(), ApiJson.Default.NoParameters, WorkflowJson.Default.WorkflowListResult,
            list => call.Terminal.Table(
                ["WORKFLOW", "VERSION", "STAGES", "DIGEST"],
                list.Workflows.Select(w => (string[])[w.Workflow, Terminal.Number(w.Version), string.Join(" → ", w.Stages), w.Digest]))));

    private static Command Document(VerbFactory verbs)
    {
        var name = new Argument<string>("name") { Description = $"One of {string.Join(", ", BuiltInPolicies.Names)}" };
        return verbs.Create("document", "Print a built-in policy document, a beginning for one's own", [name], call =>
        {
            if (!BuiltInPolicies.Names.Contains(call.Get(name)))
            {
                throw new CliException(ExitCodes.Usage, $"there is no built-in policy '{call.Get(name)}'; there are {string.Join(" and ", BuiltInPolicies.Names)}");
            }

            call.Terminal.Line(call.Terminal.Json ? BuiltInPolicies.Get(call.Get(name)).CanonicalJson : BuiltInPolicies.Document(call.Get(name)));
            return Task.FromResult(ExitCodes.Done);
        });
    }
}
