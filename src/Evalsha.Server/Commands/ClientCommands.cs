// CLIENT: who is connected, how each wants to be answered, and who must go or wait.
// Always: names, addresses and flags are what Redis 7.2 prints, in its order; ending another client is asked for here and done by its session.
using System.Globalization;
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class ClientCommands
{
    private const CommandFlags Plain = NoScript | Loading | Stale;

    private static readonly string[] HelpLines =
    [
        "CACHING (YES|NO)",
        "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
        "GETREDIR",
        "    Return the client ID we are redirecting to when tracking is enabled.",
        "GETNAME",
        "    Return the name of the current connection.",
        "ID",
        "    Return the ID of the current connection.",
        "INFO",
        "    Return information about the current client connection.",
        "KILL <ip:port>",
        "    Kill connection made from <ip:port>.",
        "KILL <option> <value> [<option> <value> [...]]",
        "    Kill connections. Options are:",
        "    * ADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made from the specified address",
        "    * LADDR (<ip:port>|<unixsocket>:0)",
        "      Kill connections made to specified local address",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Kill connections by type.",
        "    * USER <username>",
        "      Kill connections authenticated by <username>.",
        "    * SKIPME (YES|NO)",
        "      Skip killing current connection (default: yes).",
        "LIST [options ...]",
        "    Return information about client connections. Options:",
        "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
        "      Return clients of specified type.",
        "UNPAUSE",
        "    Stop the current client pause, resuming traffic.",
        "PAUSE <timeout> [WRITE|ALL]",
        "    Suspend all, or just write, clients for <timeout> milliseconds.",
        "REPLY (ON|OFF|SKIP)",
        "    Control the replies sent to the current connection.",
        "SETNAME <name>",
        "    Assign the name <name> to the current connection.",
        "SETINFO <option> <value>",
        "    Set client meta attr. Options are:",
        "    * LIB-NAME: the client lib name.",
        "    * LIB-VER: the client lib version.",
        "UNBLOCK <clientid> [TIMEOUT|ERROR]",
        "    Unblock the specified blocked client.",
        "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
        "         [OPTIN] [OPTOUT] [NOLOOP]",
        "    Control server assisted client side caching.",
        "TRACKINGINFO",
        "    Report tracking status for the current connection.",
        "NO-EVICT (ON|OFF)",
        "    Protect current client connection from eviction.",
        "NO-TOUCH (ON|OFF)",
        "    Will not touch LRU/LFU stats when this mode is on.",
    ];

    public static readonly CommandRow[] Rows =
    [
        new("client", -2, None, KeySpec.None, static _ => { })
        {
            Complexity = "That of the subcommand",
            Group = "connection", Since = "2.4.0", Summary = "Connections: who they are, what they may, how they end.",
            Subcommands =
            [
                Sub("id", 2, static c => c.Reply.Integer(c.Client.Id), "5.0.0", "This connection's number, never given twice.") with { Complexity = "O(1)" },
                Sub("getname", 2, GetName, "2.6.9", "The name this connection gave itself; nil when it has none.") with { Complexity = "O(1)" },
                Sub("setname", 3, SetName, "2.6.9", "Names this connection.") with { Complexity = "O(1)", Syntax = "connection-name" },
                Sub("setinfo", 4, SetInfo, "7.2.0", "Tells the server the client library's name or version.") with { Complexity = "O(1)", Syntax = "attr(LIB-NAME <libname>|LIB-VER <libver>)" },
                Sub("info", 2, Info, "6.2.0", "One line of facts on this connection.") with { Complexity = "O(1)", Tips = ["nondeterministic_output"] },
                Sub("list", -2, List, "2.4.0", "One line of facts on each connection, or on those asked for.", Admin) with { Complexity = "O(N), N: client connections", Tips = ["nondeterministic_output"], Syntax = "[TYPE <normal_master_replica_pubsub(NORMAL|MASTER|REPLICA|PUBSUB)>@5.0.0] [ID <id{client-id:integer...}>@6.2.0]", History = ["2.8.12: the field id", "5.0.0: TYPE", "6.0.0: the field user", "6.2.0: the fields argv-mem, tot-mem, laddr, redir; ID", "7.0.0: the fields resp, multi-mem, rbs, rbp", "7.0.3: the field ssub"] },
                Sub("kill", -3, Kill, "2.4.0", "Ends the connections that match; how many, in the newer form.", Admin) with { Complexity = "O(N), N: client connections", Syntax = "filter(`ip:port`@-2.8.12|new-format([ID <client-id:integer>@2.8.12]|[TYPE <normal_master_slave_pubsub(NORMAL|MASTER@3.2.0|SLAVE|REPLICA@5.0.0|PUBSUB)>@2.8.12]|[USER <username>]|[ADDR <`ip:port`>]|[LADDR <`ip:port`>@6.2.0]|[SKIPME <yes/no>])...)", History = ["2.8.12: filters by name and value", "2.8.12: ID", "3.2.0: TYPE master", "5.0.0: TYPE replica; slave means the same", "6.2.0: LADDR"] },
                Sub("pause", -3, Pause, "2.9.50", "Holds back everybody's commands, or only writes, for some milliseconds.", Admin) with { Complexity = "O(1)", Syntax = "timeout:integer [mode(WRITE|ALL)@6.2.0]", History = ["6.2.0: ALL or WRITE"] },
                Sub("unpause", 2, Unpause, "6.2.0", "Ends a pause early.", Admin) with { Complexity = "O(N), N: paused clients" },
                Sub("unblock", -3, BlockingCommands.ClientUnblock, "5.0.0", "Ends another connection's wait, as if timed out or with an error; 1 when it waited.", Admin) with { Complexity = "O(log N), N: client connections", Syntax = "client-id:integer [timeout_error(TIMEOUT|ERROR)]" },
                Sub("no-evict", 3, NoEvict, "7.0.0", "Keeps this connection safe when client memory runs short, or not.", Admin) with { Complexity = "O(1)", Syntax = "enabled(ON|OFF)" },
                Sub("no-touch", 3, NoTouch, "7.2.0", "Lets this connection use keys without their counting as used, or not.") with { Complexity = "O(1)", Syntax = "enabled(ON|OFF)" },
                Sub("reply", 3, Reply, "3.2.0", "Turns replies to this connection on, off, or off for one command.") with { Complexity = "O(1)", Syntax = "on_off_skip(ON|OFF|SKIP)" },
                Sub("help", 2, static c => c.ReplyHelp(HelpLines), "5.0.0", "What CLIENT knows.") with { Flags = Loading | Stale, Complexity = "O(1)" },
                .. TrackingCommands.Subcommands,
            ],
        },
    ];

    internal static CommandRow Sub(string name, int arity, CommandBody body, string since, string summary, CommandFlags more = None) =>
        new(name, arity, Plain | more, KeySpec.None, body) { Group = "connection", Since = since, Summary = summary };

    private static void GetName(CommandContext c)
    {
        if (c.Client.Name.Length == 0)
        {
            c.Reply.Null();
        }
        else
        {
            c.Reply.Bulk(c.Client.Name);
        }
    }

    private static void SetName(CommandContext c)
    {
        if (!ConnectionCommands.IsPrintable(c[2]))
        {
            c.Reply.Error(ConnectionCommands.BadName);
            return;
        }

        c.Client.Name = c.Text(2);
        c.Reply.Ok();
    }

    private static void SetInfo(CommandContext c)
    {
        var isName = c.Is(2, "lib-name"u8);
        if (!isName && !c.Is(2, "lib-ver"u8))
        {
            c.Reply.Error($"ERR Unrecognized option '{Encoding.UTF8.GetString(c[2])}'");
            return;
        }

        if (!ConnectionCommands.IsPrintable(c[3]))
        {
            c.Reply.Error($"ERR {Encoding.UTF8.GetString(c[2])} cannot contain spaces, newlines or special characters.");
            return;
        }

        if (isName)
        {
            c.Client.LibraryName = c.Text(3);
        }
        else
        {
            c.Client.LibraryVersion = c.Text(3);
        }

        c.Reply.Ok();
    }

    private static void Info(CommandContext c) => c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(Describe(c, c.Client) + "\n"));

    private static void List(CommandContext c)
    {
        var clients = c.Server.Clients.List();
        if (c.Count == 4 && c.Is(2, "TYPE"u8))
        {
            if (!TryType(c, 3, out var kind))
            {
                return;
            }

            clients = [.. clients.Where(client => TypeOf(client) == kind)];
        }
        else if (c.Count > 3 && c.Is(2, "ID"u8))
        {
            var wanted = new HashSet<long>();
            for (var i = 3; i < c.Count; i++)
            {
                if (!Numbers.TryParseInteger(c[i], out var id))
                {
                    c.Reply.Error("ERR Invalid client ID"u8);
                    return;
                }

                wanted.Add(id);
            }

            clients = [.. clients.Where(client => wanted.Contains(client.Id))];
        }
        else if (c.Count != 2)
        {
            c.Reply.Error(Errors.Syntax);
            return;
        }

        var text = new StringBuilder();
        foreach (var client in clients)
        {
            text.Append(Describe(c, client)).Append('\n');
        }

        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static string Describe(CommandContext c, IClient client)
    {
        var now = c.Now;
        var (used, free, output) = client.Buffers;
        var feeds = client.Feeds;
        var queued = client.Transaction.IsOpen ? client.Transaction.Queue.Count : -1;
        var command = ReferenceEquals(client, c.Client) ? c.Row.FullName : client.LastCommand;
        var redirect = feeds?.Tracking?.Redirect ?? -1;
        return string.Create(CultureInfo.InvariantCulture, $"id={client.Id} addr={client.RemoteAddress} laddr={client.LocalAddress} fd=-1 name={client.Name} age={(now - client.ConnectedAt) / 1000} idle={(now - client.LastCommandAt) / 1000} flags={Flags(client)} db={client.Database} sub={feeds?.Channels.Count ?? 0} psub={feeds?.Patterns.Count ?? 0} ssub={feeds?.ShardChannels.Count ?? 0} multi={queued} qbuf={used} qbuf-free={free} argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl={output} oll=0 omem=0 tot-mem={used + free + output} events=r cmd={command} user=default redir={redirect} resp={client.Protocol} lib-name={client.LibraryName} lib-ver={client.LibraryVersion}");
    }

    private static string Flags(IClient client)
    {
        var flags = new StringBuilder();
        var feeds = client.Feeds;
        var tracking = feeds?.Tracking;
        Add('O', feeds is { IsMonitor: true });
        Add('P', feeds is { IsSubscribed: true });
        Add('x', client.Transaction.IsOpen);
        Add('b', client.IsBlocked);
        Add('t', tracking is not null);
        Add('R', tracking is { IsRedirectBroken: true });
        Add('B', tracking is { IsBroadcast: true });
        Add('d', client.Transaction.Watch is { IsBroken: true });
        Add('U', client.RemoteAddress.StartsWith('/'));
        Add('e', client.NoEvict);
        Add('T', client.NoTouch);
        return flags.Length == 0 ? "N" : flags.ToString();

        void Add(char letter, bool isSo)
        {
            if (isSo)
            {
                flags.Append(letter);
            }
        }
    }

    /// <summary>The classes of clients; this server has no masters and no replicas.</summary>
    private static bool TryType(CommandContext c, int i, out string kind)
    {
        kind = Encoding.UTF8.GetString(c[i]).ToLowerInvariant();
        if (kind is "normal" or "master" or "replica" or "slave" or "pubsub")
        {
            return true;
        }

        c.Reply.Error($"ERR Unknown client type '{Encoding.UTF8.GetString(c[i])}'");
        return false;
    }

    private static string TypeOf(IClient client) => client.Feeds is { IsSubscribed: true } ? "pubsub" : "normal";

    private static void Kill(CommandContext c)
    {
        if (c.Count == 3)
        {
            var address = Encoding.UTF8.GetString(c[2]);
            if (c.Server.Clients.List().FirstOrDefault(client => client.RemoteAddress == address) is not { } target)
            {
                c.Reply.Error("ERR No such client"u8);
                return;
            }

            c.Reply.Ok();
            End(c, target);
            return;
        }

        if (c.Count % 2 != 0)
        {
            c.Reply.Error(Errors.Syntax);
            return;
        }

        if (!TryKillFilter(c, out var matches))
        {
            return;
        }

        IClient[] doomed = [.. c.Server.Clients.List().Where(matches)];
        c.Reply.Integer(doomed.Length);
        foreach (var client in doomed)
        {
            End(c, client);
        }
    }

    private static bool TryKillFilter(CommandContext c, out Func<IClient, bool> matches)
    {
        var tests = new List<Func<IClient, bool>>();
        var skipMe = true;
        matches = static _ => false;
        for (var i = 2; i < c.Count; i += 2)
        {
            var value = Encoding.UTF8.GetString(c[i + 1]);
            if (c.Is(i, "ID"u8))
            {
                if (!Numbers.TryParseInteger(c[i + 1], out var id) || id < 1)
                {
                    c.Reply.Error("ERR client-id should be greater than 0"u8);
                    return false;
                }

                tests.Add(client => client.Id == id);
            }
            else if (c.Is(i, "ADDR"u8))
            {
                tests.Add(client => client.RemoteAddress == value);
            }
            else if (c.Is(i, "LADDR"u8))
            {
                tests.Add(client => client.LocalAddress == value);
            }
            else if (c.Is(i, "USER"u8))
            {
                if (value != "default")
                {
                    c.Reply.Error($"ERR No such user '{value}'");
                    return false;
                }
            }
            else if (c.Is(i, "TYPE"u8))
            {
                if (!TryType(c, i + 1, out var kind))
                {
                    return false;
                }

                tests.Add(client => TypeOf(client) == kind);
            }
            else if (c.Is(i, "SKIPME"u8) && value.ToLowerInvariant() is "yes" or "no")
            {
                skipMe = value.Equals("yes", StringComparison.OrdinalIgnoreCase);
            }
            else
            {
                c.Reply.Error(Errors.Syntax);
                return false;
            }
        }

        var me = c.Client;
        matches = client => (!skipMe || client != me) && tests.TrueForAll(test => test(client));
        return true;
    }

    /// <summary>The others end at once, and hear nothing more; the killer, when it is among them, after its reply.</summary>
    private static void End(CommandContext c, IClient target)
    {
        if (target == c.Client)
        {
            target.CloseAfterReply();
        }
        else
        {
            target.Kill();
            c.Server.StopFeeding(target);
            c.Server.Clients.Leave(target);
        }
    }

    private static void Pause(CommandContext c)
    {
        var holdsAll = true;
        if (c.Count > 4)
        {
            c.Reply.Error(Checks.BadSubcommandArguments(c));
            return;
        }

        if (c.Count == 4 && !c.Is(3, "ALL"u8))
        {
            holdsAll = false;
            if (!c.Is(3, "WRITE"u8))
            {
                c.Reply.Error("ERR CLIENT PAUSE mode must be WRITE or ALL"u8);
                return;
            }
        }

        if (!Numbers.TryParseInteger(c[2], out var milliseconds))
        {
            c.Reply.Error("ERR timeout is not an integer or out of range"u8);
        }
        else if (milliseconds < 0)
        {
            c.Reply.Error("ERR timeout is negative"u8);
        }
        else if (milliseconds > long.MaxValue - c.Now)
        {
            c.Reply.Error("ERR timeout is out of range"u8);
        }
        else
        {
            c.Server.Pause.Begin(c.Now + milliseconds, holdsAll);
            c.Reply.Ok();
        }
    }

    private static void Unpause(CommandContext c)
    {
        c.Server.Pause.End();
        c.Reply.Ok();
    }

    private static void NoEvict(CommandContext c)
    {
        if (TryOnOff(c, out var on))
        {
            c.Client.NoEvict = on;
            c.Reply.Ok();
        }
    }

    private static void NoTouch(CommandContext c)
    {
        if (TryOnOff(c, out var on))
        {
            c.Client.NoTouch = on;
            c.Reply.Ok();
        }
    }

    private static bool TryOnOff(CommandContext c, out bool on)
    {
        on = c.Is(2, "ON"u8);
        if (on || c.Is(2, "OFF"u8))
        {
            return true;
        }

        c.Reply.Error(Errors.Syntax);
        return false;
    }

    private static void Reply(CommandContext c)
    {
        if (c.Is(2, "ON"u8))
        {
            c.Client.ReplyMode = ReplyMode.On;
            c.Reply.Ok();
        }
        else if (c.Is(2, "OFF"u8))
        {
            c.Client.ReplyMode = ReplyMode.Off;
        }
        else if (c.Is(2, "SKIP"u8))
        {
            if (c.Client.ReplyMode == ReplyMode.On)
            {
                c.Client.ReplyMode = ReplyMode.SkipNext;
            }
        }
        else
        {
            c.Reply.Error(Errors.Syntax);
        }
    }
}
