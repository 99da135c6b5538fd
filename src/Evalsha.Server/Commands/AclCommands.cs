// ACL as a server with one user knows it: WHOAMI, USERS, LIST, GETUSER, CAT, GENPASS, HELP.
// Always: the one user is "default" and may do everything; its password is requirepass; rules cannot be given.
using System.Security.Cryptography;
using System.Text;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class AclCommands
{
    private const int DefaultPasswordBits = 256;
    private const int PasswordBitsMax = 4096;
    private const CommandFlags Guarded = Admin | NoScript | Loading | Stale;
    private const CommandFlags Open = NoScript | Loading | Stale;

    // In Redis's order.
    private static readonly string[] Categories =
    [
        "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub", "admin",
        "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting",
    ];

    public static readonly CommandRow[] Rows =
    [
        new("acl", -2, None, KeySpec.None, static _ => { })
        {
            Complexity = "That of the subcommand",
            Group = "server", Since = "6.0.0", Summary = "Who may do what.",
            Subcommands =
            [
                Sub("whoami", 2, static c => c.Reply.Bulk("default"u8), Open, "The user of this connection.") with { Complexity = "O(1)" },
                Sub("users", 2, Users, Guarded, "The names of all users.") with { Complexity = "O(N), N: configured users" },
                Sub("list", 2, List, Guarded, "All users with their rules.") with { Complexity = "O(N), N: configured users" },
                Sub("getuser", 3, GetUser, Guarded, "One user's rules.") with { Complexity = "O(N), N: password", Syntax = "username", History = ["6.2.0: channels", "7.0.0: selectors; keys and channels as rules"] },
                Sub("cat", -2, Cat, Open, "The categories of commands, or the commands of one.") with { Complexity = "O(1)", Syntax = "[categoryname]" },
                Sub("genpass", -2, GeneratePassword, Open, "A password nobody can guess.") with { Complexity = "O(1)", Syntax = "[bits:integer]" },
                Sub("help", 2, Help, Loading | Stale, "What ACL knows.") with { Complexity = "O(1)" },
            ],
        },
    ];

    private static CommandRow Sub(string name, int arity, CommandBody body, CommandFlags flags, string summary) =>
        new(name, arity, flags, KeySpec.None, body) { Group = "server", Since = "6.0.0", Summary = summary };

    private static string? PasswordDigest(CommandContext c) =>
        c.Server.Config.RequirePass is { Length: > 0 } password ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(password))) : null;

    private static void Users(CommandContext c)
    {
        c.Reply.Array(1);
        c.Reply.Bulk("default"u8);
    }

    private static void List(CommandContext c)
    {
        c.Reply.Array(1);
        c.Reply.Bulk(PasswordDigest(c) is { } digest ? $"user default on #{digest} ~* &* +@all" : "user default on nopass ~* &* +@all");
    }

    private static void GetUser(CommandContext c)
    {
        if (!c[2].SequenceEqual("default"u8))
        {
            c.Reply.Null();
            return;
        }

        var digest = PasswordDigest(c);
        c.Reply.Map(6);
        c.Reply.Bulk("flags"u8);
        c.Reply.Set(digest is null ? 2 : 1);
        c.Reply.Bulk("on"u8);
        if (digest is null)
        {
            c.Reply.Bulk("nopass"u8);
        }

        c.Reply.Bulk("passwords"u8);
        c.Reply.Array(digest is null ? 0 : 1);
        if (digest is not null)
        {
            c.Reply.Bulk(digest);
        }

        c.Reply.Bulk("commands"u8);
        c.Reply.Bulk("+@all"u8);
        c.Reply.Bulk("keys"u8);
        c.Reply.Bulk("~*"u8);
        c.Reply.Bulk("channels"u8);
        c.Reply.Bulk("&*"u8);
        c.Reply.Bulk("selectors"u8);
        c.Reply.Array(0);
    }

    private static void Cat(CommandContext c)
    {
        if (c.Count > 3)
        {
            c.Reply.Error(Checks.WrongArity(c.Row));
            return;
        }

        if (c.Count == 2)
        {
            c.Reply.Array(Categories.Length);
            foreach (var name in Categories)
            {
                c.Reply.Bulk(name);
            }

            return;
        }

        var wanted = Encoding.UTF8.GetString(c[2]);
        if (!Categories.Contains(wanted, StringComparer.OrdinalIgnoreCase))
        {
            c.Reply.Error($"ERR Unknown category '{wanted}'");
            return;
        }

        var rows = c.Server.Commands.Rows.SelectMany(static row => (IEnumerable<CommandRow>)[row, .. row.Subcommands])
            .Where(row => CommandCommands.Categories(row).Contains($"@{wanted}", StringComparer.OrdinalIgnoreCase)).ToArray();
        c.Reply.Array(rows.Length);
        foreach (var row in rows)
        {
            c.Reply.Bulk(row.FullName);
        }
    }

    private static void GeneratePassword(CommandContext c)
    {
        long bits = DefaultPasswordBits;
        if (c.Count > 3)
        {
            c.Reply.Error(Checks.WrongArity(c.Row));
            return;
        }

        if (c.Count == 3 && !c.TryInteger(2, out bits))
        {
            return;
        }

        if (bits is < 1 or > PasswordBitsMax)
        {
            c.Reply.Error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096"u8);
            return;
        }

        // A secret follows from no seed.
        c.Reply.Bulk(RandomNumberGenerator.GetHexString((int)((bits + 3) / 4), lowercase: true));
    }

    private static void Help(CommandContext c) => c.ReplyHelp(
        "CAT [<category>]",
        "    List all commands that belong to <category>, or all command categories",
        "    when no category is specified.",
        "GETUSER <username>",
        "    Get the user's details.",
        "GENPASS [<bits>]",
        "    Generate a secure 256-bit user password. The optional `bits` argument can",
        "    be used to specify a different size.",
        "LIST",
        "    Show users details in config file format.",
        "USERS",
        "    List all the registered usernames.",
        "WHOAMI",
        "    Return the current connection username.");
}
