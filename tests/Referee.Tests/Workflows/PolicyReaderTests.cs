// Policy documents: both languages give one policy, what is wrong is said with file, line and path, and the canonical form is a fixed point.
using Referee.Workflows;

namespace Referee.Tests.Workflows;

public sealed class PolicyReaderTests
{
    private const string Frame = """
        workflow: w
        stages: [a, b]
        evidence: { t: { fields: { n: integer, s: text, o: boolean } }, x: text }
        edges:
          - from: a
            to: b
        """;

    [Fact]
    public void The_built_in_policies_read_and_are_fixed_points_of_their_canonical_form()
    {
        foreach (var name in BuiltInPolicies.Names)
        {
            var policy = BuiltInPolicies.Get(name);
            var again = PolicyReader.FromJson(policy.CanonicalJson);
            again.CanonicalJson.ShouldBe(policy.CanonicalJson);
            again.Digest.ShouldBe(policy.Digest);
            policy.Workflow.ShouldBe(name);
        }
    }

    [Fact]
    public void Yaml_and_json_of_the_same_policy_have_one_digest_whatever_the_order()
    {
        var yaml = PolicyReader.FromYaml(
            """
            # a comment changes nothing
            stages: [a, b, c]
            version: 2
            workflow: w
            evidence: { z: boolean, a: { type: record, fields: { y: integer, x: text? } } }
            edges:
              - { from: b, to: c, soak: 90s }
              - { from: a, to: b, claim: optional, require: [ { evidence: z, eq: true, maxAge: 2h } ] }
            """);
        var json = PolicyReader.FromJson(
            """
            {"workflow":"w","version":2,"stages":["a","b","c"],
             "evidence":{"a":{"fields":{"x":"text?","y":"integer"}},"z":{"type":"boolean"}},
             "edges":[{"from":"a","to":"b","claim":"optional","require":[{"evidence":"z","where":[{"eq":true}],"maxAge":"7200000ms"}]},{"from":"b","to":"c","soak":"90000ms"}]}
            """);

        json.CanonicalJson.ShouldBe(yaml.CanonicalJson);
        json.Digest.ShouldBe(yaml.Digest);
        yaml.Edges[0].From.ShouldBe("a");
    }

    [Theory]
    [InlineData("    wip: 0", 7, "edges[0].wip", "a whole number from 1 to 1000000 was wanted")]
    [InlineData("    wips: 3", 7, "edges[0].wips", "the key 'wips' is unknown here")]
    [InlineData("    soak: soon", 7, "edges[0].soak", "'soon' is no duration")]
    [InlineData("    claim: maybe", 7, "edges[0].claim", "'maybe' is not one of required, optional")]
    [InlineData("    require:\n      - evidence: y", 8, "edges[0].require[0].evidence", "'y' is not declared")]
    [InlineData("    require:\n      - evidence: t\n        tier: high", 9, "edges[0].require[0].tier", "'high' is not one of")]
    [InlineData("    require:\n      - { evidence: t, newerThanwork: true }", 8, "edges[0].require[0].newerThanwork", "no key 'newerThanwork'")]
    [InlineData("    require:\n      - { evidence: t, eq: 1 }", 8, "edges[0].require[0].eq", "t is a record: name the field")]
    [InlineData("    require:\n      - { evidence: x, field: n, eq: 1 }", 8, "edges[0].require[0].field", "no key 'field'")]
    [InlineData("    require:\n      - { evidence: t, where: [ { field: n, eq: \"0\" } ] }", 8, "edges[0].require[0].where[0].eq", "an integer was wanted, \"0\" is none")]
    [InlineData("    require:\n      - { evidence: t, where: [ { field: o, eq: 1 } ] }", 8, "edges[0].require[0].where[0].eq", "a boolean was wanted, 1 is none")]
    [InlineData("    require:\n      - { evidence: t, where: [ { field: s, ge: 1 } ] }", 8, "edges[0].require[0].where[0].ge", "'ge' does not compare text")]
    [InlineData("    require:\n      - { evidence: t, where: [ { field: n, geField: t.s } ] }", 8, "edges[0].require[0].where[0].geField", "t.s is text, and an integer was wanted")]
    [InlineData("    require:\n      - { evidence: t, where: [ { field: n, eq: 1, ge: 2 } ] }", 8, "edges[0].require[0].where[0]", "a field and one operator")]
    [InlineData("    require:\n      - approvals: { role: r, count: 17 }", 8, "edges[0].require[0].approvals.count", "a whole number from 1 to 16")]
    [InlineData("  - { from: a, to: b }", 7, "edges[1]", "stands here twice")]
    [InlineData("  - { from: b, to: a }", 7, "edges[1]", "leads back")]
    [InlineData("    from: a", 7, "edges[0].from", "this key stands here twice")]
    [InlineData("sendBack: [ { from: a, to: b } ]", 7, "sendBack[0]", "b is not before a")]
    [InlineData("    require: !!python/none []", 7, "edges[0].require", "tags are not read")]
    public void What_is_wrong_is_said_with_file_line_and_path(string added, int line, string path, string problem)
    {
        var caught = Should.Throw<PolicyException>(() => PolicyReader.FromYaml($"{Frame}\n{added}\n", "w.yaml"));

        caught.ShouldSatisfyAllConditions(
            () => caught.Path.ShouldBe(path),
            () => caught.Problem.ShouldContain(problem),
            () => caught.Line.ShouldBe(line),
            () => caught.Message.ShouldStartWith($"w.yaml({line}): "));
    }

