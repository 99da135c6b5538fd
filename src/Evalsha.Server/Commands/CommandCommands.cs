// COMMAND: the table about itself, printed from the rows.
// Always: nothing is listed that does not run; categories follow from flags and groups by Redis's own rules.
using System.Text;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class CommandCommands
{
    private static readonly (CommandFlags Flag, string Name)[] FlagNames =
    [
        (Write, "write"), (ReadOnly, "readonly"), (DenyOom, "denyoom"), (Admin, "admin"), (PubSub, "pubsub"), (NoScript, "noscript"),
        (Blocking, "blocking"), (Loading, "loading"), (Stale, "stale"), (SkipMonitor, "skip_monitor"), (SkipSlowlog, "skip_slowlog"),
        (Asking, "asking"), (Fast, "fast"), (NoAuth, "no_auth"), (MayReplicate, "may_replicate"), (NoMulti, "no_multi"),
        (MovableKeys, "movablekeys"), (AllowBusy, "allow_busy"), (NoAsyncLoading, "no_async_loading"), (NoMandatoryKeys, "no_mandatory_keys"),
    ];

    private static readonly string[] CategoryOrder =
    [
        "@keyspace", "@read", "@write", "@set", "@sortedset", "@list", "@hash", "@string", "@bitmap", "@hyperloglog", "@geo", "@stream", "@pubsub",
        "@admin", "@fast", "@slow", "@blocking", "@dangerous", "@connection", "@transaction", "@scripting",
    ];

    public static readonly CommandRow[] Rows =
    [
        new("command", -1, Loading | Stale, KeySpec.None, All)
        {
            Group = "server", Since = "2.8.13", Summary = "Returns detailed information about all commands.", AclCategories = ["@connection"],
            Subcommands =
            [
                Sub("count", 2, static c => c.Reply.Integer(c.Server.Commands.Rows.Count), "2.8.13", "Returns a count of commands."),
                Sub("info", -2, Info, "2.8.13", "Returns information about one, multiple or all commands."),
                Sub("docs", -2, Docs, "7.0.0", "Returns documentary information about one, multiple or all commands."),
                Sub("list", -2, List, "7.0.0", "Returns a list of command names."),
                Sub("getkeys", -3, GetKeys, "2.8.13", "Extracts the key names from an arbitrary command."),
            ],
        },
    ];

    private static CommandRow Sub(string name, int arity, CommandBody body, string since, string summary) =>
        new(name, arity, Loading | Stale, KeySpec.None, body) { Group = "server", Since = since, Summary = summary, AclCategories = ["@connection"] };

    private static void All(CommandContext c)
    {
        var rows = c.Server.Commands.Rows;
        c.Reply.Array(rows.Count);
        foreach (var row in rows)
        {
            Describe(c.Reply, row);
        }
    }

    private static void Info(CommandContext c)
    {
        if (c.Count == 2)
        {
            All(c);
            return;
        }

        c.Reply.Array(c.Count - 2);
        for (var i = 2; i < c.Count; i++)
        {
            if (Named(c, i) is { } row)
            {
                Describe(c.Reply, row);
            }
            else
            {
                c.Reply.Null();
            }
        }
    }

    /// <summary>The row of a name, or of <c>container|subcommand</c>.</summary>
    private static CommandRow? Named(CommandContext c, int i)
    {
        var name = c[i];
        var bar = name.IndexOf((byte)'|');
        if (bar < 0)
        {
            return c.Server.Commands.Find(name);
        }

        return c.Server.Commands.Find(name[..bar]) is { } container ? CommandTable.FindSubcommand(container, name[(bar + 1)..]) : null;
    }

    private static void Describe(IReply reply, CommandRow row)
    {
        reply.Array(10);
        reply.Bulk(row.FullName);
        reply.Integer(row.Arity);
        var flags = FlagNames.Where(flag => row.Is(flag.Flag)).ToArray();
        reply.Set(flags.Length);
        foreach (var (_, name) in flags)
        {
            reply.Status(name);
        }

        reply.Integer(row.Keys.First);
        reply.Integer(row.Keys.Last);
        reply.Integer(row.Keys.Step);
        var categories = Categories(row);
        reply.Set(categories.Count);
        foreach (var category in categories)
        {
            reply.Status(category);
        }

        reply.Array(0);
        reply.Array(0);
        reply.Array(row.Subcommands.Length);
        foreach (var sub in row.Subcommands)
        {
            Describe(reply, sub);
        }
    }

    private static List<string> Categories(CommandRow row)
    {
        var found = new HashSet<string>(row.AclCategories);
        if (row.Is(Write))
        {
            found.Add("@write");
        }

        if (row.Is(ReadOnly) && row.Group != "scripting")
        {
            found.Add("@read");
        }

        if (row.Is(Admin))
        {
            found.Add("@admin");
            found.Add("@dangerous");
        }

        if (row.Is(PubSub))
        {
            found.Add("@pubsub");
        }

        if (row.Is(Blocking))
        {
            found.Add("@blocking");
        }

        found.Add(row.Is(Fast) ? "@fast" : "@slow");
        var group = row.Group switch
        {
            _ when row.Subcommands.Length > 0 => null, // a container does nothing itself
            "generic" when row.AclCategories.Contains("@set") => null, // SORT belongs to the types it sorts
            "generic" => "@keyspace",
            "sorted-set" => "@sortedset",
            "transactions" => "@transaction",
            "server" or "cluster" or "pubsub" => null,
            var name => $"@{name}",
        };
        if (group is not null)
        {
            found.Add(group);
        }

        return [.. CategoryOrder.Where(found.Contains)];
    }

    private static void Docs(CommandContext c)
    {
        var rows = new List<CommandRow>();
        if (c.Count == 2)
        {
            rows.AddRange(c.Server.Commands.Rows);
        }

        for (var i = 2; i < c.Count; i++)
        {
            if (Named(c, i) is { } row)
            {
                rows.Add(row);
            }
        }

        c.Reply.Map(rows.Count);
        foreach (var row in rows)
        {
            Document(c.Reply, row);
        }
    }

    private static void Document(IReply reply, CommandRow row)
    {
        reply.Bulk(row.FullName);
        reply.Map(row.Subcommands.Length == 0 ? 3 : 4);
        reply.Bulk("summary"u8);
        reply.Bulk(row.Summary);
        reply.Bulk("since"u8);
        reply.Bulk(row.Since);
        reply.Bulk("group"u8);
        reply.Bulk(row.Group);
        if (row.Subcommands.Length > 0)
        {
            reply.Bulk("subcommands"u8);
            reply.Map(row.Subcommands.Length);
            foreach (var sub in row.Subcommands)
            {
                Document(reply, sub);
            }
        }
    }

    private static void List(CommandContext c)
    {
        IEnumerable<CommandRow> rows = c.Server.Commands.Rows;
        if (c.Count == 5 && c.Is(2, "FILTERBY"u8) && c.Is(3, "PATTERN"u8))
        {
            var pattern = c.Text(4);
            rows = rows.Where(row => Glob.Matches(pattern.Span, Encoding.ASCII.GetBytes(row.Name), ignoreCase: true));
        }
        else if (c.Count == 5 && c.Is(2, "FILTERBY"u8) && c.Is(3, "ACLCAT"u8))
        {
            var category = $"@{c.Text(4)}";
            rows = rows.Where(row => Categories(row).Contains(category, StringComparer.OrdinalIgnoreCase));
        }
        else if (c.Count == 5 && c.Is(2, "FILTERBY"u8) && c.Is(3, "MODULE"u8))
        {
            rows = [];
        }
        else if (c.Count != 2)
        {
            c.Reply.Error(Errors.Syntax);
            return;
        }

        CommandRow[] listed = [.. rows];
        c.Reply.Array(listed.Length);
        foreach (var row in listed)
        {
            c.Reply.Bulk(row.FullName);
        }
    }

    private static void GetKeys(CommandContext c)
    {
        var inner = new CommandContext(c.Server, c.Client, c.Reply);
        var arguments = c.Own()[2..];
        inner.Load(arguments, arguments.Length);
        var row = c.Server.Dispatcher.Resolve(inner, out _);
        if (row is null)
        {
            c.Reply.Error("ERR Invalid command specified"u8);
            return;
        }

        if (row.Keys.First == 0 && row.Keys.Finder is null)
        {
            c.Reply.Error("ERR The command has no key arguments"u8);
            return;
        }

        if (!row.Accepts(arguments.Length))
        {
            c.Reply.Error("ERR Invalid number of arguments specified for command"u8);
            return;
        }

        var keys = new List<int>();
        if (!row.Keys.TryFind(inner, keys) || keys.Count == 0)
        {
            if (!row.Is(NoMandatoryKeys))
            {
                c.Reply.Error("ERR Invalid arguments specified for command"u8);
                return;
            }

            keys.Clear();
        }

        c.Reply.Array(keys.Count);
        foreach (var key in keys)
        {
            c.Reply.Bulk(arguments[key]);
        }
    }
}
