// Who the client is and how it wants to be answered: PING ECHO HELLO AUTH SELECT QUIT RESET CLIENT.
// Always: nothing here touches data, so HELLO, AUTH, QUIT and RESET also run while a script keeps the turn.
using System.Globalization;
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class ConnectionCommands
{
    public const string ServerVersion = "7.2.6";

    private const CommandFlags Handshake = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy;
    private const CommandFlags Plain = NoScript | Loading | Stale;

    public static readonly CommandRow[] Rows =
    [
        new("ping", -1, Fast, KeySpec.None, Ping) { Group = "connection", Summary = "Returns the server's liveliness response." },
        new("echo", 2, Loading | Stale | Fast, KeySpec.None, Echo) { Group = "connection", Summary = "Returns the given string." },
        new("hello", -1, Handshake, KeySpec.None, Hello) { Group = "connection", Since = "6.0.0", Summary = "Handshakes with the Redis server." },
        new("auth", -2, Handshake, KeySpec.None, Auth) { Group = "connection", Summary = "Authenticates the connection." },
        new("select", 2, Loading | Stale | Fast, KeySpec.None, Select) { Group = "connection", Summary = "Changes the selected database." },
        new("quit", -1, Handshake, KeySpec.None, Quit) { Group = "connection", Summary = "Closes the connection.", RunsInMulti = true },
        new("reset", 1, Handshake, KeySpec.None, Reset) { Group = "connection", Since = "6.2.0", Summary = "Resets the connection.", RunsInMulti = true },
        new("client", -2, Plain, KeySpec.None, static _ => { })
        {
            Group = "connection", Since = "2.4.0", Summary = "A container for client connection commands.",
            Subcommands =
            [
                Sub("id", 2, ClientId, "5.0.0", "Returns the unique client ID of the connection."),
                Sub("getname", 2, ClientGetName, "2.6.9", "Returns the name of the connection."),
                Sub("setname", 3, ClientSetName, "2.6.9", "Sets the connection name."),
                Sub("setinfo", 4, ClientSetInfo, "7.2.0", "Sets information specific to the client or connection."),
                Sub("info", 2, ClientInfo, "6.2.0", "Returns information about the connection."),
                Sub("list", -2, ClientList, "2.4.0", "Lists open connections.", Admin),
                Sub("kill", -3, ClientKill, "2.4.0", "Terminates open connections.", Admin),
                Sub("no-evict", 3, ClientNoEvict, "7.0.0", "Sets the client eviction mode of the connection.", Admin),
                Sub("no-touch", 3, ClientNoTouch, "7.2.0", "Controls whether commands sent by the client affect the LRU/LFU of accessed keys."),
                Sub("reply", 3, ClientReply, "3.2.0", "Instructs the server whether to reply to commands."),
                Sub("getredir", 2, static c => c.Reply.Integer(-1), "6.0.0", "Returns the client ID to which the connection's tracking notifications are redirected."),
            ],
        },
    ];

    private static CommandRow Sub(string name, int arity, CommandBody body, string since, string summary, CommandFlags more = None) =>
        new(name, arity, Plain | more, KeySpec.None, body) { Group = "connection", Since = since, Summary = summary };

    private static void Ping(CommandContext c)
    {
        switch (c.Count)
        {
            case 1:
                c.Reply.Status("PONG"u8);
                break;
            case 2:
                c.Reply.Bulk(c[1]);
                break;
            default:
                c.Reply.Error(Checks.WrongArity(c.Row));
                break;
        }
    }

    private static void Echo(CommandContext c) => c.Reply.Bulk(c[1]);

    private static void Hello(CommandContext c)
    {
        var protocol = c.Client.Protocol;
        ByteString? name = null;
        if (c.Count > 1)
        {
            if (!Numbers.TryParseInteger(c[1], out var version))
            {
                c.Reply.Error("ERR Protocol version is not an integer or out of range"u8);
                return;
            }

            if (version is not (2 or 3))
            {
                c.Reply.Error("NOPROTO unsupported protocol version"u8);
                return;
            }

            protocol = (int)version;
            if (!TryHelloOptions(c, out name))
            {
                return;
            }
        }

        if (!c.Client.IsAuthenticated)
        {
            c.Reply.Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"u8);
            return;
        }

        if (name is not null)
        {
            c.Client.Name = name;
        }

        c.Client.Protocol = protocol;
        c.Reply.Map(7);
        c.Reply.Bulk("server"u8);
        c.Reply.Bulk("redis"u8);
        c.Reply.Bulk("version"u8);
        c.Reply.Bulk(ServerVersion);
        c.Reply.Bulk("proto"u8);
        c.Reply.Integer(protocol);
        c.Reply.Bulk("id"u8);
        c.Reply.Integer(c.Client.Id);
        c.Reply.Bulk("mode"u8);
        c.Reply.Bulk("standalone"u8);
        c.Reply.Bulk("role"u8);
        c.Reply.Bulk("master"u8);
        c.Reply.Bulk("modules"u8);
        c.Reply.Array(0);
    }

    private static bool TryHelloOptions(CommandContext c, out ByteString? name)
    {
        name = null;
        for (var i = 2; i < c.Count; i++)
        {
            if (c.Is(i, "AUTH"u8) && i + 2 < c.Count)
            {
                if (!TryAuthenticate(c, c[i + 1], c[i + 2]))
                {
                    return false;
                }

                i += 2;
            }
            else if (c.Is(i, "SETNAME"u8) && i + 1 < c.Count)
            {
                if (!IsPrintable(c[i + 1]))
                {
                    c.Reply.Error(BadName);
                    return false;
                }

                name = c.Text(i + 1);
                i++;
            }
            else
            {
                c.Reply.Error($"ERR Syntax error in HELLO option '{Encoding.UTF8.GetString(c[i])}'");
                return false;
            }
        }

        return true;
    }

    private static ReadOnlySpan<byte> BadName => "ERR Client names cannot contain spaces, newlines or special characters."u8;

    private static void Auth(CommandContext c)
    {
        if (c.Count > 3)
        {
            c.Reply.Error(Errors.Syntax);
            return;
        }

        if (c.Count == 2 && c.Server.Config.RequirePass.Length == 0)
        {
            c.Reply.Error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"u8);
            return;
        }

        if (TryAuthenticate(c, c.Count == 3 ? c[1] : "default"u8, c[c.Count - 1]))
        {
            c.Reply.Ok();
        }
    }

    private static bool TryAuthenticate(CommandContext c, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        var wanted = Encoding.UTF8.GetBytes(c.Server.Config.RequirePass);
        var matches = wanted.Length == 0 || System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(wanted, password);
        if (!matches || !user.SequenceEqual("default"u8))
        {
            c.Reply.Error("WRONGPASS invalid username-password pair or user is disabled."u8);
            return false;
        }

        c.Client.IsAuthenticated = true;
        return true;
    }

    private static void Select(CommandContext c)
    {
        if (!c.TryInteger(1, out var index))
        {
            return;
        }

        if (index < 0 || index >= c.Server.Databases.Length)
        {
            c.Reply.Error(Errors.DatabaseIndex);
            return;
        }

        c.Select((int)index);
        if (!c.IsScript)
        {
            c.Client.Database = (int)index;
        }

        c.Reply.Ok();
    }

    private static void Quit(CommandContext c)
    {
        c.Reply.Ok();
        c.Client.CloseAfterReply();
    }

    private static void Reset(CommandContext c)
    {
        c.Server.Dispatcher.Abandon(c.Client.Transaction);
        c.Client.Database = 0;
        c.Client.Protocol = 2;
        c.Client.Name = ByteString.Empty;
        c.Client.ReplyMode = ReplyMode.On;
        c.Client.NoTouch = false;
        c.Client.IsAuthenticated = c.Server.Config.RequirePass.Length == 0;
        c.Reply.Status("RESET"u8);
    }

    private static void ClientId(CommandContext c) => c.Reply.Integer(c.Client.Id);

    private static void ClientGetName(CommandContext c)
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

    private static void ClientSetName(CommandContext c)
    {
        if (!IsPrintable(c[2]))
        {
            c.Reply.Error(BadName);
            return;
        }

        c.Client.Name = c.Text(2);
        c.Reply.Ok();
    }

    private static void ClientSetInfo(CommandContext c)
    {
        var isName = c.Is(2, "lib-name"u8);
        if (!isName && !c.Is(2, "lib-ver"u8))
        {
            c.Reply.Error($"ERR Unrecognized option '{Encoding.UTF8.GetString(c[2])}'");
            return;
        }

        if (!IsPrintable(c[3]))
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

    private static void ClientInfo(CommandContext c) => c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes(Describe(c, c.Client) + "\n"));

    private static void ClientList(CommandContext c)
    {
        var clients = c.Server.Clients.List();
        if (c.Count > 3 && c.Is(2, "TYPE"u8))
        {
            if (c.Count != 4)
            {
                c.Reply.Error(Errors.Syntax);
                return;
            }

            if (!c.Is(3, "normal"u8))
            {
                if (!c.Is(3, "master"u8) && !c.Is(3, "replica"u8) && !c.Is(3, "slave"u8) && !c.Is(3, "pubsub"u8))
                {
                    c.Reply.Error($"ERR Unknown client type '{Encoding.UTF8.GetString(c[3])}'");
                    return;
                }

                clients = [];
            }
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
        var flags = client.Transaction.IsOpen ? "x" : "N";
        var queued = client.Transaction.IsOpen ? client.Transaction.Queue.Count : -1;
        return string.Create(CultureInfo.InvariantCulture, $"id={client.Id} addr={client.RemoteAddress} laddr={client.LocalAddress} fd=-1 name={client.Name} age={(now - client.ConnectedAt) / 1000} idle={(now - client.LastCommandAt) / 1000} flags={flags} db={client.Database} sub=0 psub=0 ssub=0 multi={queued} qbuf={used} qbuf-free={free} argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl={output} oll=0 omem=0 tot-mem={used + free + output} events=r cmd={(ReferenceEquals(client, c.Client) ? c.Row.FullName : client.LastCommand)} user=default redir=-1 resp={client.Protocol} lib-name={client.LibraryName} lib-ver={client.LibraryVersion}");
    }

    private static void ClientKill(CommandContext c)
    {
        if (c.Count == 3)
        {
            var address = Encoding.UTF8.GetString(c[2]);
            var target = c.Server.Clients.List().FirstOrDefault(client => client.RemoteAddress == address);
            if (target is null)
            {
                c.Reply.Error("ERR No such client"u8);
                return;
            }

            End(c, target);
            c.Reply.Ok();
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

        var killed = 0;
        foreach (var client in c.Server.Clients.List())
        {
            if (matches(client))
            {
                End(c, client);
                killed++;
            }
        }

        c.Reply.Integer(killed);
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
                if (value.ToLowerInvariant() is not ("normal" or "master" or "replica" or "slave" or "pubsub"))
                {
                    c.Reply.Error($"ERR Unknown client type '{value}'");
                    return false;
                }

                var isNormal = value.Equals("normal", StringComparison.OrdinalIgnoreCase);
                tests.Add(_ => isNormal);
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

    private static void End(CommandContext c, IClient target)
    {
        if (target == c.Client)
        {
            target.CloseAfterReply();
        }
        else
        {
            target.Kill();
        }
    }

    private static void ClientNoEvict(CommandContext c)
    {
        if (TryOnOff(c, out var on))
        {
            c.Client.NoEvict = on;
            c.Reply.Ok();
        }
    }

    private static void ClientNoTouch(CommandContext c)
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

    private static void ClientReply(CommandContext c)
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

    private static bool IsPrintable(ReadOnlySpan<byte> name) => !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}
