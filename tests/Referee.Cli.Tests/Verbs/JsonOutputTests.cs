// --json: what a verb prints is the method's own answer, whole and alone on standard output; and trusted mode says that it is trusted.
using System.Text.Json;
using System.Text.Json.Nodes;
using Referee.Fleet;

namespace Referee.Cli.Tests.Verbs;

public abstract class JsonOutputTests(CliWorld world)
{
    [Fact]
    public async Task A_verb_prints_the_answer_of_its_method()
    {
        var project = await world.NewAsync();
        await project.AddAsync("rita", PrincipalKind.Human, "maintainer");
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await project.RunAsync("submit", "--id", "b", "--title", "B", "--depends", "a", "--label", "x")).ShouldBeDone();
        (await project.RunAsync("claim", "a")).ShouldBeDone();
        (await project.RunAsync("evidence", "a", "summary", "quoted \"text\", ünïcode", "-f", "1")).ShouldBeDone();

        foreach (var (verb, method, parameters) in ((string[], string, string)[])
        [
            (["show", "a"], "task.show", """{"item":"a"}"""),
            (["show", "ghost"], "task.show", """{"item":"ghost"}"""),
            (["status"], "system.status", "{}"),
            (["status", "b"], "task.position", """{"item":"b"}"""),
            (["list"], "task.list", "{}"),
            (["list", "--label", "x", "--state", "Blocked"], "task.list", """{"label":"x","state":"Blocked"}"""),
            (["history", "a"], "task.history", """{"item":"a"}"""),
            (["audit"], "system.audit", "{}"),
            (["verify"], "system.verify", "{}"),
            (["orphans"], "task.orphans", "{}"),
            (["workflow", "list"], "workflow.list", "{}"),
            (["principal", "list"], "principal.list", "{}"),
            (["approve", "a", "--list"], "task.approvals", """{"item":"a"}"""),
            (["explain", "a", "review", "-f", "1"], "task.explain", """{"item":"a","to":"review","fence":1}"""),
            (["promote", "a", "review", "-f", "1"], "task.promote", """{"item":"a","to":"review","fence":1}"""),
            (["release", "a", "-f", "9"], "task.release", """{"item":"a","fence":9}"""),
        ])
        {
            var run = await project.RunAsync([.. verb, "--json"]);
            var printed = Timeless(run.Out);
            JsonNode.DeepEquals(printed, Timeless(await project.Operator.CallAsync(method, parameters))).ShouldBeTrue($"{string.Join(' ', verb)}: {run.Out}");
            run.Exit.ShouldBe(printed["value"] is null ? ExitCodes.Refused : method == "task.explain" ? ExitCodes.Refused : ExitCodes.Done);
            run.Out.TrimEnd('\n').ShouldNotContain("\n");
        }
    }

    [Fact]
    public async Task What_people_read_names_the_same_refusals_as_the_JSON()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await project.RunAsync("claim", "a")).ShouldBeDone();
        var json = (await project.RunAsync("promote", "a", "review", "-f", "1", "--json")).Json.GetProperty("refusals").EnumerateArray().ToList();
        var text = (await project.RunAsync("promote", "a", "review", "-f", "1")).Out;
        foreach (var refusal in json)
        {
            text.ShouldContain(refusal.GetProperty("code").GetString()!);
            text.ShouldContain(refusal.GetProperty("path").GetString()!);
            text.ShouldContain(refusal.GetProperty("next").GetString()!);
        }
    }

    [Fact]
    public async Task Trusted_mode_says_so_on_standard_error_with_every_call_and_a_gateway_never_does()
    {
        var project = await world.NewAsync();
        foreach (var verb in (string[][])[["status"], ["list", "--json"], ["submit", "--id", "a", "--title", "A"], ["claim"]])
        {
            var run = (await project.RunAsync(verb)).ShouldBeDone();
            run.Error.Contains("trusted mode: olga is not verified", StringComparison.Ordinal).ShouldBe(!world.Verified);
            run.Out.ShouldNotContain("trusted");
        }
    }

    [Fact]
    public async Task A_built_in_document_is_printed_as_it_was_written_or_as_JSON()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("workflow", "document", "code-change")).ShouldBeDone().Out.ShouldStartWith("# A change to code");
        (await project.RunAsync("workflow", "document", "code-change", "--json")).ShouldBeDone().Json.GetProperty("workflow").GetString().ShouldBe("code-change");
        var file = project.Write("own.yaml", Referee.Workflows.BuiltInPolicies.Document("prp").Replace("workflow: prp", "workflow: own", StringComparison.Ordinal));
        (await project.RunAsync("workflow", "add", file)).ShouldBeDone().Out.ShouldContain("own version 1 is current");
        (await project.RunAsync("workflow", "list")).ShouldBeDone().Out.ShouldContain("pending → development");
        var broken = project.Write("broken.yaml", "workflow: x\nstages: []\n");
        (await project.RunAsync("workflow", "add", broken)).ShouldExit(ExitCodes.Refused).Out.ShouldContain("broken.yaml");
    }

    // The moment of asking is in some answers; it is the one thing that two calls cannot share.
    private static JsonNode Timeless(string json)
    {
        var answer = JsonNode.Parse(json)!;
        (answer["value"] as JsonObject)?.Remove("at");
        return answer;
    }
}

public sealed class JsonOutputInTrustedModeTests(TrustedRedis world) : JsonOutputTests(world), IClassFixture<TrustedRedis>;

public sealed class JsonOutputThroughTheGatewayTests(GatewayOverRedis world) : JsonOutputTests(world), IClassFixture<GatewayOverRedis>;

public sealed class JsonOutputOnTheEmbeddedServerTests(EmbeddedGateway world) : JsonOutputTests(world), IClassFixture<EmbeddedGateway>;

public sealed class JsonOutputInTheFolderTests(EmbeddedFolder world) : JsonOutputTests(world), IClassFixture<EmbeddedFolder>;
