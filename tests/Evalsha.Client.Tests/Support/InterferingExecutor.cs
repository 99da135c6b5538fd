// A stranger who does something on the server before requests of ours, as deterministic as a test needs it:
// before each batch, between any two requests of a batch (but not inside MULTI, where nobody can), or before each single request.
using Evalsha.Resp;

namespace Evalsha.Client.Tests.Support;

internal sealed class InterferingExecutor(RedisConnection inner, Func<string, ValueTask> before) : IRedisExecutor
{
    private int _loads;

    public long Generation => inner.Generation;

    public int Loads => _loads;

    public async ValueTask<RespValue> SendAsync(RedisRequest request, CancellationToken ct = default)
    {
        await before(request.Name);
        return await inner.SendAsync(request, ct);
    }

    public async ValueTask<RespValue[]> SendBatchAsync(IReadOnlyList<RedisRequest> requests, CancellationToken ct = default)
    {
        Interlocked.Add(ref _loads, requests.Count(request => request.Name == "SCRIPT"));
        if (requests[0].Name == "MULTI")
        {
            await before("MULTI");
            return await inner.SendBatchAsync(requests, ct);
        }

        var replies = new List<RespValue>();
        foreach (var request in requests)
        {
            await before(request.Name);
            replies.AddRange(await inner.SendBatchAsync([request], ct));
        }

        return [.. replies];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
