// One row = one command: its name, arity, flags, keys and function. Each family's file begins with its rows.
// Always: rows are immutable and shared; what COMMAND prints, what the dispatcher checks and what scripts may call all come from the row.
namespace Evalsha.Server.Dispatch;

/// <summary>Runs the command: reads arguments from the context, replies exactly once, and says what changed.</summary>
public delegate void CommandBody(CommandContext c);

/// <summary>Redis's command flags, with Redis's meaning.</summary>
[Flags]
public enum CommandFlags
{
    None = 0,
    Write = 1 << 0,
    ReadOnly = 1 << 1,
    DenyOom = 1 << 2,
    Admin = 1 << 3,
    PubSub = 1 << 4,
    NoScript = 1 << 5,
    Blocking = 1 << 6,
    Loading = 1 << 7,
    Stale = 1 << 8,
    SkipMonitor = 1 << 9,
    SkipSlowlog = 1 << 10,
    Fast = 1 << 11,
    NoAuth = 1 << 12,
    MayReplicate = 1 << 13,
    NoMulti = 1 << 14,
    MovableKeys = 1 << 15,
    AllowBusy = 1 << 16,
    NoAsyncLoading = 1 << 17,
    Asking = 1 << 18,
    NoMandatoryKeys = 1 << 19,
}

/// <param name="Name">Lower case, as COMMAND prints it; a subcommand's is only its own part (<c>get</c> of <c>config|get</c>).</param>
/// <param name="Arity">Redis's: counts the name; negative means "at least". A subcommand's counts the container's name too.</param>
public sealed record CommandRow(string Name, int Arity, CommandFlags Flags, KeySpec Keys, CommandBody Body)
{
    /// <summary>The Redis version that brought it.</summary>
    public string Since { get; init; } = "1.0.0";

    /// <summary>Redis's documentation group: string, hash, list, set, sorted-set, stream, generic, connection, server, scripting, transactions.</summary>
    public string Group { get; init; } = "generic";

    public string Summary { get; init; } = "";

    /// <summary>What it costs, in Redis's notation.</summary>
    public string Complexity { get; init; } = "";

    /// <summary>Its arguments, in the notation of <see cref="CommandArgument"/>.</summary>
    public string Syntax { get; init; } = "";

    /// <summary>What is done with each group of keys: RO RW OW or RM, then ACCESS UPDATE INSERT DELETE NOT_KEY INCOMPLETE VARIABLE_FLAGS.</summary>
    public string[] KeyUses { get; init; } = [];

    /// <summary>For a use that depends on the arguments (VARIABLE_FLAGS): what this call does with its key.</summary>
    public Func<CommandContext, string>? KeyUseOfCall { get; init; }

    /// <summary>Hints for clients and proxies, as COMMAND prints them.</summary>
    public string[] Tips { get; init; } = [];

    /// <summary>What later versions brought: <c>6.2.0: GET, EXAT and PXAT options</c>.</summary>
    public string[] History { get; init; } = [];

    /// <summary>Since when it is deprecated; null: it is not.</summary>
    public string? DeprecatedSince { get; init; }

    /// <summary>What to use instead of a deprecated command.</summary>
    public string ReplacedBy { get; init; } = "";

    /// <summary>Extra ACL categories beyond those the flags imply, each with its @, in the order Redis prints them.</summary>
    public string[] AclCategories { get; init; } = [];

    /// <summary>Non-empty for a container (CONFIG, CLIENT, SCRIPT …); the container's own body runs only when it has an arity that allows it bare.</summary>
    public CommandRow[] Subcommands { get; init; } = [];

    /// <summary>Runs at once inside MULTI instead of being queued (EXEC, DISCARD, MULTI, WATCH, QUIT, RESET).</summary>
    public bool RunsInMulti { get; init; }

    /// <summary>EXEC: what it would run decides whether it may run, and a refusal ends the transaction.</summary>
    public bool EndsTransaction { get; init; }

    /// <summary>Although allowed while a script runs too long, it touches data and so waits for the script's end (WATCH).</summary>
    public bool NeedsTurnWhenBusy { get; init; }

    /// <summary>Allowed to a RESP2 client that is subscribed (PING, QUIT, RESET and the family itself).</summary>
    public bool RunsWhenSubscribed { get; init; }

    /// <summary>Its replies are push frames, which CLIENT REPLY OFF does not drop.</summary>
    public bool RepliesByPush { get; init; }

    /// <summary>Which arguments MONITOR must not show (passwords); null = none.</summary>
    public Func<CommandContext, int, bool>? IsSecret { get; init; }

    /// <summary>A write that also reads: its looks at keys count as hits and misses (GETDEL, SINTERSTORE).</summary>
    public bool LooksUp { get; init; }

    /// <summary>Which argument is the element of the collection at its first key, for who wants to be early; 0: none.</summary>
    internal int ElementAt { get; init; }

    /// <summary>Runs scripts: never on a thread that the network needs.</summary>
    public bool MayRunLong { get; init; }

    /// <summary>The container when this is a subcommand.</summary>
    public CommandRow? Container { get; private init; }

    /// <summary><c>config|get</c> for a subcommand, else <see cref="Name"/>.</summary>
    public string FullName => Container is null ? Name : $"{Container.Name}|{Name}";

    /// <summary>Calls since start or CONFIG RESETSTAT; INFO commandstats prints them.</summary>
    internal CommandCounters Counters { get; private init; } = new();

    /// <summary>A copy with counters of its own: a family's rows are one table for all servers of the process, their counts are not.</summary>
    internal CommandRow ForOneServer()
    {
        var own = this with { Counters = new CommandCounters(), Subcommands = [.. Subcommands] };
        for (var i = 0; i < own.Subcommands.Length; i++)
        {
            own.Subcommands[i] = own.Subcommands[i] with { Counters = new CommandCounters(), Container = own };
        }

        return own;
    }

    public bool Is(CommandFlags flags) => (Flags & flags) != 0;

    /// <summary>Does this many arguments (the name included) satisfy the arity?</summary>
    public bool Accepts(int count) => Arity >= 0 ? count == Arity : count >= -Arity;
}

/// <summary>How often a command was called, how long it took, and how often it was refused before running.</summary>
internal sealed class CommandCounters
{
    public long Calls;
    public long Rejected;

    /// <summary>Calls that made an error.</summary>
    public long Failed;

    /// <summary>Of all calls, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long Ticks;

    private LatencyHistogram? _latency;

    public LatencyHistogram? Latency => _latency;

    public void Called(long ticks, bool failed)
    {
        Calls++;
        Failed += failed ? 1 : 0;
        Ticks += ticks;
        (_latency ??= new LatencyHistogram()).Record(ticks);
    }

    public void Reset() => (Calls, Rejected, Failed, Ticks, _latency) = (0, 0, 0, 0, null);
}
