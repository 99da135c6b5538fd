// The delays between tries to reconnect: none before the first, then doubling from the least to the most, each drawn between zero and that.
// Always: the same seed gives the same delays. Full jitter keeps a fleet whose server died from coming back in step.
namespace Evalsha.Client;

internal sealed class Backoff(TimeSpan min, TimeSpan max, int seed)
{
    private readonly Random _random = new(seed);
    private int _tries;

    public TimeSpan Next()
    {
        var tries = _tries++;
        return tries == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(_random.NextDouble() * Ceiling(tries).TotalMilliseconds);
    }

    /// <summary>The longest delay that the given try may wait; 0 is the first try.</summary>
    public TimeSpan Ceiling(int tries) => tries == 0
        ? TimeSpan.Zero
        : TimeSpan.FromMilliseconds(Math.Min(min.TotalMilliseconds * Math.Pow(2, Math.Min(tries - 1, 30)), max.TotalMilliseconds));

    /// <summary>A connection held: the next try is a first one.</summary>
    public void Reset() => _tries = 0;
}
