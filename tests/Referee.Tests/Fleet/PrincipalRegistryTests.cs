// Principals: tokens shown once, stored as digests, roles from the registry only.
using System.Text.Json;
using Evalsha.Client;
using FsCheck;
using FsCheck.Fluent;
using Referee.Fleet;
using Referee.Records;

namespace Referee.Tests.Fleet;

public abstract class PrincipalRegistryTests(StoreFixture store)
{
    [Fact]
    public async Task A_token_names_its_principal_with_kind_and_roles()
    {
        var principals = store.NewProject().Principals;
        var added = (await principals.AddAsync(new Principal("rita", PrincipalKind.Human, ["reviewer", "operator"]))).OrThrow();

        var caller = (await principals.AuthenticateAsync(added.Token)).ShouldNotBeNull();

        (caller.Principal, caller.Tier, caller.Verified).ShouldBe(("rita", Tier.Human, true));
        caller.Roles.ShouldBe(["reviewer", "operator"]);
        caller.Has("reviewer").ShouldBeTrue();
    }

    [Theory]
    [InlineData(PrincipalKind.Agent, Tier.SelfReported)]
    [InlineData(PrincipalKind.Runner, Tier.Observed)]
    [InlineData(PrincipalKind.Ci, Tier.Ci)]
    [InlineData(PrincipalKind.Human, Tier.Human)]
    public void A_kind_gives_the_tier(PrincipalKind kind, Tier tier) => new Principal("x", kind, []).Tier.ShouldBe(tier);

    [Fact]
    public async Task The_store_holds_no_token_and_any_change_of_one_is_nobody()
    {
        var project = store.NewProject();
        var token = (await project.Principals.AddAsync(new Principal("ann", PrincipalKind.Agent, []))).OrThrow().Token;
        (await project.Principals.AddAsync(new Principal("bob", PrincipalKind.Agent, []))).OrThrow();

        var stored = (await project.Executor.SendAsync(new RedisRequest("HGET", project.Shards[0].Principals, "ann"))).AsText();
        stored.ShouldNotContain(token[^43..]);
        stored.ShouldContain(Token.Digest(token));
        foreach (var wrong in new[] { null, "", "ref.", "ref.ann.", token[..^1], token + "A", token.Replace("ref.ann", "ref.bob"), token[..^1] + (token[^1] == 'A' ? 'B' : 'A'), $"ref.nobody.{token[^43..]}" })
        {
            (await project.Principals.AuthenticateAsync(wrong)).ShouldBeNull(wrong);
        }
    }

    [Fact]
    public async Task A_name_is_given_once_and_a_removed_one_is_nobody_at_once()
    {
        var principals = store.NewProject().Principals;
        var token = (await principals.AddAsync(new Principal("ann", PrincipalKind.Agent, []))).OrThrow().Token;

        (await principals.AddAsync(new Principal("ann", PrincipalKind.Human, []))).Code.ShouldBe(RefusalCodes.Duplicate);
        (await principals.ListAsync()).OrThrow().Principals.Select(principal => principal.Name).ShouldBe(["ann"]);
        (await principals.RemoveAsync("ann")).OrThrow();

        (await principals.AuthenticateAsync(token)).ShouldBeNull();
        (await principals.RemoveAsync("ann")).Code.ShouldBe(RefusalCodes.NotFound);
        (await principals.ListAsync()).OrThrow().Principals.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_those_who_ask_at_once_only_as_many_are_added_as_there_is_room_for()
    {
        var project = store.NewProject();
        var almost = Enumerable.Range(0, PrincipalRegistry.PrincipalsMax - 2).SelectMany(i => new RedisArg[] { $"p{i}", "{}" });
        await project.Executor.SendAsync(new RedisRequest("HSET", [project.Shards[0].Principals, .. almost]));

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => project.Principals.AddAsync(new Principal($"late{i}", PrincipalKind.Agent, [])).AsTask()));

        answers.Count(answer => answer.Ok).ShouldBe(2);
        answers.Where(answer => !answer.Ok).ShouldAllBe(answer => answer.Code == RefusalCodes.Limit);
        (await project.Principals.AddAsync(new Principal("p0", PrincipalKind.Agent, []))).Code.ShouldBe(RefusalCodes.Duplicate);
    }

    [Fact]
    public async Task A_bad_name_or_role_is_refused()
    {
        var principals = store.NewProject().Principals;

        (await principals.AddAsync(new Principal("a b", PrincipalKind.Agent, []))).Code.ShouldBe(RefusalCodes.BadName);
        (await principals.AddAsync(new Principal("a", PrincipalKind.Agent, ["x\ny"]))).Code.ShouldBe(RefusalCodes.BadName);
        (await principals.AddAsync(new Principal("a", PrincipalKind.Agent, [.. Enumerable.Range(0, 17).Select(i => $"r{i}")]))).Code.ShouldBe(RefusalCodes.Limit);
    }

    [Fact]
    public async Task In_trusted_mode_roles_still_come_from_the_registry_and_the_caller_is_unverified()
    {
        var principals = store.NewProject().Principals;
        (await principals.AddAsync(new Principal("rita", PrincipalKind.Human, ["reviewer"]))).OrThrow();

        (await principals.TrustAsync("rita")).ShouldSatisfyAllConditions(
            rita => rita.Verified.ShouldBeFalse(), rita => rita.Tier.ShouldBe(Tier.Human), rita => rita.Roles.ShouldBe(["reviewer"]));
        (await principals.TrustAsync("stranger")).ShouldSatisfyAllConditions(
            stranger => stranger.Tier.ShouldBe(Tier.SelfReported), stranger => stranger.Roles.ShouldBeEmpty());
    }

    [Fact]
    public async Task Tokens_come_from_the_source_that_was_given()
    {
        var project = store.NewProject();
        var seeded = new Coordinator(project.Executor, project.Project, tokens: new TokenSource(count => new byte[count]));

        var token = (await seeded.Principals.AddAsync(new Principal("ann", PrincipalKind.Agent, []))).OrThrow().Token;

        token.ShouldBe($"ref.ann.{new string('A', 43)}");
        (await seeded.Principals.AuthenticateAsync(token)).ShouldNotBeNull();
        JsonSerializer.Serialize(await seeded.Principals.ListAsync(), FleetJson.Default.PrincipalListResult).ShouldNotContain("AAA");
    }

    [Fact]
    public void Any_text_is_read_as_a_token_or_is_none() => Prop.ForAll<string>(text =>
    {
        Token.TryReadName(text, out _);
        Token.TryReadName("ref." + text, out _);
    }).QuickCheckThrowOnFailure();
}

public sealed class PrincipalRegistryOnRedisTests(RealRedisStore store) : PrincipalRegistryTests(store), IClassFixture<RealRedisStore>;

public sealed class PrincipalRegistryOnEmbeddedTests(EmbeddedStore store) : PrincipalRegistryTests(store), IClassFixture<EmbeddedStore>;
