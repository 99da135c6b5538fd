// What one client gets without asking at that moment: its subscriptions, MONITOR, and the invalidations of client-side caching.
// Always: a client without any of these has no such object, so an ordinary client costs the others one comparison. Changed by the client's own
// commands and by its end, under the lock of whoever keeps the other side of the list.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Dispatch;

public sealed class ClientFeeds
{
    /// <summary>In order of subscription.</summary>
    internal List<Audience> Channels { get; } = [];

    internal List<Audience> Patterns { get; } = [];

    internal List<Audience> ShardChannels { get; } = [];

    /// <summary>Redis's pub/sub mode: in RESP2 only few commands are allowed then.</summary>
    public bool IsSubscribed { get; internal set; }

    public bool IsMonitor { get; internal set; }

    /// <summary>CLIENT TRACKING; null when off.</summary>
    public ClientTracking? Tracking { get; internal set; }

    /// <summary>What SUBSCRIBE and PSUBSCRIBE answer with.</summary>
    public int Subscriptions => Channels.Count + Patterns.Count;

    internal int Everything => Subscriptions + ShardChannels.Count;

    internal List<Audience> Of(AudienceKind kind) => kind switch
    {
        AudienceKind.Channel => Channels,
        AudienceKind.Pattern => Patterns,
        _ => ShardChannels,
    };
}
