// docs/commands.md, docs/commands.json and eng/CommandFacts.cs, printed from the command rows. Never edited by hand; UPDATE_DOCS=1 writes them anew.
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evalsha.Server.Commands;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Tests.Commands;

internal static class CommandDocument
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Markdown(IReadOnlyList<CommandRow> rows)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # The commands of the embedded server

            Printed from the command rows (`UPDATE_DOCS=1 ./test Evalsha.Server` writes it anew): {rows.Count} commands, {rows.Sum(static row => row.Subcommands.Length)} subcommands. `COMMAND DOCS` says the same. [commands.json](commands.json) has it all for programs.

            """);
        foreach (var group in rows.GroupBy(static row => row.Group).OrderBy(static group => group.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| command | what it does | since | cost |\n|---|---|---|---|\n");
            foreach (var row in group.SelectMany(static row => (IEnumerable<CommandRow>)[row, .. row.Subcommands]).Where(static row => row.Subcommands.Length == 0))
            {
                var deprecated = row.DeprecatedSince is null ? "" : $" *Deprecated: use {row.ReplacedBy}.*";
                text.Append(CultureInfo.InvariantCulture, $"| `{Syntax(row)}` | {Cell(row.Summary)}{Cell(deprecated)} | {row.Since} | {Cell(row.Complexity)} |\n");
            }
        }

        return text.ToString();
    }

    public static string Json(IReadOnlyList<CommandRow> rows)
    {
        var all = new JsonObject();
        foreach (var row in rows)
        {
            all[row.Name] = Describe(row);
        }

        return all.ToJsonString(Indented) + "\n";
    }

    /// <summary>What a generator or an analyzer must know of a command to check a script's calls: a file that compiles by itself.</summary>
    public static string Facts(IReadOnlyList<CommandRow> rows)
    {
        var text = new StringBuilder("""
            // What each command demands, for tools that check the calls of a script without a server.
            // Printed from the command rows of Evalsha.Server (UPDATE_DOCS=1 writes it anew); part of no project here: whoever needs it links it.
            // Always: one entry for each command and each container|subcommand, in order of their names.
            namespace Evalsha.Generators;

            internal readonly struct CommandFact
            {
                public CommandFact(string name, int arity, bool writes, bool runsInScripts, int firstKey, int lastKey, int keyStep, int keyCountAt)
                {
                    Name = name;
                    Arity = arity;
                    Writes = writes;
                    RunsInScripts = runsInScripts;
                    FirstKey = firstKey;
                    LastKey = lastKey;
                    KeyStep = keyStep;
                    KeyCountAt = keyCountAt;
                }

                public string Name { get; }

                /// <summary>Counts the name; negative: at least.</summary>
                public int Arity { get; }

                public bool Writes { get; }

                public bool RunsInScripts { get; }

                /// <summary>Index of the first key; 0: none at a fixed place.</summary>
                public int FirstKey { get; }

                /// <summary>Index of the last key; negative counts from the end.</summary>
                public int LastKey { get; }

                public int KeyStep { get; }

                /// <summary>Index of the argument that counts the keys after it; 0: none does.</summary>
                public int KeyCountAt { get; }
            }

            internal static class CommandFacts
            {
                public static readonly CommandFact[] All =
                {

            """);
        foreach (var row in rows.SelectMany(static row => (IEnumerable<CommandRow>)[row, .. row.Subcommands]))
        {
            var counted = row.Keys.RangesFor(row.KeyUses.Length).Where(static range => range.IsCounted).Select(static range => range.Begin).FirstOrDefault();
            text.Append(CultureInfo.InvariantCulture,
                $"        new CommandFact(\"{row.FullName}\", {row.Arity}, {Word(row.Is(CommandFlags.Write))}, {Word(!row.Is(CommandFlags.NoScript))}, {row.Keys.First}, {row.Keys.Last}, {row.Keys.Step}, {counted}),\n");
        }

        return text.Append("    };\n}\n").ToString();
    }

    private static string Word(bool value) => value ? "true" : "false";

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Syntax(CommandRow row) =>
        Cell(string.Join(' ', [row.FullName.Replace('|', ' ').ToUpperInvariant(), .. CommandArgument.Parse(row.Syntax).Select(static argument => argument.ToString())]));

    private static JsonObject Describe(CommandRow row)
    {
        var one = new JsonObject
        {
            ["summary"] = row.Summary,
            ["since"] = row.Since,
            ["group"] = row.Group,
            ["complexity"] = row.Complexity,
            ["arity"] = row.Arity,
            ["flags"] = Strings(CommandCommands.FlagsOf(row)),
            ["categories"] = Strings(CommandCommands.Categories(row)),
            ["tips"] = Strings(row.Tips),
            ["keys"] = new JsonArray([.. row.Keys.RangesFor(row.KeyUses.Length).Select((range, i) => (JsonNode)Range(range, row.KeyUses.ElementAtOrDefault(i) ?? ""))]),
            ["history"] = Strings(row.History),
            ["arguments"] = Arguments(CommandArgument.Parse(row.Syntax)),
        };
        if (row.DeprecatedSince is { } since)
        {
            (one["deprecated_since"], one["replaced_by"]) = (since, row.ReplacedBy);
        }

        if (row.Subcommands.Length > 0)
        {
            var subcommands = new JsonObject();
            foreach (var sub in row.Subcommands)
            {
                subcommands[sub.Name] = Describe(sub);
            }

            one["subcommands"] = subcommands;
        }

        return one;
    }

    private static JsonObject Range(KeyRange range, string use)
    {
        var one = new JsonObject { ["use"] = use };
        if (range.Keyword is { } keyword)
        {
            (one["after"], one["after_from"]) = (keyword, range.KeywordFrom);
        }
        else if (!range.IsUnknown)
        {
            one["begin"] = range.Begin;
        }

        if (range.IsCounted)
        {
            one["counted"] = true;
        }
        else if (!range.IsUnknown)
        {
            (one["last"], one["step"], one["limit"]) = (range.Last, range.Step, range.Limit);
        }

        return one;
    }

    private static JsonArray Arguments(IReadOnlyList<CommandArgument> arguments) => new([.. arguments.Select(static argument =>
    {
        var one = new JsonObject { ["name"] = argument.Name, ["type"] = argument.Type };
        if (argument.Token is { } token) one["token"] = token;
        if (argument.KeyRange >= 0) one["key_range"] = argument.KeyRange;
        if (argument.IsOptional) one["optional"] = true;
        if (argument.IsMultiple) one["multiple"] = true;
        if (argument.RepeatsToken) one["multiple_token"] = true;
        if (argument.Since is { } since) one["since"] = since;
        if (argument.DeprecatedSince is { } deprecated) one["deprecated_since"] = deprecated;
        if (argument.Parts.Count > 0) one["arguments"] = Arguments(argument.Parts);
        return (JsonNode)one;
    })]);

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(static text => (JsonNode)text!)]);
}
