// Keyspace notifications: what happened to which key, published to __keyspace@db__:key and __keyevent@db__:event.
// Always: named as Redis names them and in its order; published at the moment they happen, inside the unit; while notify-keyspace-events wants
// nothing, an event costs one comparison.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Dispatch;

/// <summary>The letters of notify-keyspace-events.</summary>
[Flags]
public enum KeyEventClasses
{
    None = 0,
    Keyspace = 1 << 0, // K
    Keyevent = 1 << 1, // E
    Generic = 1 << 2, // g
    String = 1 << 3, // $
    List = 1 << 4, // l
    Set = 1 << 5, // s
    Hash = 1 << 6, // h
    SortedSet = 1 << 7, // z
    Expired = 1 << 8, // x
    Evicted = 1 << 9, // e
    Stream = 1 << 10, // t
    KeyMiss = 1 << 11, // m
    Module = 1 << 13, // d
    New = 1 << 14, // n
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module, // A
}

/// <summary>One kind of event: its class and its name on the wire.</summary>
public sealed class KeyEvent(KeyEventClasses kind, string name)
{
    public KeyEventClasses Class { get; } = kind;

    public ByteString Name { get; } = ByteString.FromUtf8(name);
}

public sealed class KeyEvents
{
    // In the order in which Redis prints them.
    private static readonly (char Letter, KeyEventClasses Class)[] Letters =
    [
        ('g', KeyEventClasses.Generic),
        ('$', KeyEventClasses.String),
        ('l', KeyEventClasses.List),
        ('s', KeyEventClasses.Set),
        ('h', KeyEventClasses.Hash),
        ('z', KeyEventClasses.SortedSet),
        ('x', KeyEventClasses.Expired),
        ('e', KeyEventClasses.Evicted),
        ('t', KeyEventClasses.Stream),
        ('d', KeyEventClasses.Module),
        ('n', KeyEventClasses.New),
        ('K', KeyEventClasses.Keyspace),
        ('E', KeyEventClasses.Keyevent),
        ('m', KeyEventClasses.KeyMiss),
    ];

    private readonly PubSubHub _pubSub;
    private byte[] _channel = new byte[64];
    private KeyEventClasses _flags;

    internal KeyEvents(PubSubHub pubSub) => _pubSub = pubSub;

    /// <summary>The classes that are published; none when neither K nor E was asked for.</summary>
    public KeyEventClasses Wanted { get; private set; }

    /// <summary>The value of notify-keyspace-events.</summary>
    public string Flags
    {
        get
        {
            var text = new System.Text.StringBuilder();
            var isAll = (_flags & KeyEventClasses.All) == KeyEventClasses.All;
            if (isAll)
            {
                text.Append('A');
            }

            foreach (var (letter, kind) in Letters)
            {
                // As Redis prints it: n stands among the letters that A stands for, although A is without it.
                if ((_flags & kind) != 0 && !(isAll && ((kind & KeyEventClasses.All) != 0 || kind == KeyEventClasses.New)))
                {
                    text.Append(letter);
                }
            }

            return text.ToString();
        }
    }

    /// <summary>Takes another value; null, or why not.</summary>
    internal string? Configure(string text)
    {
        var flags = KeyEventClasses.None;
        foreach (var letter in text)
        {
            var kind = letter == 'A' ? KeyEventClasses.All : Array.Find(Letters, known => known.Letter == letter).Class;
            if (kind == KeyEventClasses.None)
            {
                return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
            }

            flags |= kind;
        }

        _flags = flags;
        Wanted = (flags & (KeyEventClasses.Keyspace | KeyEventClasses.Keyevent)) == 0 ? KeyEventClasses.None : flags;
        return null;
    }

    /// <summary>Publishes the event if anybody can hear it. Whoever calls has asked <see cref="Wanted"/>.</summary>
    internal void Publish(KeyEvent what, int database, ReadOnlySpan<byte> key)
    {
        if (_pubSub.IsSilent)
        {
            return;
        }

        if ((_flags & KeyEventClasses.Keyspace) != 0)
        {
            _pubSub.Publish(Channel("__keyspace@"u8, database, key), what.Name.Span);
        }

        if ((_flags & KeyEventClasses.Keyevent) != 0)
        {
            _pubSub.Publish(Channel("__keyevent@"u8, database, what.Name.Span), key);
        }
    }

    private ReadOnlySpan<byte> Channel(ReadOnlySpan<byte> prefix, int database, ReadOnlySpan<byte> name)
    {
        const int longestNumber = 16;
        if (_channel.Length < prefix.Length + longestNumber + name.Length)
        {
            _channel = new byte[(prefix.Length + longestNumber + name.Length) * 2];
        }

        prefix.CopyTo(_channel);
        database.TryFormat(_channel.AsSpan(prefix.Length), out var digits, default, System.Globalization.CultureInfo.InvariantCulture);
        var length = prefix.Length + digits;
        "__:"u8.CopyTo(_channel.AsSpan(length));
        length += 3;
        name.CopyTo(_channel.AsSpan(length));
        return _channel.AsSpan(0, length + name.Length);
    }
}