    [Theory]
    [InlineData("", "the document is empty")]
    [InlineData("stages: [a, b]", "the key 'workflow' is missing")]
    [InlineData("workflow: w\nstages: [a]\nedges: []", "a list of 2 to 63 was wanted")]
    [InlineData("workflow: w\nstages: [a, b, c]\nedges: [ { from: a, to: c } ]", "no edge leads out of b")]
    [InlineData("workflow: w\nstages: [a, b, c]\nedges: [ { from: a, to: c }, { from: b, to: c } ]", "no edge leads into b")]
    [InlineData("workflow: a/b\nstages: [a, b]\nedges: [ { from: a, to: b } ]", "'a/b' is no name")]
    [InlineData("workflow: 0123456789012345678901234567890123456789\nstages: [a, b]\nedges: [ { from: a, to: b } ]", "put it in quotes")]
    [InlineData("workflow: [", "this is no YAML")]
    [InlineData("workflow: w\n---\nworkflow: v", "one document was wanted")]
    [InlineData("workflow: &x w\nstages: [*x, b]", "anchors")]
    public void A_document_that_is_no_policy_is_refused(string text, string problem) =>
        Should.Throw<PolicyException>(() => PolicyReader.FromYaml(text)).Message.ShouldContain(problem);

    [Fact]
    public void An_edge_asks_at_most_sixty_four_questions()
    {
        string Edge(int conditions) => $"{Frame}\n    require: [ {string.Join(", ", Enumerable.Repeat("{ evidence: t, where: [ { field: n, ge: 1 } ] }", conditions))} ]";

        PolicyReader.FromYaml(Edge(32)).Edges[0].Operations.Count.ShouldBe(64);
        Should.Throw<PolicyException>(() => PolicyReader.FromYaml(Edge(33))).Problem.ShouldContain("asks 66 questions, at most 64");
    }

    [Fact]
    public void A_document_cannot_grow_while_it_is_read()
    {
        Should.Throw<PolicyException>(() => PolicyReader.FromYaml(new string('#', DocumentNode.CharactersMax + 1)));
        Should.Throw<PolicyException>(() => PolicyReader.FromYaml(new string('[', 2000)));
        Should.Throw<PolicyException>(() => PolicyReader.FromJson(new string('[', 2000)));
    }

    [Fact]
    public void Json_problems_name_their_line()
    {
        var caught = Should.Throw<PolicyException>(() => PolicyReader.FromJson("{\n\"workflow\": \"w\",\n\"stages\": [\"a\", \"a\"]\n}", "w.json"));

        caught.Message.ShouldBe("w.json(3): stages[1]: the stage a stands here twice");
    }
}
