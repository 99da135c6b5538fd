// The seam between scripts and a client: two ways to send, and a number that tells when what was loaded may be gone.
// RedisConnection implements it; an adapter for another client needs nothing else.
using Evalsha.Resp;

namespace Evalsha.Client;

public interface IRedisExecutor : IAsyncDisposable
{
    /// <summary>Grows on each reconnect: what was loaded on the server before is then only a hint.</summary>
    long Generation { get; }

    /// <summary>Sends one request. An error reply throws <see cref="RedisException"/>.</summary>
    ValueTask<RespValue> SendAsync(RedisRequest request, CancellationToken ct = default);

    /// <summary>Sends requests contiguously on one connection in one write. One reply each, in order; error replies stay in place.</summary>
    ValueTask<RespValue[]> SendBatchAsync(IReadOnlyList<RedisRequest> requests, CancellationToken ct = default);
}
