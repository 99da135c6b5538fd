// The table of verbs, and the way from a line of arguments to an exit code.
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Referee.Cli.Verbs;

namespace Referee.Cli;

public static class RefereeCommand
{
    private static readonly (string Name, Func<VerbFactory, Command> Create)[] Verbs =
    [
        ("up", UpVerb.Create),
        ("submit", SubmitVerb.Create),
        ("claim", ClaimVerb.Create),
        ("renew", RenewVerb.Create),
        ("release", ReleaseVerb.Create),
        ("evidence", EvidenceVerb.Create),
        ("run", RunVerb.Create),
        ("explain", ExplainVerb.Create),
        ("promote", PromoteVerb.Create),
        ("send-back", SendBackVerb.Create),
        ("approve", ApproveVerb.Create),
        ("park", ParkVerb.Create),
        ("show", ShowVerb.Create),
        ("list", ListVerb.Create),
        ("status", StatusVerb.Create),
        ("history", HistoryVerb.Create),
        ("audit", AuditVerb.Create),
        ("verify", VerifyVerb.Create),
        ("orphans", OrphansVerb.Create),
        ("workflow", WorkflowVerb.Create),
        ("principal", PrincipalVerb.Create),
        ("init", InitVerb.Create),
        ("hook", HookVerb.Create),
        ("bench", BenchVerb.Create),
        ("demo", DemoVerb.Create),
    ];

    /// <summary>Runs one command line. Exit codes are <see cref="ExitCodes"/>.</summary>
    public static async Task<int> RunAsync(string[] arguments, CliEnvironment environment, CancellationToken ct)
    {
        // Making all the verbs to run one of them took longer than that one's parsing; whoever names none, or misnames it, sees them all.
        var named = Array.FindAll(Verbs, verb => arguments is [var first, ..] && first == verb.Name);
        var parsed = Create(environment, named.Length > 0 ? named : Verbs).Parse(arguments);
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
    public static Command Create(CliEnvironment environment) => Create(environment, Verbs);

    /// <summary>The names that the table gives the verbs, in its order.</summary>
    internal static IEnumerable<string> Names => Verbs.Select(verb => verb.Name);

    private static Command Create(CliEnvironment environment, (string Name, Func<VerbFactory, Command> Create)[] verbs)
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
        foreach (var verb in verbs)
        {
            root.Subcommands.Add(verb.Create(factory));
        }

        return root;
    }
}
