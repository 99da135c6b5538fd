// referee submit: work items from Markdown files with front matter, or one from options.
// A file that does not parse is refused with its line and reason, and the others go in; an item that is there already is not an error.
using System.CommandLine;
using System.Text.Json.Nodes;
using Referee.Cli.Doors;
using Referee.Records;
using Referee.Work;
using Referee.Work.Backlog;

namespace Referee.Cli.Verbs;

internal static class SubmitVerb
{
    private const string WorkflowUsual = "code-change";

    public static Command Create(VerbFactory verbs)
    {
        var files = new Argument<string[]>("files") { Description = "Markdown files with front matter, or folders of them: id, title, priority, depends, labels, acceptance", Arity = ArgumentArity.ZeroOrMore };
        var id = new Option<string?>("--id") { Description = "Submit one item without a file: its id" };
        var title = new Option<string>("--title") { Description = "With --id: its title", DefaultValueFactory = _ => "" };
        var workflow = new Option<string>("--workflow") { Description = "The workflow of items that name none", DefaultValueFactory = _ => WorkflowUsual };
        var priority = new Option<int>("--priority") { Description = "With --id: 0 to 255, high first", DefaultValueFactory = _ => 100 };
        var depends = new Option<string[]>("--depends") { Description = "With --id: an item that must be done first; may be given again" };
        var labels = new Option<string[]>("--label") { Description = "With --id: a label; may be given again" };
        return verbs.Create("submit", "Submit work items from Markdown files, or one from options", [files, id, title, workflow, priority, depends, labels], call =>
        {
            var paths = call.Get(files);
            if ((call.Get(id) is null) == (paths.Length == 0))
            {
                throw new CliException(ExitCodes.Usage, "give files, or --id and --title");
            }

            var content = call.Get(id) is { } one
                ? new BacklogContent([new BacklogItem("", 0, new SubmitRequest(one, call.Get(title)!, call.Get(workflow)!) { Priority = call.Get(priority), DependsOn = call.Get(depends) ?? [], Labels = call.Get(labels) ?? [] })], [])
                : BacklogReader.Read(ReadFiles(call, paths), call.Get(workflow)!);
            return SubmitAsync(call, content);
        });
    }

    // A README beside the items is no item; it is left out, and said so.
    private static IEnumerable<(string File, string Text)> ReadFiles(VerbCall call, string[] paths)
    {
        foreach (var path in paths.SelectMany(path => Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.md").Order(StringComparer.Ordinal) : (IEnumerable<string>)[path]))
        {
            var (file, text) = ReadFile(path);
            if (text.StartsWith("---", StringComparison.Ordinal))
            {
                yield return (file, text);
            }
            else
            {
                call.Environment.Error.WriteLine($"{file}: left out, it has no front matter");
            }
        }
    }

    private static (string File, string Text) ReadFile(string path)
    {
        try
        {
            return new FileInfo(path).Length <= BacklogReader.FileBytesMax
                ? (path, File.ReadAllText(path))
                : throw new CliException(ExitCodes.Usage, $"{path}: larger than {BacklogReader.FileBytesMax} bytes");
        }
        catch (IOException e)
        {
            throw new CliException(ExitCodes.Usage, $"{path}: {e.Message}");
        }
    }

    private static async Task<int> SubmitAsync(VerbCall call, BacklogContent content)
    {
        foreach (var error in content.Errors)
        {
            await call.Environment.Error.WriteLineAsync(error.ToString());
        }

        var exit = content.Errors.Count > 0 ? ExitCodes.Refused : ExitCodes.Done;
        var answers = new JsonArray();
        foreach (var item in content.Items)
        {
            var answer = await call.CallAsync("task.create", item.Request with { RequestId = VerbCall.OwnRequestId() }, WorkJson.Default.SubmitRequest, WorkJson.Default.SubmittedResult);
            answers.Add(JsonNode.Parse(answer.Json));
            exit = Report(call, item, answer) ? exit : ExitCodes.Refused;
        }

        if (call.Terminal.Json)
        {
            call.Terminal.Line(answers.ToJsonString());
        }

        return exit;
    }

    private static bool Report(VerbCall call, BacklogItem item, Answer<Submitted> answer)
    {
        var again = answer.Result.Code == RefusalCodes.Duplicate && item.File.Length > 0;
        if (!call.Terminal.Json)
        {
            if (answer.Result.Value is { } submitted)
            {
                call.Terminal.Line($"{submitted.Item}: submitted to {submitted.Stage}{(submitted.OpenBlockers > 0 ? $", blocked by {submitted.OpenBlockers}" : "")}");
            }
            else if (again)
            {
                call.Terminal.Line($"{item.Request.Item}: there already");
            }
            else
            {
                call.Terminal.Refusals($"{item.Request.Item} refused{(item.File.Length > 0 ? $" ({item.File}:{item.Line})" : "")}", answer.Result.Refusals);
            }
        }

        return answer.Result.Ok || again;
    }
}
