// The whole way of an item at the command line, in both policies that come with the program: refused, proven, moved, sent back, approved, verified.
using Referee.Fleet;

namespace Referee.Cli.Tests.Verbs;

public abstract class PromoteVerbTests(CliWorld world)
{
    private const string Green = "echo '<testsuite><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>' > junit.xml";

    [Fact]
    public async Task A_code_change_goes_from_ready_to_complete_on_evidence_alone()
    {
        var project = await world.NewAsync(git: true);
        var agent = await project.AddAsync("ann");
        var runner = await project.AddAsync("runner", PrincipalKind.Runner);
        var reviewer = await project.AddAsync("rita", PrincipalKind.Human, "reviewer");
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await agent.RunAsync("claim", "a")).ShouldBeDone();

        var refused = (await agent.RunAsync("promote", "a", "review", "-f", "1")).ShouldExit(ExitCodes.Refused);
        refused.Out.ShouldContain("a does not move to review");
        refused.Out.ShouldContain("evidence.baseline");
        refused.Out.ShouldContain("evidence.tests");
        refused.Out.ShouldContain("evidence.summary");
        (await agent.RunAsync("explain", "a", "review", "-f", "1")).ShouldExit(ExitCodes.Refused).Out.ShouldContain("is closed, ");

        (await runner.RunAsync("run", "a", "--baseline", "--", "sh", "-c", Green)).ShouldBeDone().Out.ShouldContain("a: baseline accepted as Observed: 2 tests");
        (await agent.RunAsync("evidence", "a", "summary", "all of it", "-f", "1", "--subject", project.Tree(), "--set-subject")).ShouldBeDone();
        (await runner.RunAsync("run", "a", "--", "sh", "-c", Green)).ShouldBeDone().Out.ShouldContain($"2 tests, 0 failed, 0 skipped, exit code 0");
        (await agent.RunAsync("explain", "a", "-f", "1")).ShouldBeDone().Out.ShouldContain("a: ready → review is open");
        (await agent.RunAsync("promote", "a", "review", "-f", "1", "--note", "please look")).ShouldBeDone().Out.ShouldContain("a: moved to review");

