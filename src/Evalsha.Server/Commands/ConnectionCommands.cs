// Who the client is and how it wants to be answered: PING ECHO HELLO AUTH SELECT QUIT RESET.
// Always: nothing here touches data, so HELLO, AUTH, QUIT and RESET also run while a script keeps the turn.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class ConnectionCommands
{
    public const string ServerVersion = "7.2.6";

    private const CommandFlags Handshake = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy;

    public static readonly CommandRow[] Rows =
    [
        new("ping", -1, Fast, KeySpec.None, Ping) { Group = "connection", Summary = "PONG, or its argument.", RunsWhenSubscribed = true, Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:all_succeeded"], Syntax = "[message]" },
        new("echo", 2, Loading | Stale | Fast, KeySpec.None, Echo) { Group = "connection", Summary = "Answers its argument.", Complexity = "O(1)", Syntax = "message" },
        new("hello", -1, Handshake, KeySpec.None, Hello) { Group = "connection", Since = "6.0.0", Summary = "Chooses the protocol's version, may authenticate and name; facts on the server.", IsSecret = IsSecretOfHello, Complexity = "O(1)", Syntax = "[arguments{protover:integer [AUTH <username_password{username password}>] [SETNAME <clientname>]}]", History = ["6.2.0: without arguments it changes nothing"] },
        new("auth", -2, Handshake, KeySpec.None, Auth) { Group = "connection", Summary = "Says who this connection is, by password.", IsSecret = static (_, i) => i > 0, Complexity = "O(N), N: passwords defined for the user", Syntax = "[username@6.0.0] password", History = ["6.0.0: a user's name before the password"] },
        new("select", 2, Loading | Stale | Fast, KeySpec.None, Select) { Group = "connection", Summary = "Chooses the database of the commands that follow.", Complexity = "O(1)", Syntax = "index:integer" },
        new("quit", -1, Handshake, KeySpec.None, Quit) { Group = "connection", Summary = "Answers OK and ends the connection.", RunsInMulti = true, RunsWhenSubscribed = true, Complexity = "O(1)" },
        new("reset", 1, Handshake, KeySpec.None, Reset) { Group = "connection", Since = "6.2.0", Summary = "Makes the connection as it was when new.", RunsInMulti = true, RunsWhenSubscribed = true, Complexity = "O(1)" },
    ];

    private static void Ping(CommandContext c)
    {
        switch (c.Count)
        {
            case <= 2 when c.Client.Feeds is { IsSubscribed: true } && c.Reply.Protocol == 2 && !c.IsScript:
                // Where replies and messages have one form, the answer has it too.
                c.Reply.Array(2);
                c.Reply.Bulk("pong"u8);
                c.Reply.Bulk(c.Count == 2 ? c[1] : default);
                break;
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

    /// <summary>User and password behind AUTH.</summary>
    private static bool IsSecretOfHello(CommandContext c, int i) => (i >= 3 && c.Is(i - 1, "AUTH"u8)) || (i >= 4 && c.Is(i - 2, "AUTH"u8));

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

    internal static ReadOnlySpan<byte> BadName => "ERR Client names cannot contain spaces, newlines or special characters."u8;

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
        c.Server.StopFeeding(c.Client);
        c.Client.Database = 0;
        c.Client.Protocol = 2;
        c.Client.Name = ByteString.Empty;
        c.Client.ReplyMode = ReplyMode.On;
        c.Client.NoTouch = false;
        c.Client.IsAuthenticated = c.Server.Config.RequirePass.Length == 0;
        c.Reply.Status("RESET"u8);
    }

    internal static bool IsPrintable(ReadOnlySpan<byte> name) => !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}
