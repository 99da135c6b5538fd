// What all commands of one server share: databases, clock, chance, configuration, counters, the gate and the lists of who and what is there.
// Always: made once by RedisServer and complete before the first command; everything in it is touched inside the turn unless it says otherwise.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public sealed class ServerContext
{
    internal ServerContext(TimeProvider time, int seed, int databases, ServerConfig config)
    {
        Clock = new ServerClock(time);
        Random = new Random(seed);
        Config = config;
        Unit = new Unit(Clock, Effects, Stats);
        Hashing = new ByteStringComparer((ulong)Random.NextInt64());
        PubSub = new PubSubHub(Hashing);
        KeyEvents = new KeyEvents(PubSub);
        Tracking = new Tracking(this);
        Monitors = new Monitors(this);
        Pause = new ClientPause(this);
        (Unit.KeyEvents, Unit.Tracking) = (KeyEvents, Tracking);
        Databases = new Database[databases];
        for (var i = 0; i < databases; i++)
        {
            Databases[i] = new Database(i, Clock, Unit, Hashing);
        }

        StartedAt = Clock.ReadUnfrozen();
        RunId = Convert.ToHexStringLower(RandomBytes(20));
    }

    public ServerClock Clock { get; }

    /// <summary>The server's chance, from its seed. Inside the turn only.</summary>
    public Random Random { get; }

    /// <summary>Seeded as Random is: the order of scans follows from the seed too.</summary>
    public ByteStringComparer Hashing { get; }

    public Database[] Databases { get; }

    public ServerConfig Config { get; }

    public ServerStats Stats { get; } = new();

    public EffectLog Effects { get; } = new();

    public Unit Unit { get; }

    public PubSubHub PubSub { get; }

    public KeyEvents KeyEvents { get; }

    public Tracking Tracking { get; }

    public Monitors Monitors { get; }

    public ClientPause Pause { get; }

    /// <summary>False (DEBUG SET-ACTIVE-EXPIRE 0): keys past their deadline stay until somebody looks at them.</summary>
    public bool ExpiresActively { get; set; } = true;

    /// <summary>Who looks at every command: one question for the dispatcher.</summary>
    internal Attention Attention => (Attention)Volatile.Read(ref _attention);

    public TurnGate Gate { get; } = new();

    public ClientRegistry Clients { get; } = new();

    /// <summary>The slow log and the latency monitor.</summary>
    public SlowWatch Slow { get; } = new();

    public InfoSections Info { get; } = new();

    /// <summary>Where the server and redis.log write. Any thread.</summary>
    public ServerLog Log { get; } = new();

    /// <summary>All commands. Set once, before the first session.</summary>
    public CommandTable Commands { get; internal set; } = new();

    public Dispatcher Dispatcher => _dispatcher ??= new Dispatcher(this);

    /// <summary>Unix milliseconds.</summary>
    public long StartedAt { get; }

    /// <summary>Forty hexadecimal digits, from the seed.</summary>
    public string RunId { get; }

    /// <summary>True while the append-only file is replayed: clients get LOADING.</summary>
    public bool IsLoading { get; internal set; }

    /// <summary>What writes are told while the append-only file cannot be written (MISCONF …); null while it can. Any thread.</summary>
    public byte[]? WriteRefusal
    {
        get => Volatile.Read(ref _writeRefusal);
        internal set => Volatile.Write(ref _writeRefusal, value);
    }

    /// <summary>While the server is busy: with a function, and not with a script of EVAL's. Any thread.</summary>
    public bool IsBusyWithFunction { get; internal set; }

    /// <summary>The code of every function library, in order of loading. Inside the turn.</summary>
    internal Func<IEnumerable<ByteString>> FunctionCodes { get; set; } = static () => [];

    /// <summary>CONFIG RESETSTAT, for the counts of scripts and functions. Inside the turn.</summary>
    internal Action ResetScriptCounters { get; set; } = static () => { };

    /// <summary>The append-only file; null when the data lives in memory only.</summary>
    public IDurableLog? DurableLog { get; internal set; }

    /// <summary>Ends the server; set by RedisServer. The argument is true when nothing should be saved.</summary>
    public Action<bool> RequestShutdown { get; internal set; } = static _ => { };

    private int _attention;
    private byte[]? _writeRefusal;
    private Dispatcher? _dispatcher;

    internal void SetAttention(Attention part, bool on)
    {
        if (on)
        {
            Interlocked.Or(ref _attention, (int)part);
        }
        else
        {
            Interlocked.And(ref _attention, (int)~part);
        }
    }

    /// <summary>Before a turn is given back: what is told once a turn.</summary>
    internal void EndTurn()
    {
        if (Tracking.IsActive)
        {
            Tracking.Broadcast();
        }
    }

    /// <summary>The client is gone, or asked for RESET: nothing is fed to it any more. Needs no turn.</summary>
    internal void StopFeeding(IClient client)
    {
        if (client.Feeds is null)
        {
            return;
        }

        PubSub.UnsubscribeAll(client);
        Monitors.Remove(client);
        Tracking.Disable(client);
    }

    private byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        Random.NextBytes(bytes);
        return bytes;
    }
}
