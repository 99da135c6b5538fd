// What CONFIG GET and SET speak of: one row per parameter, and the typed values that commands read.
// Always: a value changes only through its row, which refuses what Redis refuses, in Redis's words; rows that cannot change say so.
using System.Globalization;

namespace Evalsha.Server.Dispatch;

/// <param name="Set">Takes the new text and returns null, or the reason why not; null = immutable.</param>
public sealed record ConfigParameter(string Name, Func<string> Get, Func<string, string?>? Set)
{
    /// <summary>The older name, when there is one; CONFIG GET shows both.</summary>
    public string? Alias { get; init; }
}

public sealed class ServerConfig
{
    private const long Kilobyte = 1024;
    private const long Megabyte = Kilobyte * 1024;
    private const int MemoryChecksPerReading = 64;

    private static readonly string[] FsyncWords = ["everysec", "always", "no"]; // in the order of the enumeration

    private int _checksSinceReading = MemoryChecksPerReading;
    private bool _isOverMaxMemory;
    private readonly SortedDictionary<string, ConfigParameter> _rows = new(StringComparer.OrdinalIgnoreCase);

    public ServerConfig()
    {
        Integer("hash-max-listpack-entries", "hash-max-ziplist-entries", () => HashMaxListpackEntries, v => HashMaxListpackEntries = (int)v, 0, int.MaxValue);
        Integer("hash-max-listpack-value", "hash-max-ziplist-value", () => HashMaxListpackValue, v => HashMaxListpackValue = (int)v, 0, int.MaxValue);
        Integer("list-max-listpack-size", "list-max-ziplist-size", () => ListMaxListpackSize, v => ListMaxListpackSize = (int)v, int.MinValue, int.MaxValue);
        Integer("set-max-intset-entries", null, () => SetMaxIntsetEntries, v => SetMaxIntsetEntries = (int)v, 0, int.MaxValue);
        Integer("set-max-listpack-entries", null, () => SetMaxListpackEntries, v => SetMaxListpackEntries = (int)v, 0, int.MaxValue);
        Integer("set-max-listpack-value", null, () => SetMaxListpackValue, v => SetMaxListpackValue = (int)v, 0, int.MaxValue);
        Integer("zset-max-listpack-entries", "zset-max-ziplist-entries", () => ZsetMaxListpackEntries, v => ZsetMaxListpackEntries = (int)v, 0, int.MaxValue);
        Integer("zset-max-listpack-value", "zset-max-ziplist-value", () => ZsetMaxListpackValue, v => ZsetMaxListpackValue = (int)v, 0, int.MaxValue);
        Integer("stream-node-max-entries", null, () => StreamNodeMaxEntries, v => StreamNodeMaxEntries = (int)v, 0, int.MaxValue);
        Memory("stream-node-max-bytes", () => StreamNodeMaxBytes, v => StreamNodeMaxBytes = v);
        Memory("maxmemory", () => MaxMemory, v => MaxMemory = v);
        Memory("proto-max-bulk-len", () => ProtoMaxBulkLength, v => ProtoMaxBulkLength = v);
        Memory("client-query-buffer-limit", () => QueryBufferLimit, v => QueryBufferLimit = v);
        Output("client-output-buffer-limit");
        Integer("busy-reply-threshold", "lua-time-limit", () => BusyReplyThreshold, v => BusyReplyThreshold = v, 0, long.MaxValue);
        Integer("maxclients", null, () => MaxClients, v => MaxClients = (int)v, 1, int.MaxValue);
        Integer("hz", null, () => Hz, v => Hz = (int)v, 1, 500);
        Integer("timeout", null, () => IdleTimeoutSeconds, v => IdleTimeoutSeconds = (int)v, 0, int.MaxValue);
        Integer("tcp-keepalive", null, () => TcpKeepAliveSeconds, v => TcpKeepAliveSeconds = (int)v, 0, int.MaxValue);
        Word("loglevel", () => LogLevel, v => LogLevel = v, "debug", "verbose", "notice", "warning");
        Word("appendfsync", () => FsyncWords[(int)AppendFsync], v => AppendFsync = (AppendFsync)Array.IndexOf(FsyncWords, v), FsyncWords);
        Integer("auto-aof-rewrite-percentage", null, () => RewritePercentage, v => RewritePercentage = (int)v, 0, int.MaxValue);
        Memory("auto-aof-rewrite-min-size", () => RewriteMinSize, v => RewriteMinSize = v);
        Word("maxmemory-policy", () => "noeviction", static _ => { }, "noeviction");
        Text("requirepass", () => RequirePass, v => RequirePass = v);
        Constant("databases", "16");
        Constant("save", "");
        Constant("appendonly", "no");
        Constant("appendfilename", "appendonly.aof");
        Constant("appenddirname", "appendonlydir");
        Constant("aof-use-rdb-preamble", "no");
        Constant("aof-load-truncated", "yes");
        Constant("bind", "127.0.0.1 -::1");
        Constant("port", "0");
        Constant("dir", "");
        Constant("dbfilename", "dump.rdb");
        Constant("cluster-enabled", "no");
        Constant("protected-mode", "yes");
        Constant("lua-enable-deprecated-api", "no");
    }

    public int HashMaxListpackEntries { get; private set; } = 512;

    public int HashMaxListpackValue { get; private set; } = 64;

    public int ListMaxListpackSize { get; private set; } = -2;

