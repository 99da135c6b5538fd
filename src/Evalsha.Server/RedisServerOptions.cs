// How to start a server. Always: the defaults are a server inside the process without any port, with the real clock and its own chance.
using System.Net;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server;

public sealed record RedisServerOptions
{
    /// <summary>TCP port; 0 takes a free one; null listens on none (pipes and direct calls only).</summary>
    public int? Port { get; init; }

    /// <summary>Loopback unless told otherwise: without TLS a password travels as it is.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;

    /// <summary>Path of a unix socket to listen on as well; null: none.</summary>
    public string? UnixSocket { get; init; }

    /// <summary>Permissions of the unix socket; null: those of a new file of this process.</summary>
    public UnixFileMode? UnixSocketPermissions { get; init; }

    /// <summary>TCP port that speaks TLS; 0 takes a free one; null: none. Needs <see cref="TlsCertFile"/> and <see cref="TlsKeyFile"/>.</summary>
    public int? TlsPort { get; init; }

    /// <summary>The server's certificate, PEM.</summary>
    public string? TlsCertFile { get; init; }

    /// <summary>The certificate's key, PEM, without a password.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>The certificates, PEM, that may have signed a client's.</summary>
    public string? TlsCaCertFile { get; init; }

    /// <summary>Whether clients must have a certificate.</summary>
    public TlsAuthClients TlsAuthClients { get; init; } = TlsAuthClients.Yes;

    /// <summary>What AUTH must say; null or empty: nobody is asked.</summary>
    public string? Password { get; init; }

    /// <summary>The clock of deadlines, TIME and timeouts. Freeze it, and time stands still for the data too.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Where all chance comes from (RANDOMKEY, SPOP, scan order …); null: a different one for each server.</summary>
    public int? Seed { get; init; }

    public int Databases { get; init; } = 16;

    /// <summary>Bytes of managed memory beyond which writes are refused (OOM); 0 = no limit.</summary>
    public long MaxMemory { get; init; }

    /// <summary>Bytes that may be alive in the scripts' Lua state at once; garbage does not count; 0 = no limit.</summary>
    public long ScriptMemoryLimit { get; init; } = 512L * 1024 * 1024;

    public int MaxClients { get; init; } = 10_000;

    /// <summary>Where the append-only file lives (in a folder <c>appendonlydir</c>, as Redis 7 keeps it); null: in memory only.</summary>
    public string? Directory { get; init; }

    /// <summary>When the append-only file is forced onto the disk; in every case its bytes reach the operating system before the reply leaves.</summary>
    public AppendFsync AppendFsync { get; init; }

    /// <summary>The append-only file is rewritten once it has grown by this much since the last time; 0 = only when asked.</summary>
    public int RewritePercentage { get; init; } = 100;

    /// <summary>Bytes below which the append-only file is not rewritten by itself.</summary>
    public long RewriteMinSize { get; init; } = 64 * 1024 * 1024;

    /// <summary>Gets the server's log lines; called on any thread.</summary>
    public Action<ServerLogLevel, string>? Log { get; init; }
}

/// <summary>Redis's tls-auth-clients.</summary>
public enum TlsAuthClients
{
    /// <summary>A client without a certificate of a known authority is turned away.</summary>
    Yes,

    /// <summary>Certificates are not looked at.</summary>
    No,

    /// <summary>None is fine; one that is given must be good.</summary>
    Optional,
}
