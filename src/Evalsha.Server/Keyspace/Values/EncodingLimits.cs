// The sizes up to which a value counts as small, and so which encoding name OBJECT ENCODING gives.
// The numbers are Redis 7.2's defaults (redis.conf, "ADVANCED CONFIG"). Names and thresholds are kept because
// programs and tests look at them; the structures behind the names are our own.
namespace Evalsha.Server.Keyspace.Values;

internal static class EncodingLimits
{
    /// <summary>hash-max-listpack-entries.</summary>
    public const int HashEntriesMax = 512;

    /// <summary>hash-max-listpack-value, in bytes, of a field or a value.</summary>
    public const int HashValueBytesMax = 64;

    /// <summary>set-max-intset-entries.</summary>
    public const int IntegerSetEntriesMax = 512;

    /// <summary>set-max-listpack-entries.</summary>
    public const int SetEntriesMax = 128;

    /// <summary>set-max-listpack-value, in bytes.</summary>
    public const int SetValueBytesMax = 64;

    /// <summary>zset-max-listpack-entries.</summary>
    public const int SortedSetEntriesMax = 128;

    /// <summary>zset-max-listpack-value, in bytes.</summary>
    public const int SortedSetValueBytesMax = 64;

    /// <summary>list-max-listpack-size -2: a list is a listpack up to 8 KB.</summary>
    public const int ListBytesMax = 8192;

    /// <summary>stream-node-max-entries.</summary>
    public const int StreamBlockEntriesMax = 100;

    /// <summary>stream-node-max-bytes.</summary>
    public const int StreamBlockBytesMax = 4096;

    /// <summary>A string up to this long is "embstr", a longer one "raw".</summary>
    public const int EmbeddedStringBytesMax = 44;

    /// <summary>proto-max-bulk-len: the longest string that APPEND, SETRANGE and SETBIT may make (512 MB).</summary>
    public const long StringBytesMax = 512L * 1024 * 1024;
}
