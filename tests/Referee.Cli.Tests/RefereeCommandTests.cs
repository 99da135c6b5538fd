// The command line as a whole: help, wrong usage, exit codes, and what goes to which output.
using System.CommandLine;

namespace Referee.Cli.Tests;

public sealed class RefereeCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("command-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Help_lists_the_verbs_and_every_exit_code()
    {
        var run = (await RunAsync("--help")).ShouldBeDone();
        foreach (var (code, meaning) in ExitCodes.All)
        {
            run.Out.ShouldContain($"{code}  {meaning}");
        }

        foreach (var verb in Root().Subcommands.Where(verb => !verb.Hidden))
        {
            run.Out.ShouldContain($"  {verb.Name} ");
        }

        run.Error.ShouldBe("");
    }

    [Fact]
    public async Task Every_verb_has_help_and_everything_it_takes_is_described()
    {
        foreach (var (path, command) in CliDocument.Commands(Root()))
        {
            // The framework prints no help for what is hidden.
            (await RunAsync([.. path, "--help"])).ShouldBeDone().Out.ShouldContain(command.Hidden ? "" : command.Description!);
            command.Description.ShouldNotBeNullOrEmpty();
            command.Options.Cast<Symbol>().Concat(command.Arguments).Where(symbol => string.IsNullOrEmpty(symbol.Description)).Select(symbol => $"{string.Join(' ', path)} {symbol.Name}").ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_verb_is_called_what_the_table_calls_it() => Root().Subcommands.Select(verb => verb.Name).ShouldBe(RefereeCommand.Names);

    [Fact]
    public async Task A_misspelt_verb_is_named_and_all_of_them_are_listed()
    {
        var run = (await RunAsync("promot", "a", "review")).ShouldExit(ExitCodes.Usage);
        run.Error.ShouldContain("'promot'");
        run.Out.ShouldContain("  promote ");
    }

    [Fact]
    public async Task Options_may_stand_before_the_verb()
    {
        var run = await RunAsync("--project", "../up", "status");
        run.ShouldExit(ExitCodes.Usage).Error.ShouldStartWith("referee status: ");
    }

    [Fact]
    public async Task The_version_is_printed() => (await RunAsync("--version")).ShouldBeDone().Out.Trim().ShouldNotBeEmpty();

    [Theory]
    [InlineData]
    [InlineData("steal")]
    [InlineData("promote")]
    [InlineData("promote", "a")]
    [InlineData("release", "a")]
    [InlineData("claim", "a", "b")]
    [InlineData("claim", "--loud")]
    [InlineData("list", "--state", "Lost")]
    [InlineData("list", "--limit", "many")]
    [InlineData("principal")]
    [InlineData("hook")]
    [InlineData("run", "a")]
    [InlineData("workflow", "document", "none")]
    [InlineData("workflow", "add", "none.yaml")]
    [InlineData("submit", "none.md")]
    [InlineData("init", "--redis", "x")]
    [InlineData("status", "--as", "ann")]
    [InlineData("status", "--redis", "http://127.0.0.1")]
    [InlineData("status", "--redis", "redis://127.0.0.1:port")]
    public async Task Wrong_usage_exits_with_2_says_why_on_standard_error_and_makes_no_folder(params string[] arguments)
    {
        var run = (await RunAsync(arguments)).ShouldExit(ExitCodes.Usage);
        run.Error.ShouldNotBeEmpty();
        Directory.Exists(Path.Combine(_folder, ".referee")).ShouldBeFalse();
    }

    [Theory]
    [InlineData("status")]
    [InlineData("claim")]
    [InlineData("submit", "--id", "a", "--title", "A")]
    [InlineData("up")]
    public async Task A_store_that_does_not_answer_exits_with_3(params string[] arguments)
    {
        var run = (await RunAsync([.. arguments, "--redis", "redis://127.0.0.1:1"])).ShouldExit(ExitCodes.Unavailable);
        run.Error.ShouldContain("the store does not answer");
        run.Error.Trim().ShouldNotContain("\n");
        run.Out.ShouldBe("");
    }

    [Fact]
    public async Task An_error_names_the_verb_by_its_whole_path() =>
        (await RunAsync("principal", "list", "--redis", "redis://127.0.0.1:1")).ShouldExit(ExitCodes.Unavailable).Error.ShouldStartWith("referee principal list: ");

    [Fact]
    public async Task Interrupted_it_says_so_and_exits_as_shells_count()
    {
        using var interrupt = new CancellationTokenSource();
        await interrupt.CancelAsync();
        var run = await RunAsync(interrupt.Token, "status", "--redis", "redis://127.0.0.1:1");
        run.ShouldExit(ExitCodes.Interrupted);
    }

    private static Command Root() => RefereeCommand.Create(CliEnvironment.OfProcess());

    private Task<CliRun> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    private async Task<CliRun> RunAsync(CancellationToken ct, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await RefereeCommand.RunAsync(arguments, new(_folder, new Dictionary<string, string>(), output, error, IsInteractive: false, TimeProvider.System), ct);
        return new(exit, output.ToString(), error.ToString());
    }
}
