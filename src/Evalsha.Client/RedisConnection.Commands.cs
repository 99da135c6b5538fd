// A few commands by name, for samples, tests and small programs. Everything else goes through SendAsync.
using Evalsha.Resp;

namespace Evalsha.Client;

public sealed partial class RedisConnection
{
    /// <summary>Round trip to the server. Throws when the server is not well.</summary>
    public async ValueTask PingAsync(CancellationToken ct = default) =>
        await SendAsync(new RedisRequest("PING") { Repeatable = true }, ct).ConfigureAwait(false);

    /// <summary>The string at the key, or a null value.</summary>
    public ValueTask<RespValue> GetAsync(RedisArg key, CancellationToken ct = default) =>
        SendAsync(new RedisRequest("GET", key) { Repeatable = true }, ct);

    public async ValueTask SetAsync(RedisArg key, RedisArg value, CancellationToken ct = default) =>
        await SendAsync(new RedisRequest("SET", key, value), ct).ConfigureAwait(false);

    /// <summary>Deletes keys and returns how many there were.</summary>
    public async ValueTask<long> DeleteAsync(RedisArg[] keys, CancellationToken ct = default) =>
        (await SendAsync(new RedisRequest("DEL", keys), ct).ConfigureAwait(false)).AsInteger();

    /// <summary>INFO as name and value; <paramref name="section"/> null is the server's default set.</summary>
    public async ValueTask<IReadOnlyDictionary<string, string>> InfoAsync(string? section = null, CancellationToken ct = default)
    {
        var request = section is null ? new RedisRequest("INFO") { Repeatable = true } : new RedisRequest("INFO", section) { Repeatable = true };
        var text = (await SendAsync(request, ct).ConfigureAwait(false)).AsText();
        var info = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] != '#' && line.IndexOf(':') is > 0 and var colon)
            {
                info[line[..colon]] = line[(colon + 1)..];
            }
        }

        return info;
    }
}
