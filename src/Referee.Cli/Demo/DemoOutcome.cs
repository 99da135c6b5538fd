// What the story came to, for programs: `referee demo --json`.
namespace Referee.Cli.Demo;

/// <param name="Trick">What was tried, in the story's words.</param>
/// <param name="Codes">The refusals that it came to.</param>
public sealed record DemoTrick(string Trick, IReadOnlyList<string> Codes);

/// <param name="Drained">Items that the fleet brought through.</param>
/// <param name="Racers">Connections that raced for one item.</param>
/// <param name="Winners">How many of them got it.</param>
/// <param name="Findings">What verify said after a record had been rewritten.</param>
/// <param name="Moves">Records in the chain.</param>
/// <param name="LateResults">Results kept for a person because their claim was lost.</param>
public sealed record DemoOutcome(
    IReadOnlyList<DemoTrick> Tricks, int Drained, int Racers, int Winners, IReadOnlyList<string> Findings, long Moves, long LateResults, long Complete);
