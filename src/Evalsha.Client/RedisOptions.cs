// Where a server is and how to talk to it. Also written as a URI:
//   redis://[[user:]password@]host[:port][/database][?protocol=2&name=…&timeout=ms]     rediss:// for TLS     unix:///path/to/socket?db=1
// Times are TimeSpans and come from TimeProvider, so that a test can move them.
using System.Globalization;
using System.Security.Cryptography;
using Evalsha.Resp;

namespace Evalsha.Client;

public sealed record RedisOptions
{
    public string Host { get; init; } = "127.0.0.1";

    public int Port { get; init; } = 6379;

    /// <summary>A unix socket's path; when set, host and port are not used.</summary>
    public string? UnixSocketPath { get; init; }

    public bool UseTls { get; init; }

    public string? User { get; init; }

    public string? Password { get; init; }

    public int Database { get; init; }

    /// <summary>The highest protocol to ask for: 3 falls back to 2 when the server does not know HELLO.</summary>
    public int Protocol { get; init; } = 3;

    /// <summary>Shown by CLIENT LIST.</summary>
    public string? ClientName { get; init; }

    /// <summary>How long dialling and the handshake together may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a caller waits for a reply, waiting for room or for a reconnect included.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Timeouts are noticed this often, so they come up to this much late.</summary>
    public TimeSpan TimeoutResolution { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>A connection that owes replies and has sent nothing for this long is taken for dead and dialled again.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>First delay between two tries to reconnect; it doubles, and each delay is drawn between zero and it.</summary>
    public TimeSpan ReconnectDelayMin { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan ReconnectDelayMax { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A connection that held this long starts again from the smallest delay.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Seed of the delays. By default another one in each process, so that a fleet does not come back in step.</summary>
    public int JitterSeed { get; init; } = RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Most requests and batches that wait for replies on the connection; more wait their turn unsent. A power of two.</summary>
    public int MaxInFlight { get; init; } = 8192;

    /// <summary>Bytes encoded and not yet taken by the transport, above which requests wait their turn unsent.</summary>
    public int MaxBufferedBytes { get; init; } = 1024 * 1024;

    /// <summary>Most requests that wait unsent for room or for a reconnect; one more is refused.</summary>
    public int MaxWaiting { get; init; } = 64 * 1024;

    public RespLimits Limits { get; init; } = RespLimits.Default;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Reads a URI, or plain <c>host</c> and <c>host:port</c>. Throws <see cref="FormatException"/> that names the part it does not understand.</summary>
    public static RedisOptions Parse(string address)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(address);
        if (!address.Contains("://", StringComparison.Ordinal))
        {
            address = "redis://" + address;
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri))
        {
            throw new FormatException("Not a Redis address. Expected redis://host:port/database or unix:///path.");
        }

        var options = uri.Scheme switch
        {
            "redis" or "rediss" when uri.Host.Length > 0 => new RedisOptions
            {
                Host = uri.IdnHost.Trim('[', ']'),
                Port = uri.Port > 0 ? uri.Port : 6379,
                UseTls = uri.Scheme == "rediss",
                Database = uri.AbsolutePath is "" or "/" ? 0 : WholeNumber("database", uri.AbsolutePath[1..]),
            },
            "unix" or "redis+unix" when uri.AbsolutePath.Length > 1 => new RedisOptions { UnixSocketPath = Uri.UnescapeDataString(uri.AbsolutePath) },
            _ => throw new FormatException($"Not a Redis address: scheme '{uri.Scheme}'. Known are redis, rediss, unix and redis+unix, with a host or a path."),
        };

        if (uri.UserInfo.Length > 0)
        {
            var colon = uri.UserInfo.IndexOf(':');
            var user = Uri.UnescapeDataString(colon < 0 ? "" : uri.UserInfo[..colon]);
            options = options with { User = user.Length == 0 ? null : user, Password = Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..]) };
        }

        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = Uri.UnescapeDataString(equals < 0 ? "" : pair[(equals + 1)..]);
            options = name switch
            {
                "protocol" when value is "2" or "3" => options with { Protocol = value[0] - '0' },
                "db" => options with { Database = WholeNumber(name, value) },
                "name" => options with { ClientName = value },
                "timeout" => options with { OperationTimeout = TimeSpan.FromMilliseconds(WholeNumber(name, value)) },
                _ => throw new FormatException($"Not a Redis address: '{pair}'. Known are protocol=2|3, db=n, name=text and timeout=milliseconds."),
            };
        }

        return options;
    }

    /// <summary>The address without secrets.</summary>
    public override string ToString() => UnixSocketPath is { } path ? $"unix://{path}" : $"{(UseTls ? "rediss" : "redis")}://{Host}:{Port}/{Database}";

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(Protocol is 2 or 3, true, nameof(Protocol));
        ArgumentOutOfRangeException.ThrowIfNegative(Database, nameof(Database));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBufferedBytes, 1, nameof(MaxBufferedBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxWaiting, 1, nameof(MaxWaiting));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(TimeoutResolution, TimeSpan.Zero, nameof(TimeoutResolution));
        ArgumentOutOfRangeException.ThrowIfNegative(ReconnectDelayMin.Ticks, nameof(ReconnectDelayMin));
        if (MaxInFlight < 1 || (MaxInFlight & (MaxInFlight - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxInFlight), MaxInFlight, "MaxInFlight must be a power of two.");
        }
    }

    private static int WholeNumber(string what, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException($"Not a Redis address: {what} '{text}' is not a whole number.");
}
