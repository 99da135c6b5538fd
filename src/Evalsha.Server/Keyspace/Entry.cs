// One key of a database: its value, its deadline, when it was last used.
// Always: an entry is in one database or in none; ExpireAt changes only through its database, which keeps the deadlines in order.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace;

public sealed class Entry : KeyNode
{
    internal Entry(ByteString key, object value)
        : base(key) => Value = value;

    internal Entry(byte[] key, object value)
        : base(key) => Value = value;

    /// <summary>The value object; its class is the Redis type. A command may replace it (a string that starts to grow), never with an empty collection.</summary>
    public object Value { get; set; }

    /// <summary>Unix milliseconds, or <see cref="Database.NoExpiry"/>.</summary>
    public long ExpireAt { get; internal set; } = Database.NoExpiry;

    public bool HasExpiry => ExpireAt != Database.NoExpiry;

    /// <summary>Unix seconds of the last access, as coarse as the clock's last reading.</summary>
    public uint AccessedAt { get; set; }
}
