// The table of verbs, and the way from a line of arguments to an exit code.
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Referee.Cli.Verbs;

namespace Referee.Cli;

public static class RefereeCommand
{
    private static readonly Func<VerbFactory, Command>[] Verbs =
    [
        UpVerb.Create,
        SubmitVerb.Create,
        ClaimVerb.Create,
        RenewVerb.Create,
        ReleaseVerb.Create,
        EvidenceVerb.Create,
        RunVerb.Create,
        ExplainVerb.Create,
        PromoteVerb.Create,
        SendBackVerb.Create,
        ApproveVerb.Create,
        ParkVerb.Create,
        ShowVerb.Create,
        ListVerb.Create,
        StatusVerb.Create,
        HistoryVerb.Create,
        AuditVerb.Create,
        VerifyVerb.Create,
        OrphansVerb.Create,
        WorkflowVerb.Create,
        PrincipalVerb.Create,
        InitVerb.Create,
        HookVerb.Create,
        BenchVerb.Create,
        DemoVerb.Create,
    ];

    /// <summary>Runs one command line. Exit codes are <see cref="ExitCodes"/>.</summary>
    public static async Task<int> RunAsync(string[] arguments, CliEnvironment environment, CancellationToken ct)
    {
        var parsed = Create(environment).Parse(arguments);
        if (MistypedOption(parsed) is { } mistyped)
        {
            await environment.Error.WriteLineAsync($"referee: there is no option '{mistyped}' here; what is meant as a value comes after --");
            return ExitCodes.Usage;
        }

        var exit = await parsed.InvokeAsync(new InvocationConfiguration { Output = environment.Out, Error = environment.Error, EnableDefaultExceptionHandler = false }, ct);
        return parsed.Errors.Count > 0 ? ExitCodes.Usage : exit;
    }

    // The parser hands an option that it does not know to the next argument: `claim --labl x` would ask for an item of that name.
    private static string? MistypedOption(ParseResult parsed)
    {
        var before = parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).ToHashSet<Token>(ReferenceEqualityComparer.Instance);
        return parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => token.Value.StartsWith("--", StringComparison.Ordinal) && before.Contains(token))?.Value;
    }

    /// <summary>The whole command line, for help texts and for the documents printed from it.</summary>
    public static Command Create(CliEnvironment environment)
    {
        var root = new Command("referee", $"""
            Referee: work moves only when the evidence says so.

            Exit codes:
            {string.Join('\n', ExitCodes.All.Select(row => $"  {row.Code}  {row.Meaning}"))}
            """);
        root.Options.Add(new HelpOption());
        root.Options.Add(new VersionOption());
        var options = new GlobalOptions();
        options.AddTo(root);
        var factory = new VerbFactory(environment, options);
        foreach (var create in Verbs)
        {
            root.Subcommands.Add(create(factory));
        }

        return root;
    }
}
