// The method table: names on the wire, requests that keep their defaults, and that no parameters end in an exception.
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Referee.Hosting;
using Referee.Records;
using Referee.Web.Api;
using Referee.Work;
using Referee.Workflows;

namespace Referee.Web.Tests.Api;

public sealed class MethodsTests : IAsyncLifetime
{
    private static readonly Caller Olga = new("olga", [Methods.OperatorRole], Tier.Human, Verified: true);
    private RefereeStore _store = null!;

    public async Task InitializeAsync() => _store = await RefereeStore.OpenAsync(new RefereeStoreOptions(), CancellationToken.None);

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public void A_name_is_two_words_and_stands_once()
    {
        Methods.All.Select(method => method.Name).Distinct().Count().ShouldBe(Methods.All.Count);
        Methods.All.ShouldAllBe(method => System.Text.RegularExpressions.Regex.IsMatch(method.Name, "^(task|system|workflow|principal)\\.[a-z_]+$") && method.Summary.EndsWith('.'));
    }

    // The generated reader gives an init member that is missing its type's default, not the one that is written at it.
    [Fact]
    public void No_request_has_a_member_that_would_lose_its_default()
    {
        var requests = new[] { typeof(WorkJson).Assembly, typeof(ApiJson).Assembly }.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.Name.EndsWith("Request", StringComparison.Ordinal) || type.Name.EndsWith("Query", StringComparison.Ordinal) || type == typeof(OrphanDecision)).ToList();
        requests.Count.ShouldBeGreaterThan(12);
        foreach (var request in requests)
        {
            var parameters = request.GetConstructors().SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.Name).ToHashSet();
            request.GetProperties()
                .Where(property => !parameters.Contains(property.Name) && property.SetMethod is { } set && set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)))
                .Select(property => $"{request.Name}.{property.Name}").ShouldBeEmpty();
        }
    }

    [Fact]
    public void A_request_that_names_only_what_it_must_is_the_one_made_in_code()
    {
        JsonSerializer.Deserialize("{}", WorkJson.Default.ClaimRequest)!.LeaseMilliseconds.ShouldBe(WorkLimits.LeaseMillisecondsUsual);
        JsonSerializer.Deserialize("{}", WorkflowJson.Default.AuditRequest).ShouldBe(new AuditRequest());
        JsonSerializer.Deserialize("""{"item":"a","to":"b"}""", WorkflowJson.Default.PromoteRequest).ShouldBe(new PromoteRequest("a", "b"));
        JsonSerializer.Deserialize("{}", ApiJson.Default.OrphanQuery).ShouldBe(new OrphanQuery());
    }

    [Fact]
    public async Task In_trusted_mode_no_role_is_asked_for()
    {
        var ann = new Caller("ann", [], Tier.SelfReported, Verified: false);
        (await CallAsync(ann, "principal.add", """{"name":"bob","kind":"Agent","roles":[]}""")).Result.ShouldNotBeNull();
        (await CallAsync(ann with { Verified = true }, "principal.add", """{"name":"eve","kind":"Agent","roles":[]}""")).Code.ShouldBe(RpcErrors.Forbidden);
    }

    [Fact]
    public async Task A_document_that_is_no_policy_is_refused_with_its_place()
    {
        var outcome = await CallAsync(Olga, "workflow.add", """{"name":"x.yaml","text":"workflow: x\nversion: soon\n"}""");
        var refusal = JsonDocument.Parse(outcome.Result!).RootElement.GetProperty("refusals")[0];
        refusal.GetProperty("code").GetString().ShouldBe("POLICY");
        refusal.GetProperty("got").GetString()!.ShouldContain("x.yaml");
    }

    // Every method, with members it knows and values nobody sends: an answer or an error, never an exception.
    [Fact]
    public async Task No_parameters_end_in_an_exception()
    {
        (await CallAsync(Olga, "task.create", """{"item":"a","title":"A","workflow":"code-change"}""")).Result.ShouldNotBeNull();
        string[] members =
        [
            "item", "to", "fence", "version", "requestId", "note", "override", "reason", "verb", "kind", "value", "subject", "setSubject", "title", "workflow", "priority", "dependsOn", "labels",
            "acceptanceCriteria", "body", "stages", "stage", "state", "label", "limit", "cursor", "leaseMilliseconds", "orphan", "accept", "unpark", "shard", "before", "name", "roles", "text", "what",
        ];
        string[] values =
        [
            "null", "true", "0", "1", "-1", "7", "1e300", "9223372036854775807", "\"\"", "\"a\"", "\"ghost\"", "\"ready\"", "\"review\"", "\"code-change\"", "\"a b\"", "\"a\\u0000b\"", "\"é\"", "\"Human\"", "\"Veto\"",
            "[]", "[null]", "[\"a\"]", "[[]]", "{}", "{\"total\":1}", "{\"total\":1e400}", "\"0-0\"", "\"x:y:z\"", "\"99999999999999999999\"", $"\"{new string('x', 3000)}\"",
        ];
        var calls = from method in Gen.Elements(Methods.All.ToArray())
                    from names in Gen.SubListOf(members)
                    from drawn in Gen.ArrayOf(Gen.Elements(values), members.Length)
                    from item in Gen.Elements("\"a\"", "\"ghost\"")
                    let given = names.Where(name => name != "item").Select((name, i) => $"\"{name}\":{drawn[i]}").Prepend($"\"item\":{item}")
                    select (method.Name, Members: given.ToArray());
        Prop.ForAll(calls.ToArbitrary(), call =>
        {
            // Members that the method does not know are an error at once, so those are taken out until it is read.
            var left = call.Members.ToList();
            while (true)
            {
                var outcome = CallAsync(Olga, call.Name, $"{{{string.Join(',', left)}}}").GetAwaiter().GetResult();
                if (outcome.Result is not null || left.Count == 0 || left.Find(member => outcome.Message.Contains(member.Split(':')[0].Trim('"'), StringComparison.Ordinal)) is not { } unknown)
                {
                    return outcome.Code is 0 or RpcErrors.InvalidParameters;
                }

                left.Remove(unknown);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private Task<RpcOutcome> CallAsync(Caller caller, string method, string parameters) =>
        Methods.CallAsync(_store.Coordinator, caller, method, JsonDocument.Parse(parameters).RootElement, CancellationToken.None);
}