/// <summary>All events that commands tell of.</summary>
internal static class Happened
{
    public static readonly KeyEvent Del = Generic("del");
    public static readonly KeyEvent Expire = Generic("expire");
    public static readonly KeyEvent Persist = Generic("persist");
    public static readonly KeyEvent RenameFrom = Generic("rename_from");
    public static readonly KeyEvent RenameTo = Generic("rename_to");
    public static readonly KeyEvent MoveFrom = Generic("move_from");
    public static readonly KeyEvent MoveTo = Generic("move_to");
    public static readonly KeyEvent CopyTo = Generic("copy_to");
    public static readonly KeyEvent Restore = Generic("restore");
    public static readonly KeyEvent Expired = new(KeyEventClasses.Expired, "expired");
    public static readonly KeyEvent Evicted = new(KeyEventClasses.Evicted, "evicted");
    public static readonly KeyEvent New = new(KeyEventClasses.New, "new");
    public static readonly KeyEvent KeyMiss = new(KeyEventClasses.KeyMiss, "keymiss");
    public static readonly KeyEvent Set = String("set");
    public static readonly KeyEvent SetRange = String("setrange");
    public static readonly KeyEvent IncrBy = String("incrby");
    public static readonly KeyEvent IncrByFloat = String("incrbyfloat");
    public static readonly KeyEvent Append = String("append");
    public static readonly KeyEvent SetBit = String("setbit");
    public static readonly KeyEvent PfAdd = String("pfadd");
    public static readonly KeyEvent LPush = List("lpush");
    public static readonly KeyEvent RPush = List("rpush");
    public static readonly KeyEvent LPop = List("lpop");
    public static readonly KeyEvent RPop = List("rpop");
    public static readonly KeyEvent LInsert = List("linsert");
    public static readonly KeyEvent LSet = List("lset");
    public static readonly KeyEvent LTrim = List("ltrim");
    public static readonly KeyEvent LRem = List("lrem");
    public static readonly KeyEvent SortStore = List("sortstore");
    public static readonly KeyEvent SAdd = OfSet("sadd");
    public static readonly KeyEvent SRem = OfSet("srem");
    public static readonly KeyEvent SPop = OfSet("spop");
    public static readonly KeyEvent SInterStore = OfSet("sinterstore");
    public static readonly KeyEvent SUnionStore = OfSet("sunionstore");
    public static readonly KeyEvent SDiffStore = OfSet("sdiffstore");
    public static readonly KeyEvent HSet = Hash("hset");
    public static readonly KeyEvent HDel = Hash("hdel");
    public static readonly KeyEvent HIncrBy = Hash("hincrby");
    public static readonly KeyEvent HIncrByFloat = Hash("hincrbyfloat");
    public static readonly KeyEvent ZAdd = SortedSet("zadd");
    public static readonly KeyEvent ZIncr = SortedSet("zincr");
    public static readonly KeyEvent ZRem = SortedSet("zrem");
    public static readonly KeyEvent ZRemRangeByRank = SortedSet("zremrangebyrank");
    public static readonly KeyEvent ZRemRangeByScore = SortedSet("zremrangebyscore");
    public static readonly KeyEvent ZRemRangeByLex = SortedSet("zremrangebylex");
    public static readonly KeyEvent ZPopMin = SortedSet("zpopmin");
    public static readonly KeyEvent ZPopMax = SortedSet("zpopmax");
    public static readonly KeyEvent ZUnionStore = SortedSet("zunionstore");
    public static readonly KeyEvent ZInterStore = SortedSet("zinterstore");
    public static readonly KeyEvent ZDiffStore = SortedSet("zdiffstore");
    public static readonly KeyEvent ZRangeStore = SortedSet("zrangestore");
    public static readonly KeyEvent GeoRadiusStore = SortedSet("georadiusstore");
    public static readonly KeyEvent GeoSearchStore = SortedSet("geosearchstore");
    public static readonly KeyEvent XAdd = Stream("xadd");
    public static readonly KeyEvent XTrim = Stream("xtrim");
    public static readonly KeyEvent XDel = Stream("xdel");
    public static readonly KeyEvent XSetId = Stream("xsetid");
    public static readonly KeyEvent XGroupCreate = Stream("xgroup-create");
    public static readonly KeyEvent XGroupSetId = Stream("xgroup-setid");
    public static readonly KeyEvent XGroupDestroy = Stream("xgroup-destroy");
    public static readonly KeyEvent XGroupCreateConsumer = Stream("xgroup-createconsumer");
    public static readonly KeyEvent XGroupDelConsumer = Stream("xgroup-delconsumer");

    private static KeyEvent Generic(string name) => new(KeyEventClasses.Generic, name);

    private static KeyEvent String(string name) => new(KeyEventClasses.String, name);

    private static KeyEvent List(string name) => new(KeyEventClasses.List, name);

    private static KeyEvent OfSet(string name) => new(KeyEventClasses.Set, name);

    private static KeyEvent Hash(string name) => new(KeyEventClasses.Hash, name);

    private static KeyEvent SortedSet(string name) => new(KeyEventClasses.SortedSet, name);

    private static KeyEvent Stream(string name) => new(KeyEventClasses.Stream, name);
}
