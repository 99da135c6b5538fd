// Where a work item stands inside its stage. The numbers are in the store and in the Lua scripts (Scripts/lib/record.lua): never renumber.
namespace Referee.Records;

public enum WorkState
{
    /// <summary>Nobody holds it; the next claim of its stage may.</summary>
    Ready = 0,

    /// <summary>Somebody holds it under a lease.</summary>
    Claimed = 1,

    /// <summary>Waits for other items to be done.</summary>
    Blocked = 2,

    /// <summary>Waits for a person: parked by hand or by an inconclusive decision.</summary>
    Parked = 3,

    /// <summary>In the last stage of its workflow.</summary>
    Done = 4,
}
