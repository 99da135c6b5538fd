// Who may call: added with a token shown once, listed without it, removed at once; and which doors stay closed to whom.
using Referee.Fleet;

namespace Referee.Cli.Tests.Verbs;

public abstract class PrincipalVerbTests(CliWorld world)
{
    [Fact]
    public async Task A_token_is_printed_once_alone_on_standard_output_and_never_again()
    {
        var project = await world.NewAsync();
        var added = (await project.RunAsync("principal", "add", "ann", "--kind", "Ci", "--role", "validator")).ShouldBeDone();
        var token = added.Out.Trim();
        token.ShouldStartWith("ref.ann.");
        added.Error.ShouldContain("ann is a principal (Ci, Ci)");
        added.Error.ShouldNotContain(token);

        var list = (await project.RunAsync("principal", "list")).ShouldBeDone();
        list.Out.ShouldContain("ann");
        list.Out.ShouldContain("validator");
        list.Out.ShouldNotContain(token);
        (await project.RunAsync("principal", "list", "--json")).ShouldBeDone().Out.ShouldNotContain(token);
    }

    [Fact]
    public async Task A_name_is_given_once_and_a_removed_principal_is_unknown()
    {
        var project = await world.NewAsync();
        await project.AddAsync("ann");
        (await project.RunAsync("principal", "add", "ann", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["DUPLICATE"]);
        (await project.RunAsync("principal", "add", "a/b", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["BAD_NAME"]);
        (await project.RunAsync("principal", "remove", "ann")).ShouldBeDone();
        (await project.RunAsync("principal", "remove", "ann", "--json")).ShouldExit(ExitCodes.Refused).Codes.ShouldBe(["NOT_FOUND"]);
    }

    [Fact]
    public async Task Alone_or_with_a_kind_that_is_none_it_is_wrong_usage()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("principal")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("add, list or remove?");
        (await project.RunAsync("workflow")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("add, list or document?");
        (await project.RunAsync("principal", "add", "ann", "--kind", "Robot")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("Robot");
    }

    [Fact]
    public async Task Only_operators_add_and_remove_where_tokens_prove_who_calls()
    {
        var project = await world.NewAsync();
        var ann = await project.AddAsync("ann");
        var expected = world.Verified ? ExitCodes.Forbidden : ExitCodes.Done;

        var add = (await ann.RunAsync("principal", "add", "bob")).ShouldExit(expected);
        (await ann.RunAsync("principal", "list")).ShouldBeDone();
        var document = project.Write("own.yaml", (await project.RunAsync("workflow", "document", "prp")).ShouldBeDone().Out.Replace("workflow: prp", "workflow: own", StringComparison.Ordinal));
        (await ann.RunAsync("workflow", "add", document)).ShouldExit(expected);

        if (world.Verified)
        {
            add.Error.ShouldContain("role operator");
            add.Out.ShouldBe("");
        }
    }

    [Fact]
    public async Task A_token_that_is_nobodys_or_was_ended_opens_nothing()
    {
        var project = await world.NewAsync();
        var ann = await project.AddAsync("ann");
        if (!world.Verified)
        {
            return; // in trusted mode nobody is asked for a token
        }

        (await ann.RunAsync("status")).ShouldBeDone();
        var wrong = ann.Token![..^1] + (ann.Token[^1] == 'A' ? 'B' : 'A');
        var refused = (await project.RunAsync("status", "--token", wrong)).ShouldExit(ExitCodes.Forbidden);
        (refused.Out + refused.Error).ShouldNotContain(wrong);
        (await project.RunAsync("principal", "remove", "ann")).ShouldBeDone();
        (await ann.RunAsync("status")).ShouldExit(ExitCodes.Forbidden).Error.ShouldContain("token; see referee principal list");
        (await project.RunAsync("status", "--as", "ann")).ShouldExit(ExitCodes.Usage).Error.ShouldContain("trusted mode");
    }

    [Fact]
    public async Task A_callers_kind_gives_the_tier_and_a_payload_cannot_raise_it()
    {
        var project = await world.NewAsync();
        var ann = await project.AddAsync("ann", PrincipalKind.Agent, "validator");
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await ann.RunAsync("claim", "a")).ShouldBeDone();
        (await ann.RunAsync("evidence", "a", "baseline", """{"total":9,"tier":"Human"}""", "-f", "1")).ShouldExit(ExitCodes.Refused);
        (await ann.RunAsync("evidence", "a", "baseline", """{"total":9}""", "-f", "1")).ShouldBeDone().Out.ShouldContain("accepted as SelfReported");
    }
}

public sealed class PrincipalVerbInTrustedModeTests(TrustedRedis world) : PrincipalVerbTests(world), IClassFixture<TrustedRedis>;

public sealed class PrincipalVerbThroughTheGatewayTests(GatewayOverRedis world) : PrincipalVerbTests(world), IClassFixture<GatewayOverRedis>;

public sealed class PrincipalVerbOnTheEmbeddedServerTests(EmbeddedGateway world) : PrincipalVerbTests(world), IClassFixture<EmbeddedGateway>;

public sealed class PrincipalVerbInTheFolderTests(EmbeddedFolder world) : PrincipalVerbTests(world), IClassFixture<EmbeddedFolder>;
