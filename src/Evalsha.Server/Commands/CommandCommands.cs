// COMMAND: the table about itself, printed from the rows.
// Always: nothing is listed that does not run; categories follow from flags and groups by Redis's own rules.
using System.Text;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class CommandCommands
{
    // As Redis, silent about MayReplicate.
    private static readonly (CommandFlags Flag, string Name)[] FlagNames =
    [
        (Write, "write"), (ReadOnly, "readonly"), (DenyOom, "denyoom"), (Admin, "admin"), (PubSub, "pubsub"), (NoScript, "noscript"),
        (Blocking, "blocking"), (Loading, "loading"), (Stale, "stale"), (SkipMonitor, "skip_monitor"), (SkipSlowlog, "skip_slowlog"),
        (Asking, "asking"), (Fast, "fast"), (NoAuth, "no_auth"), (NoMulti, "no_multi"),
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
            Complexity = "O(N), N: Redis commands", Tips = ["nondeterministic_output_order"],
            Group = "server", Since = "2.8.13", Summary = "Facts on every command: arity, flags, keys, categories.", AclCategories = ["@connection"],
            Subcommands =
            [
                Sub("count", 2, static c => c.Reply.Integer(c.Server.Commands.Rows.Count), "2.8.13", "How many commands there are.") with { Complexity = "O(1)" },
                Sub("info", -2, Info, "2.8.13", "The same facts on the commands named, or on all.") with { Complexity = "O(N), N: commands to look up", Tips = ["nondeterministic_output_order"], Syntax = "[command-name...]", History = ["7.0.0: without names, all commands"] },
                Sub("docs", -2, Docs, "7.0.0", "What commands do and take, in words and as trees of arguments.") with { Complexity = "O(N), N: commands to look up", Tips = ["nondeterministic_output_order"], Syntax = "[command-name...]" },
                Sub("list", -2, List, "7.0.0", "The names of all commands, or of those that pass a filter.") with { Complexity = "O(N), N: Redis commands", Tips = ["nondeterministic_output_order"], Syntax = "[FILTERBY <filterby(MODULE <module-name>|ACLCAT <category>|PATTERN <pattern:pattern>)>]" },
                Sub("getkeys", -3, GetKeys, "2.8.13", "Which arguments of a whole command are keys.") with { Complexity = "O(N), N: arguments to the command" },
                Sub("getkeysandflags", -3, GetKeysAndFlags, "7.0.0", "The keys of a whole command, each with what is done to it.") with { Complexity = "O(N), N: arguments to the command" },
                Sub("help", 2, Help, "5.0.0", "What COMMAND knows.") with { Complexity = "O(1)" },
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
    internal static CommandRow? Named(CommandContext c, int i)
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
        var flags = FlagsOf(row);
        reply.Set(flags.Length);
        foreach (var name in flags)
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

        reply.Set(row.Tips.Length);
        foreach (var tip in row.Tips)
        {
            reply.Bulk(tip);
        }

        DescribeKeys(reply, row);
        reply.Set(row.Subcommands.Length);
        foreach (var sub in row.Subcommands)
        {
            Describe(reply, sub);
        }
    }

    private static void DescribeKeys(IReply reply, CommandRow row)
    {
        var ranges = row.Keys.RangesFor(row.KeyUses.Length);
        reply.Set(ranges.Length);
        for (var i = 0; i < ranges.Length; i++)
        {
            reply.Map(3);
            reply.Bulk("flags"u8);
            WriteUse(reply, i < row.KeyUses.Length ? row.KeyUses[i] : "");
            WriteRange(reply, ranges[i]);
        }
    }

    /// <summary>RO RW OW RM keep their capitals, as Redis prints them.</summary>
    private static void WriteUse(IReply reply, string use)
    {
        var words = use.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        reply.Set(words.Length);
        foreach (var word in words)
        {
            reply.Status(word.Length == 2 ? word : word.ToLowerInvariant());
        }
    }

    private static void WriteRange(IReply reply, in KeyRange range)
    {
        reply.Bulk("begin_search"u8);
        if (range.Keyword is { } keyword)
        {
            WriteStep(reply, "keyword", ("keyword", keyword), ("startfrom", range.KeywordFrom));
        }
        else if (range.IsUnknown)
        {
            WriteStep(reply, "unknown");
        }
        else
        {
            WriteStep(reply, "index", ("index", range.Begin));
        }

        reply.Bulk("find_keys"u8);
        if (range.IsCounted)
        {
            WriteStep(reply, "keynum", ("keynumidx", 0), ("firstkey", 1), ("keystep", range.Step));
        }
        else if (range.IsUnknown)
        {
            WriteStep(reply, "unknown");
        }
        else
        {
            WriteStep(reply, "range", ("lastkey", range.Last), ("keystep", range.Step), ("limit", range.Limit));
        }
    }

    private static void WriteStep(IReply reply, string type, params ReadOnlySpan<(string Name, object Value)> fields)
    {
        reply.Map(2);
        reply.Bulk("type"u8);
        reply.Bulk(type);
        reply.Bulk("spec"u8);
        reply.Map(fields.Length);
        foreach (var (name, value) in fields)
        {
            reply.Bulk(name);
            if (value is int number)
            {
                reply.Integer(number);
            }
            else
            {
                reply.Bulk((string)value);
            }
        }
    }

    internal static string[] FlagsOf(CommandRow row) => [.. FlagNames.Where(flag => row.Is(flag.Flag)).Select(static flag => flag.Name)];

    internal static List<string> Categories(CommandRow row)
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
            "generic" when row.AclCategories.Contains("@connection") => null, // WAIT is the client's affair
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
        var arguments = CommandArgument.Parse(row.Syntax);
        reply.Bulk(row.FullName);
        reply.Map(3 + One(row.Complexity.Length) + (row.DeprecatedSince is null ? 0 : 3) + One(row.History.Length) + One(arguments.Count) + One(row.Subcommands.Length));
        Field(reply, "summary", row.Summary);
        Field(reply, "since", row.Since);
        Field(reply, "group", row.Group);
        if (row.Complexity.Length > 0)
        {
            Field(reply, "complexity", row.Complexity);
        }

        if (row.DeprecatedSince is { } since)
        {
            reply.Bulk("doc_flags"u8);
            reply.Set(1);
            reply.Status("deprecated"u8);
            Field(reply, "deprecated_since", since);
            Field(reply, "replaced_by", row.ReplacedBy);
        }

        if (row.History.Length > 0)
        {
            reply.Bulk("history"u8);
            reply.Set(row.History.Length);
            foreach (var entry in row.History)
            {
                var colon = entry.IndexOf(": ", StringComparison.Ordinal);
                reply.Array(2);
                reply.Bulk(entry[..colon]);
                reply.Bulk(entry[(colon + 2)..]);
            }
        }

        if (arguments.Count > 0)
        {
            reply.Bulk("arguments"u8);
            Document(reply, arguments);
        }

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

    private static void Document(IReply reply, IReadOnlyList<CommandArgument> arguments)
    {
        reply.Array(arguments.Count);
        foreach (var argument in arguments)
        {
            var flags = new List<string>();
            if (argument.IsOptional)
            {
                flags.Add("optional");
            }

            if (argument.IsMultiple)
            {
                flags.Add("multiple");
            }

            if (argument.RepeatsToken)
            {
                flags.Add("multiple_token");
            }

            reply.Map(2 + One(argument.KeyRange + 1) + (argument.Token is null ? 0 : 1) + (argument.Since is null ? 0 : 1)
                + (argument.DeprecatedSince is null ? 0 : 1) + One(flags.Count) + One(argument.Parts.Count));
            Field(reply, "name", argument.Name);
            Field(reply, "type", argument.Type);
            if (argument.KeyRange >= 0)
            {
                reply.Bulk("key_spec_index"u8);
                reply.Integer(argument.KeyRange);
            }

            if (argument.Token is { } token)
            {
                Field(reply, "token", token);
            }

            if (argument.Since is { } since)
            {
                Field(reply, "since", since);
            }

            if (argument.DeprecatedSince is { } deprecated)
            {
                Field(reply, "deprecated_since", deprecated);
            }

            if (flags.Count > 0)
            {
                reply.Bulk("flags"u8);
                reply.Set(flags.Count);
                flags.ForEach(reply.Status);
            }

            if (argument.Parts.Count > 0)
            {
                reply.Bulk("arguments"u8);
                Document(reply, argument.Parts);
            }
        }
    }

    private static int One(int count) => count > 0 ? 1 : 0;

    private static void Field(IReply reply, string name, string value)
    {
        reply.Bulk(name);
        reply.Bulk(value);
    }

    private static void List(CommandContext c)
    {
        var rows = c.Server.Commands.Rows.SelectMany(static row => (IEnumerable<CommandRow>)[row, .. row.Subcommands]);
        if (c.Count != 2)
        {
            if (c.Count != 5 || !c.Is(2, "FILTERBY"u8))
            {
                c.Reply.Error(Errors.Syntax);
                return;
            }

            var wanted = c.Text(4);
            if (c.Is(3, "PATTERN"u8))
            {
                rows = rows.Where(row => Glob.Matches(wanted.Span, Encoding.ASCII.GetBytes(row.FullName), ignoreCase: true));
            }
            else if (c.Is(3, "ACLCAT"u8))
            {
                rows = rows.Where(row => Categories(row).Contains($"@{wanted}", StringComparer.OrdinalIgnoreCase));
            }
            else if (c.Is(3, "MODULE"u8))
            {
                rows = [];
            }
            else
            {
                c.Reply.Error(Errors.Syntax);
                return;
            }
        }

        CommandRow[] listed = [.. rows];
        c.Reply.Set(listed.Length);
        foreach (var row in listed)
        {
            c.Reply.Bulk(row.FullName);
        }
    }

    private static void GetKeys(CommandContext c) => GetKeys(c, withUses: false);

    private static void GetKeysAndFlags(CommandContext c) => GetKeys(c, withUses: true);

    private static void GetKeys(CommandContext c, bool withUses)
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
        for (var i = 0; i < keys.Count; i++)
        {
            if (withUses)
            {
                c.Reply.Array(2);
            }

            c.Reply.Bulk(arguments[keys[i]]);
            if (withUses)
            {
                var uses = row.KeyUses;
                WriteUse(c.Reply, row.KeyUseOfCall?.Invoke(inner) ?? (uses.Length == 0 ? "" : uses[Math.Min(i, uses.Length - 1)]));
            }
        }
    }

    private static void Help(CommandContext c) => c.ReplyHelp(
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.");
}
