// A consumer group of a stream: how far it has read, its consumers, and what was delivered and not yet acknowledged.
// Always: each pending entry is in the group's list and in exactly one consumer's, as the same object; consumers and groups are in the order of
// their names' bytes. EntriesRead counts the entries up to LastId as if none had ever been removed; -1 when nobody knows any more.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

internal sealed class StreamGroup(ByteString name, StreamId lastId, long entriesRead)
{
    /// <summary>EntriesRead when it is not known.</summary>
    public const long Unknown = -1;

    private readonly SortedDictionary<ByteString, StreamConsumer> _consumers = [];

    public ByteString Name { get; } = name;

    /// <summary>The greatest id that was delivered to any consumer.</summary>
    public StreamId LastId { get; set; } = lastId;

    public long EntriesRead { get; set; } = entriesRead;

    /// <summary>What was delivered and not acknowledged, by id.</summary>
    public PendingList Pending { get; } = new();

    public int ConsumerCount => _consumers.Count;

    public IEnumerable<StreamConsumer> Consumers => _consumers.Values;

    public StreamConsumer? Find(ByteString consumer) => _consumers.GetValueOrDefault(consumer);

    /// <summary>Adds a consumer whose name is not there.</summary>
    public StreamConsumer Add(ByteString consumer, long now)
    {
        var added = new StreamConsumer(consumer) { SeenAt = now };
        _consumers.Add(consumer, added);
        return added;
    }

    /// <summary>Removes a consumer with all that was pending with it.</summary>
    public void Remove(StreamConsumer consumer)
    {
        foreach (var entry in consumer.Pending.From(StreamId.Min))
        {
            Pending.Remove(entry.Id);
        }

        _consumers.Remove(consumer.Name);
    }

    /// <summary>Makes an entry pending with a consumer: a new one, or one that was pending with another.</summary>
    public void Give(PendingEntry entry, StreamConsumer consumer)
    {
        if (entry.Consumer is null)
        {
            Pending.Add(entry);
        }
        else if (entry.Consumer != consumer)
        {
            entry.Consumer.Pending.Remove(entry.Id);
        }

        if (entry.Consumer != consumer)
        {
            entry.Consumer = consumer;
            consumer.Pending.Add(entry);
        }
    }

    /// <summary>The entry is pending no more.</summary>
    public bool Settle(StreamId id)
    {
        if (Pending.Find(id) is not { } entry)
        {
            return false;
        }

        Pending.Remove(id);
        entry.Consumer?.Pending.Remove(id);
        return true;
    }

    public StreamGroup Clone()
    {
        var clone = new StreamGroup(Name, LastId, EntriesRead);
        foreach (var consumer in Consumers)
        {
            var twin = clone.Add(consumer.Name, consumer.SeenAt);
            twin.ActiveAt = consumer.ActiveAt;
            foreach (var entry in consumer.Pending.From(StreamId.Min))
            {
                clone.Give(new PendingEntry { Id = entry.Id, DeliveredAt = entry.DeliveredAt, Deliveries = entry.Deliveries }, twin);
            }
        }

        return clone;
    }
}

internal sealed class StreamConsumer(ByteString name)
{
    /// <summary>ActiveAt when it never was.</summary>
    public const long Never = -1;

    public ByteString Name { get; } = name;

    /// <summary>When it last tried to read or claim, in Unix milliseconds.</summary>
    public long SeenAt { get; set; }

    /// <summary>When it last got something, in Unix milliseconds; -1: never.</summary>
    public long ActiveAt { get; set; } = Never;

    public PendingList Pending { get; } = new();
}

/// <summary>One delivery that waits for its acknowledgement.</summary>
internal sealed class PendingEntry
{
    public StreamId Id { get; set; }

    /// <summary>Null only until <see cref="StreamGroup.Give"/> has been called.</summary>
    public StreamConsumer? Consumer { get; set; }

    /// <summary>Unix milliseconds of the last delivery.</summary>
    public long DeliveredAt { get; set; }

    public long Deliveries { get; set; } = 1;
}

/// <summary>Pending entries in ascending order of id: every operation takes O(log n).</summary>
internal sealed class PendingList
{
    private readonly SortedSet<PendingEntry> _entries = new(Comparer<PendingEntry>.Create(static (a, b) => a.Id.CompareTo(b.Id)));
    private readonly PendingEntry _probe = new();
    private readonly PendingEntry _last = new() { Id = StreamId.Max };

    public int Count => _entries.Count;

    public PendingEntry? First => _entries.Min;

    public PendingEntry? Last => _entries.Max;

    public PendingEntry? Find(StreamId id)
    {
        _probe.Id = id;
        return _entries.TryGetValue(_probe, out var entry) ? entry : null;
    }

    /// <summary>The first entry not below an id.</summary>
    public PendingEntry? AtOrAbove(StreamId id)
    {
        _probe.Id = id;
        return _entries.GetViewBetween(_probe, _last).Min;
    }

    /// <summary>The entries not below an id, in order. The list must not change meanwhile.</summary>
    public IEnumerable<PendingEntry> From(StreamId id) => _entries.GetViewBetween(new PendingEntry { Id = id }, _last);

    public void Add(PendingEntry entry) => _entries.Add(entry);

    public void Remove(StreamId id)
    {
        _probe.Id = id;
        _entries.Remove(_probe);
    }
}
