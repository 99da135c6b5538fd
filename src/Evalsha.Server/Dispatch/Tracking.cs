// Client-side caching: who has read which key since its last change, who wants to hear of which prefixes, and the invalidations.
// Always: a key is in the table while somebody may have it cached; an invalidation takes it out. Those who follow prefixes hear at the end of
// the turn, all keys at once. Costs one comparison per change while nobody tracks. Inside the turn, but for clients that leave: hence the lock.
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public sealed class Tracking
{
    private static readonly byte[] InvalidationChannel = [.. "__redis__:invalidate"u8];

    private readonly ServerContext _server;
    private readonly Lock _lock = new();
    private readonly KeyTable<CachedKey> _keys;
    private readonly SortedDictionary<ByteString, Prefix> _prefixes = new(ByteOrder.Instance);
    private readonly RespBuffer _scratch = new(256);
    private readonly RespWriter _writer;
    private readonly List<int> _found = [];
    private volatile int _clients;
    private bool _hasPending;

    internal Tracking(ServerContext server)
    {
        _server = server;
        _keys = new KeyTable<CachedKey>(server.Hashing);
        _writer = new RespWriter(_scratch);
    }

    /// <summary>True while some client tracks.</summary>
    public bool IsActive => _clients != 0;

    public int ClientCount => _clients;

    public int KeyCount => _keys.Count;

    /// <summary>Pairs of a key and a client that may have it cached.</summary>
    public long ItemCount { get; private set; }

    public int PrefixCount => _prefixes.Count;

    /// <summary>Most keys in the table; 0 = no limit. When it is passed, keys chosen by chance are said to have changed.</summary>
    public long KeysMax { get; internal set; } = 1_000_000;

    /// <summary>Whose command runs; null in the expiry cycle.</summary>
    internal IClient? Current { get; set; }

    internal void Enable(IClient client, ClientTracking options, IEnumerable<ByteString> prefixes)
    {
        lock (_lock)
        {
            var feeds = client.Feeds ??= new ClientFeeds();
            if (feeds.Tracking is null)
            {
                _clients++;
                _server.SetAttention(Attention.Tracking, true);
            }
            else
            {
                // A second ON in broadcast mode adds prefixes.
                options.Prefixes.UnionWith(feeds.Tracking.Prefixes);
                options.IsCachingGiven = feeds.Tracking.IsCachingGiven;
            }

            options.WasClientCommand = true;
            feeds.Tracking = options;
            foreach (var prefix in prefixes)
            {
                options.Prefixes.Add(prefix);
                if (!_prefixes.TryGetValue(prefix, out var followed))
                {
                    _prefixes.Add(prefix, followed = new Prefix());
                }

                if (!followed.Clients.Contains(client))
                {
                    followed.Clients.Add(client);
                }
            }
        }
    }

    /// <summary>CLIENT TRACKING OFF, RESET, or the client's end.</summary>
    internal void Disable(IClient client)
    {
        if (client.Feeds?.Tracking is not { } tracking)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var name in tracking.Prefixes)
            {
                if (_prefixes.TryGetValue(name, out var followed) && followed.Clients.Remove(client) && followed.Clients.Count == 0)
                {
                    _prefixes.Remove(name);
                }
            }

            client.Feeds.Tracking = null;
            if (--_clients == 0)
            {
                _keys.Clear();
                ItemCount = 0;
                _server.SetAttention(Attention.Tracking, false);
            }
        }
    }

    /// <summary>A client's command begins.</summary>
    internal void BeginCommand(CommandContext c)
    {
        Current = c.Client;
        if (c.Client.Feeds?.Tracking is { } tracking)
        {
            if (!tracking.WasClientCommand && !c.Client.Transaction.IsOpen)
            {
                tracking.IsCachingGiven = false;
            }

            tracking.WasClientCommand = c.Is(0, "client"u8);
        }
    }

    /// <summary>A command has run: when it was a read of a client that tracks, its keys may be cached there now.</summary>
    internal void Remember(CommandContext c, CommandRow row)
    {
        if (!row.Is(CommandFlags.ReadOnly) || row.MayRunLong || row.Keys.IsNotKey || c.Client.Feeds?.Tracking is not { Remembers: true })
        {
            return;
        }

        _found.Clear();
        if (!row.Keys.TryFind(c, _found))
        {
            return;
        }

        lock (_lock)
        {
            foreach (var i in _found)
            {
                var key = _keys.Find(c[i]);
                if (key is null)
                {
                    key = new CachedKey(c.Text(i));
                    _keys.Add(key);
                }

                if (key.Clients.Add(c.Client.Id))
                {
                    ItemCount++;
                }
            }
        }
    }

    /// <summary>The key changed, by a command of the current client or by its deadline.</summary>
    internal void Invalidate(ReadOnlySpan<byte> key, bool expired)
    {
        lock (_lock)
        {
            if (_prefixes.Count != 0)
            {
                RememberForPrefixes(key, expired ? null : Current);
            }

            if (_keys.Find(key) is { } cached)
            {
                Forget(cached);
            }
        }
    }

    /// <summary>Everything changed (FLUSHDB, FLUSHALL): each client that tracks hears a null.</summary>
    internal void InvalidateEverything()
    {
        if (!IsActive)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var client in _server.Clients.List())
            {
                if (client.Feeds?.Tracking is { } tracking)
                {
                    // The null of the protocol of the one who tracks, whoever hears it.
                    Send(client, tracking, client.Protocol == 3 ? "_\r\n"u8 : "$-1\r\n"u8);
                }
            }

            _keys.Clear();
            ItemCount = 0;
        }
    }

    /// <summary>Keeps the table within its limit; before each command of a client.</summary>
    internal void LimitKeys()
    {
        const int effort = 100;
        if (KeysMax == 0)
        {
            return;
        }

        lock (_lock)
        {
            for (var i = 0; i < effort && _keys.Count > KeysMax; i++)
            {
                Forget(_keys.Random(_server.Random)!);
            }
        }
    }

    /// <summary>At the end of a turn: those who follow prefixes hear of what changed in it.</summary>
    internal void Broadcast()
    {
        if (!_hasPending)
        {
            return;
        }

        lock (_lock)
        {
            _hasPending = false;
            foreach (var prefix in _prefixes.Values)
            {
                if (prefix.Changed.Count == 0)
                {
                    continue;
                }

                var everything = Keys(prefix, null);
                foreach (var client in prefix.Clients)
                {
                    var tracking = client.Feeds!.Tracking!;
                    if (tracking.IsNoLoop && prefix.Changed.ContainsValue(client))
                    {
                        if (Keys(prefix, client) is { Length: > 0 } others)
                        {
                            Send(client, tracking, others);
                        }
                    }
                    else
                    {
                        Send(client, tracking, everything);
                    }
                }

                prefix.Changed.Clear();
            }
        }
    }

    /// <summary>The prefix that this one collides with among the client's own, or null.</summary>
    internal static ByteString? FindCollision(ClientTracking? tracking, ByteString prefix) =>
        tracking?.Prefixes.FirstOrDefault(own => Overlap(own, prefix));

    /// <summary>Does one begin with the other?</summary>
    internal static bool Overlap(ByteString one, ByteString other) => one.Span.StartsWith(other.Span) || other.Span.StartsWith(one.Span);

    private void RememberForPrefixes(ReadOnlySpan<byte> key, IClient? by)
    {
        ByteString? text = null;
        foreach (var (name, prefix) in _prefixes)
        {
            if (key.StartsWith(name.Span))
            {
                prefix.Changed[text ??= ByteString.From(key)] = by;
                _hasPending = true;
            }
        }
    }

    private void Forget(CachedKey cached)
    {
        _scratch.Clear();
        _writer.Array(1);
        _writer.Bulk(cached.Key.Span);
        var keys = _scratch.Written.ToArray();
        foreach (var id in cached.Clients)
        {
            if (_server.Clients.Find(id) is { Feeds.Tracking: { IsBroadcast: false } tracking } client && !(tracking.IsNoLoop && client == Current))
            {
                Send(client, tracking, keys);
            }
        }

        ItemCount -= cached.Clients.Count;
        _keys.Remove(cached.Key);
    }

    /// <summary>Sends the invalidation of these keys (an encoded array, or null) to the client, or to whom it redirects.</summary>
    private void Send(IClient client, ClientTracking tracking, ReadOnlySpan<byte> keys)
    {
        var target = client;
        if (tracking.Redirect != 0)
        {
            if (_server.Clients.Find(tracking.Redirect) is not { } other)
            {
                tracking.IsRedirectBroken = true;
                if (client.Protocol == 3)
                {
                    _scratch.Clear();
                    _writer.Bulk("tracking-redir-broken"u8);
                    _writer.Integer(tracking.Redirect);
                    client.Feed(">2\r\n"u8, _scratch.Written);
                }

                return;
            }

            target = other;
        }

        _scratch.Clear();
        if (target.Protocol == 3)
        {
            _writer.Bulk("invalidate"u8);
            _writer.Raw(keys);
            target.Feed(">2\r\n"u8, _scratch.Written);
        }
        else if (tracking.Redirect != 0 && target.Feeds is { IsSubscribed: true })
        {
            _writer.Bulk("message"u8);
            _writer.Bulk(InvalidationChannel);
            _writer.Raw(keys);
            target.Feed("*3\r\n"u8, _scratch.Written);
        }
    }

    /// <summary>The changed keys as an encoded array, without those that this client changed last; empty when none is left.</summary>
    private static byte[] Keys(Prefix prefix, IClient? without)
    {
        var count = prefix.Changed.Count(change => without is null || change.Value != without);
        if (count == 0)
        {
            return [];
        }

        var buffer = new RespBuffer();
        var writer = new RespWriter(buffer);
        writer.Array(count);
        foreach (var (key, by) in prefix.Changed)
        {
            if (without is null || by != without)
            {
                writer.Bulk(key.Span);
            }
        }

        return buffer.Written.ToArray();
    }

    /// <summary>A key and the ids of the clients that may have it cached; ids, because clients leave without saying.</summary>
    private sealed class CachedKey(ByteString key) : KeyNode(key)
    {
        public HashSet<long> Clients { get; } = [];
    }

    /// <summary>A followed prefix: by whom, and what changed in this turn, each key with who changed it last.</summary>
    private sealed class Prefix
    {
        public List<IClient> Clients { get; } = [];

        public SortedDictionary<ByteString, IClient?> Changed { get; } = new(ByteOrder.Instance);
    }
}
