// docs/cli.md, printed from the command tree. The page is never edited by hand; UPDATE_DOCS=1 writes it anew.
using System.CommandLine;
using System.CommandLine.Help;
using System.Text;

namespace Referee.Cli.Tests;

internal static class CliDocument
{
    /// <summary>Every command below the root with the words that call it, in the order of the help.</summary>
    public static IEnumerable<(string[] Path, Command Command)> Commands(Command root) =>
        root.Subcommands.SelectMany(command => Below([command.Name], command));

    public static string Print(Command root)
    {
        var page = new StringBuilder();
        page.Append("""
            # The command line

            Printed from the command tree (`UPDATE_DOCS=1 ./test Referee.Cli` writes it anew). `referee VERB --help` says the same.

            A verb finds the nearest `.referee` folder at or above where it is typed. While `referee up` runs there, it calls that gateway with a token; otherwise it opens the folder itself and makes one where there is none. With `--redis` it opens that Redis in trusted mode: who is calling is said, not proved, every such call says so on standard error, and the chain records it as unverified.

            Answers go to standard output, as JSON with `--json` (the very result of the method on the wire: `value`, or `refusals`). Errors go to standard error.

            ## Exit codes

            | code | meaning |
            |---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var (code, meaning) in ExitCodes.All)
        {
            page.Append($"| {code} | {meaning} |\n");
        }

        page.Append("\n`referee hook stop` speaks to coding agents, who read 0 as \"stop\" and 2 as \"go on working\".\n\n## Options of every verb\n\n");
        Options(page, root.Options.Where(option => option.Recursive && option is not HelpOption));
        page.Append("\n## Verbs\n\n");
        foreach (var (path, command) in Commands(root))
        {
            Verb(page, path, command);
        }

        return page.ToString().TrimEnd() + "\n";
    }

    private static IEnumerable<(string[] Path, Command Command)> Below(string[] path, Command command) =>
        [(path, command), .. command.Subcommands.SelectMany(child => Below([.. path, child.Name], child))];

    private static void Verb(StringBuilder page, string[] path, Command command)
    {
        page.Append($"### referee {string.Join(' ', path)}\n\n{command.Description}.\n\n");
        if (command.Arguments.Count > 0)
        {
            page.Append("| argument | |\n|---|---|\n");
            foreach (var argument in command.Arguments)
            {
                var many = argument.Arity.MaximumNumberOfValues > 1;
                page.Append($"| `{argument.Name}`{(argument.Arity.MinimumNumberOfValues == 0 ? " (optional)" : "")}{(many ? " …" : "")} | {Cell(argument.Description)} |\n");
            }

            page.Append('\n');
        }

        if (command.Options.Any(option => !option.Hidden))
        {
            Options(page, command.Options.Where(option => !option.Hidden));
            page.Append('\n');
        }

        if (command.Subcommands.Count > 0)
        {
            page.Append($"Verbs below: {string.Join(", ", command.Subcommands.Select(child => $"`{child.Name}`"))}.\n\n");
        }
    }

    private static void Options(StringBuilder page, IEnumerable<Option> options)
    {
        page.Append("| option | | default |\n|---|---|---|\n");
        foreach (var option in options)
        {
            var names = string.Join(", ", option.Aliases.Prepend(option.Name).Select(name => $"`{name}`"));
            var required = option.Required ? " (required)" : "";
            var isFlag = option.ValueType == typeof(bool);
            page.Append($"| {names}{(option.HelpName is { } value && !isFlag ? $" {value}" : "")}{required} | {Cell(option.Description)}{Values(option.ValueType)} | {(isFlag ? "" : Default(option))} |\n");
        }
    }

    private static string Values(Type type) => (Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } named ? $": {string.Join(", ", Enum.GetNames(named))}" : "";

    private static string Default(Option option) => option.HasDefaultValue
        ? option.GetDefaultValue() switch
        {
            null or "" => "",
            TimeSpan time => $"{time.TotalMinutes:0}m",
            Array => "",
            var value => $"{value}",
        }
        : "";

    private static string Cell(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);
}
