// The server itself: INFO CONFIG DBSIZE FLUSHDB FLUSHALL SWAPDB TIME LASTSAVE BGREWRITEAOF ROLE DEBUG SHUTDOWN.
// Always: what empties or exchanges databases breaks the WATCH of every key that changed by it.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class ServerCommands
{
    private static readonly ByteString FlushDbName = ByteString.FromUtf8("FLUSHDB");
    private static readonly ByteString FlushAllName = ByteString.FromUtf8("FLUSHALL");

    public static readonly CommandRow[] Rows =
    [
        Server("info", -1, Loading | Stale, Info, "1.0.0", "Figures of the server, section by section, as lines of text.") with { AclCategories = ["@dangerous"], Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"], Syntax = "[section...]", History = ["7.0.0: several sections"] },
        Server("config", -2, None, static _ => { }, "2.0.0", "The server's parameters.") with
        {
            Complexity = "That of the subcommand",
            Subcommands =
            [
                Server("get", -3, Admin | NoScript | Loading | Stale, ConfigGet, "2.0.0", "The parameters that match, with their values.") with { Complexity = "O(N), N: configuration parameters provided", Syntax = "parameter{parameter}...", History = ["7.0.0: several patterns"] },
                Server("set", -4, Admin | NoScript | Loading | Stale, ConfigSet, "2.0.0", "Changes parameters while the server runs: all of them, or none.") with { Complexity = "O(N), N: configuration parameters provided", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"], Syntax = "parameter_value{parameter value}...", IsSecret = IsSecretOfConfigSet, History = ["7.0.0: several parameters"] },
                Server("resetstat", 2, Admin | NoScript | Loading | Stale, ConfigResetStat, "2.0.0", "Starts the counters of INFO anew.") with { Complexity = "O(1)" },
                Server("rewrite", 2, Admin | NoScript | Loading | Stale, static c => c.Reply.Error("ERR The server is running without a config file"u8), "2.8.0", "Writes the parameters in force into the file they came from.") with { Complexity = "O(1)" },
                Server("help", 2, Loading | Stale, ConfigHelp, "5.0.0", "What CONFIG knows.") with { Complexity = "O(1)" },
            ],
        },
        Server("dbsize", 1, ReadOnly | Fast, static c => c.Reply.Integer(c.Db.Count), "1.0.0", "How many keys the selected database has.") with { AclCategories = ["@keyspace"], Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:agg_sum"] },
        Server("flushdb", -1, Write, FlushDb, "1.0.0", "Empties the selected database.") with { AclCategories = ["@keyspace", "@dangerous"], Complexity = "O(N), N: keys in the selected database", Tips = ["request_policy:all_shards", "response_policy:all_succeeded"], Syntax = "[async(ASYNC@4.0.0|SYNC@6.2.0)]", History = ["4.0.0: ASYNC", "6.2.0: SYNC"] },
        Server("flushall", -1, Write, FlushAll, "1.0.0", "Empties every database.") with { AclCategories = ["@keyspace", "@dangerous"], Complexity = "O(N), N: keys in all databases", Tips = ["request_policy:all_shards", "response_policy:all_succeeded"], Syntax = "[async(ASYNC@4.0.0|SYNC@6.2.0)]", History = ["4.0.0: ASYNC", "6.2.0: SYNC"] },
        Server("swapdb", 3, Write | Fast, SwapDb, "4.0.0", "Exchanges the contents of two databases.") with { AclCategories = ["@keyspace", "@dangerous"], Complexity = "O(N), N: clients watching or blocking on keys from both databases", Syntax = "index1:integer index2:integer" },
        new("monitor", 1, Admin | NoScript | Loading | Stale, KeySpec.None, Monitor) { Complexity = "O(1), and for each command O(N), N: monitors", Group = "server", Since = "1.0.0", Summary = "Streams every command that runs to this connection." },
        Server("time", 1, Loading | Stale | Fast, Time, "2.6.0", "The server's clock: unix seconds, and the microseconds of the second.") with { Complexity = "O(1)", Tips = ["nondeterministic_output"] },
        Server("lastsave", 1, Loading | Stale | Fast, static c => c.Reply.Integer(c.Server.StartedAt / 1000), "1.0.0", "When the data were last saved, in unix seconds.") with { AclCategories = ["@admin", "@dangerous"], Complexity = "O(1)", Tips = ["nondeterministic_output"] },
        Server("bgrewriteaof", 1, Admin | NoScript | NoAsyncLoading, RewriteLog, "1.0.0", "Begins to write the append-only file anew, as short as it can be.") with { Complexity = "O(1)" },
        Server("role", 1, NoScript | Loading | Stale | Fast, Role, "2.8.12", "Whether this is a master, and how far its replicas are.") with { AclCategories = ["@admin", "@dangerous"], Complexity = "O(1)" },
        Server("debug", -2, Admin | NoScript | Loading | Stale, Debug, "1.0.0", "Tools for tests.") with { Complexity = "That of the subcommand" },
        Server("shutdown", -1, Admin | NoScript | Loading | Stale | NoMulti | AllowBusy, Shutdown, "1.0.0", "Stops the server; it saves first unless told otherwise.") with { Complexity = "O(N), N: keys in all databases", Syntax = "[nosave_save(NOSAVE|SAVE)] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]", History = ["7.0.0: NOW, FORCE, ABORT"] },
    ];

    private static CommandRow Server(string name, int arity, CommandFlags flags, CommandBody body, string since, string summary) =>
        new(name, arity, flags, KeySpec.None, body) { Group = "server", Since = since, Summary = summary };

    private static void Info(CommandContext c)
    {
        var names = new List<string>();
        for (var i = 1; i < c.Count; i++)
        {
            names.Add(Encoding.UTF8.GetString(c[i]));
        }

        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(c.Server.Info.Print(names)));
    }

    private static void ConfigGet(CommandContext c)
    {
        var found = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 2; i < c.Count; i++)
        {
            var pattern = c[i];
            if (pattern.IndexOfAny("*?["u8) < 0)
            {
                // One name: spelled in the reply as it was asked for.
                var name = Encoding.UTF8.GetString(pattern);
                if (c.Server.Config.Find(name) is { } one)
                {
                    found[name] = one.Get();
                }

                continue;
            }

            foreach (var row in c.Server.Config.Rows.Where(static row => !row.IsHidden))
            {
                foreach (var name in row.Alias is null ? [row.Name] : new[] { row.Name, row.Alias })
                {
                    if (Glob.Matches(pattern, Encoding.ASCII.GetBytes(name), ignoreCase: true))
                    {
                        found[name] = row.Get();
                    }
                }
            }
        }

        c.Reply.Map(found.Count);
        foreach (var (name, value) in found)
        {
            c.Reply.Bulk(name);
            c.Reply.Bulk(value);
        }
    }

    private static void ConfigSet(CommandContext c)
    {
        if (c.Count % 2 != 0)
        {
            c.SyntaxError();
            return;
        }

        var changes = new List<(ConfigParameter Row, string Name, string Old, string New)>();
        for (var i = 2; i < c.Count; i += 2)
        {
            var name = Encoding.UTF8.GetString(c[i]);
            if (c.Server.Config.Find(name) is not { } row)
            {
                c.Reply.Error($"ERR Unknown option or number of arguments for CONFIG SET - '{name}'");
                return;
            }

            var refusal = row.Set is null ? row.Refusal : changes.Exists(change => change.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) ? "duplicate parameter" : null;
            if (refusal is not null)
            {
                Refuse(c, name, refusal);
                return;
            }

            changes.Add((row, name, row.Get(), Encoding.UTF8.GetString(c[i + 1])));
        }

        for (var i = 0; i < changes.Count; i++)
        {
            if (changes[i].Row.Set!(changes[i].New) is not { } refusal)
            {
                continue;
            }

            // All or nothing: what was set before the refused one goes back.
            for (var done = i - 1; done >= 0; done--)
            {
                changes[done].Row.Set!(changes[done].Old);
            }

            Refuse(c, changes[i].Name, refusal);
            return;
        }

        c.Reply.Ok();
    }

    private static bool IsSecretOfConfigSet(CommandContext c, int i) =>
        i >= 3 && i % 2 == 1 && c.Server.Config.Find(Encoding.UTF8.GetString(c[i - 1])) is { IsSecret: true };

    private static void Refuse(CommandContext c, string name, string reason) =>
        c.Reply.Error($"ERR CONFIG SET failed (possibly related to argument '{name}') - {reason}");

    private static void ConfigHelp(CommandContext c) => c.ReplyHelp(
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.");

    private static void ConfigResetStat(CommandContext c)
    {
        c.Server.Stats.Reset();
        c.Server.ResetScriptCounters();
        foreach (var row in c.Server.Commands.Rows)
        {
            row.Counters.Reset();
            foreach (var sub in row.Subcommands)
            {
                sub.Counters.Reset();
            }
        }

        c.Reply.Ok();
    }

    private static void FlushDb(CommandContext c)
    {
        if (AcceptsMode(c))
        {
            Empty(c, c.Db);
            c.Server.Tracking.InvalidateEverything();
            c.Effect(FlushDbName);
            c.Reply.Ok();
        }
    }

    private static void FlushAll(CommandContext c)
    {
        if (!AcceptsMode(c))
        {
            return;
        }

        foreach (var database in c.Server.Databases)
        {
            Empty(c, database);
        }

        c.Server.Tracking.InvalidateEverything();
        c.Effect(FlushAllName);
        c.Reply.Ok();
    }

    private static bool AcceptsMode(CommandContext c)
    {
        if (c.Count == 1 || (c.Count == 2 && (c.Is(1, "SYNC"u8) || c.Is(1, "ASYNC"u8))))
        {
            return true;
        }

        c.Reply.Error(Errors.Syntax);
        return false;
    }

    private static void Empty(CommandContext c, Database database)
    {
        c.Server.Unit.Watches.TouchAll(database, null);
        c.Server.Unit.ChangedWhole(database.Count);
        database.Clear();
        c.Server.Unit.Waiters.TouchAll(database);
    }

    private static void SwapDb(CommandContext c)
    {
        if (!Numbers.TryParseInteger(c[1], out var first))
        {
            c.Reply.Error("ERR invalid first DB index"u8);
            return;
        }

        if (!Numbers.TryParseInteger(c[2], out var second))
        {
            c.Reply.Error("ERR invalid second DB index"u8);
            return;
        }

        var count = c.Server.Databases.Length;
        if (first < 0 || first >= count || second < 0 || second >= count)
        {
            c.Reply.Error(Errors.DatabaseIndex);
            return;
        }

        if (first != second)
        {
            var (one, other) = (c.Server.Databases[first], c.Server.Databases[second]);
            c.Server.Unit.Watches.TouchAll(one, other);
            c.Server.Unit.Watches.TouchAll(other, one);
            one.SwapWith(other);
            c.Server.Unit.Waiters.TouchAll(one);
            c.Server.Unit.Waiters.TouchAll(other);
        }

        c.Server.Unit.ChangedWhole(1);
        c.Reply.Ok();
    }

    private static void Time(CommandContext c)
    {
        var now = c.Server.Clock.NowMicroseconds;
        c.Reply.Array(2);
        c.Reply.BulkInteger(now / 1_000_000);
        c.Reply.BulkInteger(now % 1_000_000);
    }

    private static void Monitor(CommandContext c)
    {
        if (!c.Client.TakesFeeds)
        {
            c.Reply.Error("ERR MONITOR isn't allowed for DENY BLOCKING client"u8);
        }
        else if (c.Client.Feeds is not { IsMonitor: true })
        {
            // A second MONITOR is answered by nothing, as in Redis.
            c.Server.Monitors.Add(c.Client);
            c.Reply.Ok();
        }
    }

    private static void RewriteLog(CommandContext c)
    {
        if (c.Server.DurableLog is not { } log)
        {
            c.Reply.Error("ERR This server keeps no append-only file"u8);
        }
        else if (log.TryStartRewrite())
        {
            c.Reply.Status("Background append only file rewriting started"u8);
        }
        else
        {
            c.Reply.Error("ERR Background append only file rewriting already in progress"u8);
        }
    }

    private static void Role(CommandContext c)
    {
        c.Reply.Array(3);
        c.Reply.Bulk("master"u8);
        c.Reply.Integer(0);
        c.Reply.Array(0);
    }

    private static void Debug(CommandContext c)
    {
        if (c.Is(1, "SLEEP"u8) && c.Count == 3)
        {
            // As strtod: what is no number is no time.
            Sleep(c, Numbers.TryParseDouble(c[2], out var seconds) ? seconds : 0);
            c.Reply.Ok();
        }
        else if (c.Is(1, "SET-ACTIVE-EXPIRE"u8) && c.Count == 3)
        {
            // As atoi: what is no number is 0.
            c.Server.ExpiresActively = Numbers.TryParseInteger(c[2], out var isOn) && isOn != 0;
            c.Reply.Ok();
        }
        else if (c.Is(1, "OBJECT"u8) && c.Count == 3)
        {
            DebugObject(c);
        }
        else
        {
            c.Reply.Error($"ERR unknown subcommand or wrong number of arguments for '{Encoding.UTF8.GetString(c[1])}'. Try DEBUG HELP.");
        }
    }

    /// <summary>What this server knows of what Redis prints: no address and no serialized length, since values lie in no one place.</summary>
    private static void DebugObject(CommandContext c)
    {
        if (c.Db.Peek(c[2]) is { } entry)
        {
            var idle = c.Server.Clock.CoarseSeconds - entry.AccessedAt;
            c.Reply.Status($"Value at:0x0 refcount:1 encoding:{ValueKind.Encoding(entry.Value)} serializedlength:0 lru:{entry.AccessedAt} lru_seconds_idle:{idle}");
        }
        else
        {
            c.Reply.Error(Errors.NoSuchKey);
        }
    }

    /// <summary>Keeps the turn for that long on the server's clock: this is what DEBUG SLEEP is for.</summary>
    private static void Sleep(CommandContext c, double seconds)
    {
        using var awake = new ManualResetEventSlim();
        using var timer = c.Server.Clock.Provider.CreateTimer(static state => ((ManualResetEventSlim)state!).Set(), awake, TimeSpan.FromSeconds(Math.Max(seconds, 0)), Timeout.InfiniteTimeSpan);
        awake.Wait();
    }

    private static void Shutdown(CommandContext c)
    {
        var withoutSaving = false;
        for (var i = 1; i < c.Count; i++)
        {
            if (c.Is(i, "NOSAVE"u8))
            {
                withoutSaving = true;
            }
            else if (c.Is(i, "ABORT"u8) && c.Count == 2)
            {
                c.Reply.Error("ERR No shutdown in progress."u8);
                return;
            }
            else if (!c.Is(i, "SAVE"u8) && !c.Is(i, "NOW"u8) && !c.Is(i, "FORCE"u8))
            {
                c.Reply.Error(Errors.Syntax);
                return;
            }
        }

        if (!c.Turn.IsHeld && !withoutSaving)
        {
            c.Reply.Error(Errors.BusyScript);
            return;
        }

        // Like Redis, no reply: the connection ends.
        c.Server.RequestShutdown(withoutSaving);
        c.Client.CloseAfterReply();
    }
}