        (await project.RunAsync("promote", "a", "complete", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldContain("APPROVALS");
        (await agent.RunAsync("approve", "a", "--json")).ShouldExit(ExitCodes.Refused);
        (await reviewer.RunAsync("approve", "a", "--veto", "--note", "wait")).ShouldBeDone().Out.ShouldContain("0 for and 1 against");
        (await project.RunAsync("promote", "a", "complete", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldContain("VETO");
        (await reviewer.RunAsync("approve", "a", "--withdraw")).ShouldBeDone();
        (await reviewer.RunAsync("approve", "a", "--to", "complete")).ShouldBeDone().Out.ShouldContain("1 for and 0 against");
        (await reviewer.RunAsync("approve", "a", "--list")).ShouldBeDone().Out.ShouldContain("rita");
        (await project.RunAsync("promote", "a", "complete")).ShouldBeDone().Out.ShouldContain("a: moved to complete");

        var history = (await project.RunAsync("history", "a", "--json")).ShouldBeDone().Value.GetProperty("records");
        history.EnumerateArray().Select(record => record.GetProperty("to").GetString()).ShouldBe(["complete", "review"]);
        history.EnumerateArray().ShouldAllBe(record => record.GetProperty("verified").GetBoolean() == world.Verified);
        (await project.RunAsync("audit", "--limit", "1")).ShouldBeDone().Out.ShouldContain("more: --before 2");
        (await project.RunAsync("verify")).ShouldBeDone().Out.ShouldContain("the chain holds: 2 records, 1 items");
        (await project.RunAsync("status")).ShouldBeDone().Out.ShouldContain("1 done, 2 records in the chain");
    }

    [Fact]
    public async Task A_prp_goes_through_its_five_stages()
    {
        var project = await world.NewAsync(git: true);
        var agent = await project.AddAsync("ann");
        var runner = await project.AddAsync("runner", PrincipalKind.Runner);
        var validator = await project.AddAsync("vera", PrincipalKind.Human, "validator");
        (await project.RunAsync("submit", "--id", "p", "--title", "P", "--workflow", "prp")).ShouldBeDone();
        (await agent.RunAsync("claim", "p")).ShouldBeDone();

        // Evidence for the first edge opens no later one.
        (await agent.RunAsync("evidence", "p", "requirements_analysis", "read it", "-f", "1")).ShouldBeDone();
        (await agent.RunAsync("evidence", "p", "acceptance_criteria", "12", "--text", "-f", "1")).ShouldBeDone();
        (await agent.RunAsync("promote", "p", "complete", "-f", "1", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NO_EDGE"]);
        (await agent.RunAsync("promote", "p", "development", "-f", "1")).ShouldBeDone();

        var fence = await ClaimAgainAsync(agent, "p");
        (await agent.RunAsync("evidence", "p", "branch_name", "feature", "-f", fence, "--subject", project.Tree(), "--set-subject")).ShouldBeDone();
        // A text that says "true" is not the truth value: the kind refuses it.
        (await agent.RunAsync("evidence", "p", "implementation_complete", "true", "--text", "-f", fence, "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["TYPE"]);
        (await agent.RunAsync("evidence", "p", "implementation_complete", "true", "-f", fence, "--subject", project.Tree())).ShouldBeDone();
        (await agent.RunAsync("evidence", "p", "local_validation", "true", "-f", fence, "--subject", project.Tree())).ShouldBeDone();
        (await agent.RunAsync("promote", "p", "integration", "-f", fence)).ShouldBeDone();

        fence = await ClaimAgainAsync(agent, "p");
        (await runner.RunAsync("evidence", "p", "smoke_ci_passed", "true", "--subject", project.Tree())).ShouldBeDone().Out.ShouldContain("accepted as Observed");
        (await agent.RunAsync("evidence", "p", "merge_commit", "0123456789abcdef", "-f", fence)).ShouldBeDone();
        (await agent.RunAsync("promote", "p", "validate", "-f", fence)).ShouldBeDone();

        (await runner.RunAsync("evidence", "p", "quality_gates_passed", "true", "--subject", project.Tree())).ShouldBeDone();
        (await validator.RunAsync("evidence", "p", "validator_approval", "true")).ShouldBeDone().Out.ShouldContain("accepted as Human");
        (await validator.RunAsync("approve", "p")).ShouldBeDone();
        (await project.RunAsync("promote", "p", "complete")).ShouldBeDone();

        (await project.RunAsync("history", "p", "--json")).ShouldBeDone().Value.GetProperty("records").GetArrayLength().ShouldBe(4);
        (await project.RunAsync("verify")).ShouldBeDone();
    }

    [Fact]
    public async Task What_is_sent_back_has_to_be_proven_again()
    {
        var project = await world.NewAsync(git: true);
        var agent = await project.AddAsync("ann");
        await InReviewAsync(project, agent);

        (await project.RunAsync("send-back", "a", "ready", "the name is wrong")).ShouldBeDone().Out.ShouldContain("a: sent back to ready");

        (await project.RunAsync("show", "a")).ShouldBeDone().Out.ShouldContain("ready (Ready)");
        (await project.RunAsync("history", "a")).ShouldBeDone().Out.ShouldContain("the name is wrong");
        (await agent.RunAsync("claim", "a")).ShouldBeDone();
        (await agent.RunAsync("promote", "a", "review", "-f", "2", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldNotBeEmpty();
        (await project.RunAsync("verify")).ShouldBeDone();
    }

    [Fact]
    public async Task An_override_wants_the_role_and_a_note_and_stays_in_the_chain()
    {
        var project = await world.NewAsync(git: true);
        var agent = await project.AddAsync("ann");
        var maintainer = await project.AddAsync("max", PrincipalKind.Human, "maintainer");
        await InReviewAsync(project, agent);

        (await agent.RunAsync("promote", "a", "complete", "--override", "--note", "I want to")).ShouldExit(ExitCodes.Refused);
        (await maintainer.RunAsync("promote", "a", "complete", "--override")).ShouldExit(ExitCodes.Refused);
        (await maintainer.RunAsync("promote", "a", "complete", "--override", "--note", "release tonight")).ShouldBeDone().Out.ShouldContain("a: moved to complete BY OVERRIDE");

        var newest = (await project.RunAsync("audit", "--json")).ShouldBeDone().Value.GetProperty("records")[0];
        newest.GetProperty("kind").GetString().ShouldBe("override");
        newest.GetProperty("note").GetString()!.ShouldContain("APPROVALS");
    }

    [Fact]
    public async Task A_retry_of_a_move_is_answered_as_the_first_time()
    {
        var project = await world.NewAsync(git: true);
        var agent = await project.AddAsync("ann");
        await InReviewAsync(project, agent, "--request-id", "r1");
        (await agent.RunAsync("promote", "a", "review", "-f", "1", "--request-id", "r1")).ShouldBeDone().Out.ShouldContain("as answered before");
    }

    [Fact]
    public async Task A_version_that_moved_on_and_an_item_that_is_not_there_are_refused()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await project.RunAsync("promote", "a", "review", "--expect-version", "99", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldContain("CONFLICT");
        (await project.RunAsync("promote", "ghost", "review", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
        (await project.RunAsync("explain", "ghost", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
        (await project.RunAsync("send-back", "ghost", "ready", "why", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
        (await project.RunAsync("approve", "ghost", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
        (await project.RunAsync("history", "ghost", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
        (await project.RunAsync("approve", "a", "--veto", "--withdraw")).ShouldExit(ExitCodes.Usage);
    }

    // Ready, proven and moved to review: what several stories begin with.
    private static async Task InReviewAsync(CliProject project, CliActor agent, params string[] options)
    {
        var runner = await project.AddAsync("runner", PrincipalKind.Runner);
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await agent.RunAsync("claim", "a")).ShouldBeDone();
        (await runner.RunAsync("run", "a", "--baseline", "--", "sh", "-c", Green)).ShouldBeDone();
        (await agent.RunAsync("evidence", "a", "summary", "all of it", "-f", "1", "--subject", project.Tree(), "--set-subject")).ShouldBeDone();
        (await runner.RunAsync("run", "a", "--", "sh", "-c", Green)).ShouldBeDone();
        (await agent.RunAsync(["promote", "a", "review", "-f", "1", .. options])).ShouldBeDone();
    }

    private static async Task<string> ClaimAgainAsync(CliActor agent, string item) =>
        (await agent.RunAsync("claim", item, "--json")).ShouldBeDone().Value.GetProperty("fence").GetRawText();
}

public sealed class PromoteVerbInTrustedModeTests(TrustedRedis world) : PromoteVerbTests(world), IClassFixture<TrustedRedis>;

public sealed class PromoteVerbThroughTheGatewayTests(GatewayOverRedis world) : PromoteVerbTests(world), IClassFixture<GatewayOverRedis>;

public sealed class PromoteVerbOnTheEmbeddedServerTests(EmbeddedGateway world) : PromoteVerbTests(world), IClassFixture<EmbeddedGateway>;

public sealed class PromoteVerbInTheFolderTests(EmbeddedFolder world) : PromoteVerbTests(world), IClassFixture<EmbeddedFolder>;
