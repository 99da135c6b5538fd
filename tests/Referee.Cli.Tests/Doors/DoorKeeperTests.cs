// Which door a verb takes, and that a folder without a gateway is opened by one verb at a time and loses nothing between them.
using Evalsha.Tests.Support;

namespace Referee.Cli.Tests.Doors;

public sealed class DoorKeeperTests(EmbeddedFolder world) : IClassFixture<EmbeddedFolder>
{
    [Fact]
    public async Task Verbs_at_the_same_time_wait_for_each_other_and_all_succeed()
    {
        var project = await world.NewAsync();
        var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => project.RunAsync("submit", "--id", $"i{i}", "--title", "I"))));
        runs.ShouldAllBe(run => run.Exit == ExitCodes.Done);
        (await project.RunAsync("status", "--json")).Value.GetProperty("stages")[0].GetProperty("ready").GetInt32().ShouldBe(8);
    }

    [Fact]
    public async Task What_one_verb_wrote_the_next_one_and_a_gateway_find()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        var ann = await project.AddAsync("ann");
        (await ann.RunAsync("claim", "a")).ShouldBeDone();

        await project.UpAsync();
        (await ann.RunAsync("evidence", "a", "summary", "through the gateway", "-f", "1")).ShouldBeDone();
        (await project.DownAsync()).ShouldBeDone();

        (await ann.RunAsync("show", "a")).ShouldBeDone().Out.ShouldContain("through the gateway");
        (await project.RunAsync("verify")).ShouldBeDone();
    }

    [Fact]
    public async Task The_first_to_open_a_folder_is_its_operator_in_every_project_of_it()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("principal", "list", "--json")).ShouldBeDone().Value.GetProperty("principals")[0].GetProperty("roles")[0].GetString().ShouldBe("operator");
        var token = File.ReadAllText(Path.Combine(project.Referee, "operator.token"));
        (await project.RunAsync("submit", "--id", "a", "--title", "A", "--project", "other")).ShouldBeDone();
        (await project.RunAsync("show", "a", "--project", "other")).ShouldBeDone();
        (await project.RunAsync("show", "a", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
        File.ReadAllText(Path.Combine(project.Referee, "operator.token")).ShouldBe(token);
        CliProject.Mode(Path.Combine(project.Referee, "operator.other.token")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_project_that_is_no_name_and_a_lost_token_are_handled()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("status", "--project", "../up")).ShouldExit(ExitCodes.Usage);
        (await project.RunAsync("status")).ShouldBeDone();
        File.Delete(Path.Combine(project.Referee, "operator.token"));
        (await project.RunAsync("principal", "list")).ShouldBeDone(); // the folder is its owner's: a lost token is made anew
        (await project.RunAsync("status", "--token", "ref.nobody.x")).ShouldExit(ExitCodes.Forbidden);
    }

    [Fact]
    public async Task A_store_that_is_damaged_is_named_and_left_as_it_is()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        var log = Directory.GetFiles(Path.Combine(project.Referee, "store"), "*.incr.aof", SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(log);
        bytes[bytes.Length / 2] ^= 0xFF;
        "*x"u8.CopyTo(bytes);
        File.WriteAllBytes(log, bytes);

        var run = (await project.RunAsync("status")).ShouldExit(ExitCodes.Unavailable);

        run.Error.ShouldContain(Path.GetFileName(log));
        File.ReadAllBytes(log).ShouldBe(bytes);
    }

    [Fact]
    public async Task An_address_of_a_gateway_that_no_longer_runs_is_not_believed()
    {
        var project = await world.NewAsync();
        File.WriteAllText(project.GatewayFile, $$"""{"url":"http://127.0.0.1:{{RealRedis.FreePort()}}/","processId":1,"project":"main"}""");
        (await project.RunAsync("status")).ShouldBeDone();
        File.Exists(project.GatewayFile).ShouldBeFalse();
    }
}
