// What CONFIG GET and SET speak of: the rows of the parameters, and the typed values that commands read. Those that nothing follows are next door
// in KeptParameters.cs.
// Always: a value changes only through its row, which refuses what Redis refuses, in Redis's words; rows that cannot change say so.
using System.Globalization;

namespace Evalsha.Server.Dispatch;

public sealed class ServerConfig
{
    private const long Kilobyte = 1024;
    private const long Megabyte = Kilobyte * 1024;
    private const int MemoryChecksPerReading = 64;
    private const int HzLeast = 1;
    private const int HzMost = 500;

    private static readonly string[] FsyncWords = ["everysec", "always", "no"]; // in the order of the enumeration

    private int _checksSinceReading = MemoryChecksPerReading;
    private bool _isOverMaxMemory;
    private readonly SortedDictionary<string, ConfigParameter> _rows = new(StringComparer.OrdinalIgnoreCase);

    public ServerConfig()
    {
        KeptParameters.DefineIn(this);
        Size("hash-max-listpack-entries", "hash-max-ziplist-entries", () => HashMaxListpackEntries, v => HashMaxListpackEntries = v);
        Memory("hash-max-listpack-value", () => HashMaxListpackValue, v => HashMaxListpackValue = AsInt(v), 0, "hash-max-ziplist-value");
        Integer("list-max-listpack-size", "list-max-ziplist-size", () => ListMaxListpackSize, v => ListMaxListpackSize = (int)v, int.MinValue, int.MaxValue);
        Size("set-max-intset-entries", null, () => SetMaxIntsetEntries, v => SetMaxIntsetEntries = v);
        Size("set-max-listpack-entries", null, () => SetMaxListpackEntries, v => SetMaxListpackEntries = v);
        Size("set-max-listpack-value", null, () => SetMaxListpackValue, v => SetMaxListpackValue = v);
        Size("zset-max-listpack-entries", "zset-max-ziplist-entries", () => ZsetMaxListpackEntries, v => ZsetMaxListpackEntries = v);
        Memory("zset-max-listpack-value", () => ZsetMaxListpackValue, v => ZsetMaxListpackValue = AsInt(v), 0, "zset-max-ziplist-value");
        Size("stream-node-max-entries", null, () => StreamNodeMaxEntries, v => StreamNodeMaxEntries = v);
        Memory("stream-node-max-bytes", () => StreamNodeMaxBytes, v => StreamNodeMaxBytes = v);
        Memory("hll-sparse-max-bytes", () => HllSparseMaxBytes, v => HllSparseMaxBytes = AsInt(v));
        Memory("maxmemory", () => MaxMemory, v => MaxMemory = v, isUnsigned: true);
        Memory("proto-max-bulk-len", () => ProtoMaxBulkLength, v => ProtoMaxBulkLength = v, Megabyte);
        Memory("client-query-buffer-limit", () => QueryBufferLimit, v => QueryBufferLimit = v, Megabyte);
        Output("client-output-buffer-limit");
        Integer("busy-reply-threshold", "lua-time-limit", () => BusyReplyThreshold, v => BusyReplyThreshold = v, 0, long.MaxValue);
        Integer("maxclients", null, () => MaxClients, v => MaxClients = AsInt(v), 1, uint.MaxValue);
        Integer("hz", null, () => Hz, v => Hz = (int)Math.Clamp(v, HzLeast, HzMost), 0, int.MaxValue);
        Integer("timeout", null, () => IdleTimeoutSeconds, v => IdleTimeoutSeconds = (int)v, 0, int.MaxValue);
        Integer("tcp-keepalive", null, () => TcpKeepAliveSeconds, v => TcpKeepAliveSeconds = (int)v, 0, int.MaxValue);
        Word("appendfsync", () => FsyncWords[(int)AppendFsync], v => AppendFsync = (AppendFsync)Array.IndexOf(FsyncWords, v), FsyncWords);
        Integer("auto-aof-rewrite-percentage", null, () => RewritePercentage, v => RewritePercentage = (int)v, 0, int.MaxValue);
        Memory("auto-aof-rewrite-min-size", () => RewriteMinSize, v => RewriteMinSize = v);
        Flag("latency-tracking", () => TracksLatency, v => TracksLatency = v);
        Percentiles("latency-tracking-info-percentiles");
        Define(new ConfigParameter("requirepass", () => RequirePass, text =>
        {
            RequirePass = text;
            return null;
        }) { IsSecret = true });
        Switch("appendonly", "no");
        Constant("databases", "16");
        Constant("bind", "127.0.0.1 -::1");
        Constant("port", "0");
        Define(new ConfigParameter("dir", static () => "", null) { Refusal = "can't set protected config" });
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

    /// <summary>Bytes beyond which a HyperLogLog is kept dense.</summary>
    public int HllSparseMaxBytes { get; private set; } = 3000;

    /// <summary>Whether the latency of each command is counted.</summary>
    public bool TracksLatency { get; private set; } = true;

    /// <summary>Which percentiles INFO latencystats prints.</summary>
    public IReadOnlyList<double> LatencyPercentiles { get; private set; } = [50, 99, 99.9];

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

    /// <summary>Empty: no password.</summary>
    public string RequirePass { get; internal set; } = "";

    public IEnumerable<ConfigParameter> Rows => _rows.Values;

    public ConfigParameter? Find(string name) =>
        _rows.GetValueOrDefault(name) ?? _rows.Values.FirstOrDefault(r => name.Equals(r.Alias, StringComparison.OrdinalIgnoreCase));

    /// <summary>Adds a row, or replaces the one of that name: the part that owns a fact says what it is.</summary>
    public void Define(ConfigParameter row) => _rows[row.Name] = row;

    /// <summary>A row that only shows.</summary>
    public void Constant(string name, string value) => Define(new ConfigParameter(name, () => value, null));

    /// <summary>What was chosen when the server began: it may be set to what it is, and to nothing else.</summary>
    internal void Switch(string name, string value) =>
        Define(new ConfigParameter(name, () => value, text => IsFlag(text)
            ? text.Equals(value, StringComparison.OrdinalIgnoreCase) ? null : "this server chooses it when it starts"
            : FlagRefusal));

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

    internal void Word(string name, Func<string> get, Action<string> set, params string[] words) =>
        Define(new ConfigParameter(name, get, text =>
        {
            if (!words.Contains(text, StringComparer.OrdinalIgnoreCase))
            {
                return $"argument(s) must be one of the following: {string.Join(", ", words)}";
            }

            set(text.ToLowerInvariant());
            return null;
        }));

    internal void KeptFlag(string name, bool initial, string? alias = null, bool isHidden = false)
    {
        var value = initial;
        Flag(name, () => value, v => value = v);
        Keep(name, alias, isHidden);
    }

    internal void KeptInteger(string name, long initial, long least, long most, string? alias = null, bool isHidden = false)
    {
        var value = initial;
        Integer(name, null, () => value, v => value = v, least, most);
        Keep(name, alias, isHidden);
    }

    /// <param name="percentMost">Not null: a number with % behind it is allowed as well, up to this.</param>
    internal void KeptMemory(string name, long initial, long least, bool isUnsigned = false, int? percentMost = null)
    {
        var value = initial;
        var percent = "";
        Memory(name, () => value, v => value = v, least, isUnsigned: isUnsigned);
        if (percentMost is { } most)
        {
            var plain = Find(name)!;
            Define(new ConfigParameter(name, () => percent.Length > 0 ? percent : plain.Get(), text =>
            {
                if (!text.EndsWith('%'))
                {
                    var refusal = plain.Set!(text);
                    percent = refusal is null ? "" : percent;
                    return refusal?.Replace("memory value", "memory or percent value", StringComparison.Ordinal);
                }

                if (!int.TryParse(text.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                {
                    return "argument must be a memory or percent value";
                }

                if (number > most)
                {
                    return $"percentage argument must be less or equal to {most}";
                }

                percent = text;
                return null;
            }));
        }

        Keep(name, null, isHidden: false);
    }

    internal void KeptWord(string name, string initial, params string[] words)
    {
        var value = initial;
        Word(name, () => value, v => value = v, words);
        Keep(name, null, isHidden: false);
    }

    internal void KeptText(string name, string initial, string? alias = null, Func<string, string?>? refuse = null)
    {
        var value = initial;
        Define(new ConfigParameter(name, () => value, text =>
        {
            var refusal = refuse?.Invoke(text);
            value = refusal is null ? text : value;
            return refusal;
        }) { IsSecret = name is "masterauth" or "masteruser" || name.EndsWith("-pass", StringComparison.Ordinal) });
        Keep(name, alias, isHidden: false);
    }

    internal void KeptConstant(string name, string value, string? alias = null, bool isHidden = false, string? refusal = null)
    {
        Constant(name, value);
        Keep(name, alias, isHidden);
        if (refusal is not null)
        {
            _rows[name] = _rows[name] with { Refusal = refusal };
        }
    }

    private const string FlagRefusal = "argument must be 'yes' or 'no'";

    private static bool IsFlag(string text) => text.Equals("yes", StringComparison.OrdinalIgnoreCase) || text.Equals("no", StringComparison.OrdinalIgnoreCase);

    private static int AsInt(long value) => (int)Math.Min(value, int.MaxValue);

    private void Keep(string name, string? alias, bool isHidden) => _rows[name] = _rows[name] with { Alias = alias, IsHidden = isHidden, IsKept = true };

    private void Flag(string name, Func<bool> get, Action<bool> set) =>
        Define(new ConfigParameter(name, () => get() ? "yes" : "no", text =>
        {
            if (!IsFlag(text))
            {
                return FlagRefusal;
            }

            set(text.Equals("yes", StringComparison.OrdinalIgnoreCase));
            return null;
        }));

    /// <summary>A count of elements: any number is taken, and what no value here can reach is as good as no limit.</summary>
    private void Size(string name, string? alias, Func<int> get, Action<int> set) => Integer(name, alias, () => get(), v => set(AsInt(v)), 0, long.MaxValue);

    /// <param name="isUnsigned">Redis keeps it in 64 bits without a sign, and so knows no largest value.</param>
    private void Memory(string name, Func<long> get, Action<long> set, long least = 0, string? alias = null, bool isUnsigned = false) =>
        Define(new ConfigParameter(name, () => get().ToString(CultureInfo.InvariantCulture), text =>
        {
            if (!TryParseMemory(text, out ulong value))
            {
                return "argument must be a memory value";
            }

            if (value < (ulong)least || (value > long.MaxValue && !isUnsigned))
            {
                return $"argument must be between {least} and {long.MaxValue} inclusive";
            }

            set((long)Math.Min(value, long.MaxValue));
            _checksSinceReading = MemoryChecksPerReading;
            return null;
        }) { Alias = alias });

    private void Percentiles(string name) =>
        Define(new ConfigParameter(name, () => string.Join(' ', LatencyPercentiles.Select(static p => p.ToString("0.######", CultureInfo.InvariantCulture))), text =>
        {
            var wanted = new List<double>();
            foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                if (!double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var percentile) || double.IsNaN(percentile))
                {
                    return "Invalid latency-tracking-info-percentiles parameters";
                }

                if (percentile is < 0 or > 100)
                {
                    return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
                }

                wanted.Add(percentile);
            }

            LatencyPercentiles = wanted;
            return null;
        }));

    private void Output(string name) =>
        Define(new ConfigParameter(name, () => OutputLimits.ToString(), text =>
        {
            OutputLimits = OutputLimits.With(text, out var refusal) ?? OutputLimits;
            return refusal;
        }));

    /// <summary>Redis's memtoull: 1k = 1000, 1kb = 1024, and so on to gb; digits beyond 64 bits are the largest number.</summary>
    internal static bool TryParseMemory(string text, out long bytes)
    {
        var isNumber = TryParseMemory(text, out ulong unsigned);
        bytes = (long)Math.Min(unsigned, long.MaxValue);
        return isNumber;
    }

    private static bool TryParseMemory(string text, out ulong bytes)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        ulong factor = text[digits..].ToLowerInvariant() switch
        {
            "" or "b" => 1,
            "k" => 1000,
            "kb" => Kilobyte,
            "m" => 1000 * 1000,
            "mb" => Megabyte,
            "g" => 1000UL * 1000 * 1000,
            "gb" => Megabyte * Kilobyte,
            _ => 0,
        };
        bytes = 0;
        if (factor == 0 || digits == 0)
        {
            return text.Length == 0; // Nothing is zero, as strtoull sees it.
        }

        bytes = ulong.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? unchecked(number * factor) : ulong.MaxValue;
        return true;
    }
}