    public int SetMaxIntsetEntries { get; private set; } = 512;

    public int SetMaxListpackEntries { get; private set; } = 128;

    public int SetMaxListpackValue { get; private set; } = 64;

    public int ZsetMaxListpackEntries { get; private set; } = 128;

    public int ZsetMaxListpackValue { get; private set; } = 64;

    public int StreamNodeMaxEntries { get; private set; } = 100;

    public long StreamNodeMaxBytes { get; private set; } = 4 * Kilobyte;

    /// <summary>Bytes of managed memory beyond which deny-oom commands are refused; 0 = no limit.</summary>
    public long MaxMemory { get; internal set; }

    public long ProtoMaxBulkLength { get; private set; } = 512 * Megabyte;

    public long QueryBufferLimit { get; private set; } = 1024 * Megabyte;

    /// <summary>How much may wait for a client that does not read.</summary>
    public OutputLimits OutputLimits { get; private set; } = OutputLimits.Default;

    /// <summary>Milliseconds after which a running script makes others hear BUSY; 0 = never.</summary>
    public long BusyReplyThreshold { get; internal set; } = 5000;

    public int MaxClients { get; internal set; } = 10_000;

    /// <summary>Active expiry cycles a second.</summary>
    public int Hz { get; private set; } = 10;

    /// <summary>Seconds of silence after which the system asks whether the peer is still there; 0 = never. For new connections.</summary>
    public int TcpKeepAliveSeconds { get; private set; } = 300;

    public int IdleTimeoutSeconds { get; private set; }

    /// <summary>When the append-only file is forced onto the disk.</summary>
    public AppendFsync AppendFsync { get; internal set; }

    /// <summary>The append-only file is rewritten once it has grown by this much since the last time; 0 = only when asked.</summary>
    public int RewritePercentage { get; internal set; } = 100;

    /// <summary>Bytes below which the append-only file is not rewritten by itself.</summary>
    public long RewriteMinSize { get; internal set; } = 64 * Megabyte;

    public string LogLevel { get; private set; } = "notice";

    /// <summary>Empty: no password.</summary>
    public string RequirePass { get; internal set; } = "";

    public IEnumerable<ConfigParameter> Rows => _rows.Values;

    public ConfigParameter? Find(string name)
    {
        if (_rows.TryGetValue(name, out var row))
        {
            return row;
        }

        return _rows.Values.FirstOrDefault(r => name.Equals(r.Alias, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Adds a row, or replaces the one of that name: the part that owns a fact says what it is.</summary>
    public void Define(ConfigParameter row) => _rows[row.Name] = row;

    /// <summary>A row that only shows.</summary>
    public void Constant(string name, string value) => Define(new ConfigParameter(name, () => value, null));

    /// <summary>Is more than maxmemory in use? Read anew once in a while: the runtime's own figure costs more than a command.</summary>
    public bool IsOverMaxMemory()
    {
        if (MaxMemory == 0)
        {
            return false;
        }

        if (++_checksSinceReading >= MemoryChecksPerReading)
        {
            _checksSinceReading = 0;
            _isOverMaxMemory = GC.GetTotalMemory(false) > MaxMemory;
        }

        return _isOverMaxMemory;
    }

    internal void Integer(string name, string? alias, Func<long> get, Action<long> set, long least, long most) =>
        Define(new ConfigParameter(name, () => get().ToString(CultureInfo.InvariantCulture), text =>
        {
            if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
            {
                return "argument couldn't be parsed into an integer";
            }

            if (value < least || value > most)
            {
                return $"argument must be between {least} and {most} inclusive";
            }

            set(value);
            return null;
        }) { Alias = alias });

    private void Memory(string name, Func<long> get, Action<long> set) =>
        Define(new ConfigParameter(name, () => get().ToString(CultureInfo.InvariantCulture), text =>
        {
            if (!TryParseMemory(text, out var value))
            {
                return "argument must be a memory value";
            }

            set(value);
            _checksSinceReading = MemoryChecksPerReading;
            return null;
        }));

    private void Text(string name, Func<string> get, Action<string> set) =>
        Define(new ConfigParameter(name, get, text =>
        {
            set(text);
            return null;
        }));

    private void Output(string name) =>
        Define(new ConfigParameter(name, () => OutputLimits.ToString(), text =>
        {
            OutputLimits = OutputLimits.With(text, out var refusal) ?? OutputLimits;
            return refusal;
        }));

    private void Word(string name, Func<string> get, Action<string> set, params string[] words) =>
        Define(new ConfigParameter(name, get, text =>
        {
            if (!words.Contains(text, StringComparer.OrdinalIgnoreCase))
            {
                return $"argument(s) must be one of the following: {string.Join(", ", words)}";
            }

            set(text.ToLowerInvariant());
            return null;
        }));

    /// <summary>Redis's memtoll: 1k = 1000, 1kb = 1024, and so on to gb.</summary>
    internal static bool TryParseMemory(string text, out long bytes)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        long factor = text[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => Kilobyte,
            "m" => 1000 * 1000,
            "mb" => Megabyte,
            "g" => 1000L * 1000 * 1000,
            "gb" => Megabyte * Kilobyte,
            _ => 0,
        };
        bytes = 0;
        if (factor == 0 || digits == 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / factor)
        {
            return false;
        }

        bytes = number * factor;
        return true;
    }
}
