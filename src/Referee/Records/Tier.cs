// How far evidence can be trusted by who brought it. The numbers are in the store and compared there: never renumber.
namespace Referee.Records;

public enum Tier
{
    SelfReported = 1,

    /// <summary>Seen by a runner that ran it.</summary>
    Observed = 2,
    Ci = 3,
    Human = 4,
}
