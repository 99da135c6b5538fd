// What one call from the host may use, where the state's own limits are not the right ones for it.
namespace Evalsha.Lua;

/// <summary>
/// What one outermost call may use; whatever is left at its default is the state's own (<see cref="LuaOptions.Limits"/>). A call from inside a host
/// function uses the budget of the call around it. The engine looks about every 100,000 steps, and never while a host function runs.
/// </summary>
public readonly record struct LuaBudget
{
    /// <summary>Instructions and library steps; 0 is the state's limit.</summary>
    public long MaxSteps { get; init; }

    /// <summary>Time on the clock of <see cref="LuaOptions.Time"/>; zero is the state's limit.</summary>
    public TimeSpan MaxTime { get; init; }

    /// <summary>Ends the call from any thread: the error is "cancelled", of the kind <see cref="LuaErrorKind.Cancelled"/>.</summary>
    public CancellationToken Cancellation { get; init; }

    internal bool IsNone => MaxSteps <= 0 && MaxTime <= TimeSpan.Zero && !Cancellation.CanBeCanceled;

    public static implicit operator LuaBudget(CancellationToken cancellation) => new() { Cancellation = cancellation };
}
