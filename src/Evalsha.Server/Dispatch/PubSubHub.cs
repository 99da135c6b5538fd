// Publish and subscribe: who listens to which channel, pattern and shard channel, and the delivery of messages.
// Always: an audience exists while somebody is in it; messages go out in the order of their publication, inside the turn; publishing to nobody
// costs a lookup. A lock of its own guards the lists, because a client may also leave while a script keeps the turn.
// HOT: no allocation, no await, no LINQ (in Publish). Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

internal enum AudienceKind
{
    Channel,
    Pattern,
    ShardChannel,
}

/// <summary>Everybody who listens to one channel or pattern, in order of subscription.</summary>
internal sealed class Audience(ByteString name) : KeyNode(name)
{
    public List<IClient> Listeners { get; } = [];
}

public sealed class PubSubHub
{
    private readonly Lock _lock = new();
    private readonly KeyTable<Audience> _channels;
    private readonly KeyTable<Audience> _patterns;
    private readonly KeyTable<Audience> _shardChannels;
    private readonly List<Audience> _patternList = [];
    private readonly Message _message = new();
    private volatile int _audiences;

    internal PubSubHub(ByteStringComparer hashing) =>
        (_channels, _patterns, _shardChannels) = (new KeyTable<Audience>(hashing), new KeyTable<Audience>(hashing), new KeyTable<Audience>(hashing));

    /// <summary>True while nobody listens to anything.</summary>
    public bool IsSilent => _audiences == 0;

    public int ChannelCount => _channels.Count;

    public int PatternCount => _patterns.Count;

    public int ShardChannelCount => _shardChannels.Count;

    /// <summary>Delivers to every listener of the channel, then of the patterns that match it. How many got it.</summary>
    public int Publish(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        if (IsSilent)
        {
            return 0;
        }

        lock (_lock)
        {
            var receivers = 0;
            if (_channels.Find(channel) is { } audience)
            {
                _message.Begin("message"u8, default, channel, message);
                receivers = _message.Deliver(audience.Listeners);
            }

            foreach (var pattern in _patternList)
            {
                if (Glob.Matches(pattern.Key.Span, channel))
                {
                    _message.Begin("pmessage"u8, pattern.Key, channel, message);
                    receivers += _message.Deliver(pattern.Listeners);
                }
            }

            return receivers;
        }
    }

    public int PublishToShard(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            if (_shardChannels.Find(channel) is not { } audience)
            {
                return 0;
            }

            _message.Begin("smessage"u8, default, channel, message);
            return _message.Deliver(audience.Listeners);
        }
    }

    internal void Subscribe(IClient client, AudienceKind kind, ByteString name)
    {
        lock (_lock)
        {
            var feeds = client.Feeds ??= new ClientFeeds();
            feeds.IsSubscribed = true;
            var own = feeds.Of(kind);
            if (Find(own, name) >= 0)
            {
                return;
            }

            var table = Table(kind);
            var audience = table.Find(name);
            if (audience is null)
            {
                audience = new Audience(name);
                table.Add(audience);
                _audiences++;
                if (kind == AudienceKind.Pattern)
                {
                    _patternList.Add(audience);
                }
            }

            audience.Listeners.Add(client);
            own.Add(audience);
        }
    }

    /// <summary>The client hears no more of it; leaves pub/sub mode to <see cref="LeaveIfQuiet"/>.</summary>
    internal void Unsubscribe(IClient client, AudienceKind kind, ByteString name)
    {
        lock (_lock)
        {
            if (client.Feeds is { } feeds && Find(feeds.Of(kind), name) is >= 0 and var i)
            {
                RemoveAt(client, feeds, kind, i);
            }
        }
    }

    /// <summary>Ends the client's pub/sub mode when it has no subscription left.</summary>
    internal static void LeaveIfQuiet(IClient client)
    {
        if (client.Feeds is { Everything: 0 } feeds)
        {
            feeds.IsSubscribed = false;
        }
    }

    /// <summary>Takes the client out of everything: RESET, or its end.</summary>
    internal void UnsubscribeAll(IClient client)
    {
        if (client.Feeds is not { } feeds)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var kind in (ReadOnlySpan<AudienceKind>)[AudienceKind.Channel, AudienceKind.ShardChannel, AudienceKind.Pattern])
            {
                for (var i = feeds.Of(kind).Count - 1; i >= 0; i--)
                {
                    RemoveAt(client, feeds, kind, i);
                }
            }

            feeds.IsSubscribed = false;
        }
    }

    /// <summary>How many listen to the channel, those by pattern not counted.</summary>
    internal int CountListeners(AudienceKind kind, ReadOnlySpan<byte> name) => Table(kind).Find(name)?.Listeners.Count ?? 0;

    internal List<ByteString> Names(AudienceKind kind)
    {
        var names = new List<ByteString>();
        foreach (var audience in Table(kind))
        {
            names.Add(audience.Key);
        }

        return names;
    }

    private static int Find(List<Audience> own, ByteString name)
    {
        for (var i = 0; i < own.Count; i++)
        {
            if (own[i].Key.Equals(name))
            {
                return i;
            }
        }

        return -1;
    }

    private void RemoveAt(IClient client, ClientFeeds feeds, AudienceKind kind, int i)
    {
        var audience = feeds.Of(kind)[i];
        feeds.Of(kind).RemoveAt(i);
        audience.Listeners.Remove(client);
        if (audience.Listeners.Count == 0)
        {
            Table(kind).Remove(audience.Key);
            _audiences--;
            if (kind == AudienceKind.Pattern)
            {
                _patternList.Remove(audience);
            }
        }
    }

    private KeyTable<Audience> Table(AudienceKind kind) => kind switch
    {
        AudienceKind.Channel => _channels,
        AudienceKind.Pattern => _patterns,
        _ => _shardChannels,
    };

    /// <summary>One message, encoded once for each protocol that a listener speaks.</summary>
    private sealed class Message
    {
        private readonly RespBuffer _resp2 = new();
        private readonly RespWriter _writer;

        public Message() => _writer = new RespWriter(_resp2);

        public void Begin(ReadOnlySpan<byte> kind, ByteString? pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
        {
            _resp2.Clear();
            _writer.Push(pattern is null ? 3 : 4);
            _writer.Bulk(kind);
            if (pattern is not null)
            {
                _writer.Bulk(pattern.Span);
            }

            _writer.Bulk(channel);
            _writer.Bulk(message);
        }

        public int Deliver(List<IClient> listeners)
        {
            // The two forms differ in their first byte only.
            foreach (var listener in listeners)
            {
                listener.Feed(listener.Protocol == 3 ? ">"u8 : "*"u8, _resp2.Written[1..]);
            }

            return listeners.Count;
        }
    }
}
