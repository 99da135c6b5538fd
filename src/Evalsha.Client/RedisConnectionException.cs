// The connection failed a request: it broke, could not be made, was too slow or was full. Transient: the next request may well succeed.
namespace Evalsha.Client;

public sealed class RedisConnectionException(string message, bool wasWritten, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>False: the request certainly did not run. True: nobody knows; it may have run.</summary>
    public bool WasWritten { get; } = wasWritten;

    /// <summary>True when the reply did not come in time (see <see cref="RedisOptions.OperationTimeout"/>).</summary>
    public bool TimedOut { get; init; }
}
