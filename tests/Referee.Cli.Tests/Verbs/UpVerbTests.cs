// The gateway as a verb: one to a folder, found by the others, gone when told to stop.
using System.Text.Json;
using Evalsha.Tests.Support;
using Referee.Hosting;

namespace Referee.Cli.Tests.Verbs;

public sealed class UpVerbTests(EmbeddedGateway world) : IClassFixture<EmbeddedGateway>
{
    [Fact]
    public async Task It_says_where_it_is_and_takes_its_address_away_when_it_goes()
    {
        var project = await world.NewAsync();
        JsonDocument.Parse(File.ReadAllText(project.GatewayFile)).RootElement.GetProperty("processId").GetInt32().ShouldBe(Environment.ProcessId);
        var token = File.ReadAllText(Path.Combine(project.Referee, "operator.token")).Trim();

        var run = (await project.DownAsync()).ShouldBeDone();

        run.Out.ShouldContain("referee is up at http://127.0.0.1:");
        run.Out.ShouldNotContain("RESP port");
        (run.Out + run.Error).ShouldNotContain(token);
        File.Exists(project.GatewayFile).ShouldBeFalse();
    }

    [Fact]
    public async Task A_second_one_in_the_same_folder_is_refused()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("up")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("a gateway already runs at http://127.0.0.1:");
    }

    [Fact]
    public async Task Verbs_find_it_from_any_folder_below()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        var below = Directory.CreateDirectory(Path.Combine(project.Folder, "src", "deep")).FullName;
        using var output = new StringWriter();
        var environment = new CliEnvironment(below, new Dictionary<string, string>(), output, TextWriter.Null, IsInteractive: false, TimeProvider.System);
        (await RefereeCommand.RunAsync(["show", "a"], environment, CancellationToken.None)).ShouldBe(ExitCodes.Done);
        output.ToString().ShouldContain("a: A");
        Directory.Exists(Path.Combine(below, ".referee")).ShouldBeFalse();
    }

    [Fact]
    public async Task Another_project_than_the_one_it_serves_is_refused_and_not_mistaken()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("status", "--project", "main")).ShouldBeDone();
        (await project.RunAsync("status", "--project", "other")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("serves the project main, not other");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_so()
    {
        var project = await world.NewAsync();
        var taken = JsonDocument.Parse(File.ReadAllText(project.GatewayFile)).RootElement.GetProperty("url").GetString()!;
        var folder = Directory.CreateTempSubdirectory("up-").FullName;
        try
        {
            using var error = new StringWriter();
            var environment = new CliEnvironment(folder, new Dictionary<string, string>(), TextWriter.Null, error, IsInteractive: false, TimeProvider.System);
            (await RefereeCommand.RunAsync(["up", "--port", $"{new Uri(taken).Port}"], environment, CancellationToken.None)).ShouldBe(ExitCodes.Usage);
            error.ToString().ShouldContain("address already in use");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_password_in_the_address_of_a_Redis_is_not_printed()
    {
        await using var redis = await RealRedis.StartAsync("--requirepass", "s3cret");
        await using var project = new CliProject(world, "p");
        await project.UpAsync("--redis", $"redis://:s3cret@127.0.0.1:{redis.Port}");
        (await project.RunAsync("status")).ShouldBeDone();
        var run = await project.DownAsync();
        run.Out.ShouldContain($"redis://127.0.0.1:{redis.Port}");
        (run.Out + run.Error + File.ReadAllText(Path.Combine(project.Referee, "operator.token"))).ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Before_a_Redis_that_knows_the_user_already_it_asks_for_the_token_instead_of_taking_it_away()
    {
        await using var redis = await RealRedis.StartAsync();
        await using var first = new CliProject(world, "p");
        await first.UpAsync("--redis", $"redis://127.0.0.1:{redis.Port}");
        await using var second = new CliProject(world, "p");
        var run = (await new CliActor(second, "", null).RunAsync("up", "--redis", $"redis://127.0.0.1:{redis.Port}")).ShouldExit(ExitCodes.Forbidden);
        run.Error.ShouldContain("is a principal of this store already");
        (await first.RunAsync("status")).ShouldBeDone();
    }

    [Fact]
    public async Task A_RESP_port_is_opened_only_when_asked_for_and_says_what_it_means()
    {
        await using var project = new CliProject(world, "p");
        var port = RealRedis.FreePort();
        await project.UpAsync("--resp-port", $"{port}");
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        var trusted = await project.RunAsync("show", "a", "--redis", $"redis://127.0.0.1:{port}");
        trusted.ShouldBeDone().Error.ShouldContain("trusted mode");
        (await project.DownAsync()).Out.ShouldContain($"RESP port {port} is open on loopback: whoever reaches it can write past the referee");
    }
}
