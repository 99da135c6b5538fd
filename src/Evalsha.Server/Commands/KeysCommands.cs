// Commands on keys of any type. Deadlines are next door in ExpiryCommands.cs, SORT in SortCommand.cs.
// Always: a key past its deadline is no key; COPY makes a value that shares nothing that can change; SCAN sees what was there all the time.
using System.Text;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class KeysCommands
{
    /// <summary>SCAN looks at no more than this many buckets per key asked for, so that a nearly empty table answers soon.</summary>
    private const int ScanStepsPerKey = 10;

    public static readonly CommandRow[] Rows =
    [
        new("del", -2, Write, KeySpec.All, Del) { Since = "1.0.0", Group = "generic", Summary = "Deletes keys; how many there were.", AclCategories = ["@keyspace"], Complexity = "O(N), N: keys that will be removed", KeyUses = ["RM DELETE"], Tips = ["request_policy:multi_shard", "response_policy:agg_sum"], Syntax = "key..." },
        new("unlink", -2, Write | Fast, KeySpec.All, Del) { Since = "4.0.0", Group = "generic", Summary = "Deletes keys; how many there were.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RM DELETE"], Tips = ["request_policy:multi_shard", "response_policy:agg_sum"], Syntax = "key..." },
        new("exists", -2, ReadOnly | Fast, KeySpec.All, Exists) { Since = "1.0.0", Group = "generic", Summary = "How many of the keys exist.", AclCategories = ["@keyspace"], Complexity = "O(N), N: keys to check", KeyUses = ["RO"], Tips = ["request_policy:multi_shard", "response_policy:agg_sum"], Syntax = "key...", History = ["3.0.3: several keys"] },
        new("type", 2, ReadOnly | Fast, KeySpec.One, Type) { Since = "1.0.0", Group = "generic", Summary = "The type of a key's value.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key" },
        new("touch", -2, ReadOnly | Fast, KeySpec.All, Touch) { Since = "3.2.1", Group = "generic", Summary = "Counts keys as used now.", AclCategories = ["@keyspace"], Complexity = "O(N), N: keys that will be touched", KeyUses = ["RO"], Tips = ["request_policy:multi_shard", "response_policy:agg_sum"], Syntax = "key..." },
        new("rename", 3, Write, KeySpec.Two, Rename) { Since = "1.0.0", Group = "generic", Summary = "Gives a key another name.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE", "OW UPDATE"], Syntax = "key newkey:key" },
        new("renamenx", 3, Write | Fast, KeySpec.Two, RenameNx) { Since = "1.0.0", Group = "generic", Summary = "Gives a key another name if that is free.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE", "OW INSERT"], Syntax = "key newkey:key", History = ["3.2.0: the key's own name is no error any more"] },
        new("move", 3, Write | Fast, KeySpec.One, Move) { Since = "1.0.0", Group = "generic", Summary = "Moves a key to another database.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW ACCESS UPDATE"], Syntax = "key db:integer" },
        new("copy", -3, Write | DenyOom, KeySpec.Two, Copy) { Since = "6.2.0", Group = "generic", Summary = "Copies a value to another key, here or in another database; 1 when it did.", AclCategories = ["@keyspace"], Complexity = "O(N), N: nested items", KeyUses = ["RO ACCESS", "OW UPDATE"], Syntax = "source:key destination:key [DB <destination-db:integer>] [REPLACE]" },
        new("keys", 2, ReadOnly, KeySpec.None, Keys) { Since = "1.0.0", Group = "generic", Summary = "All keys that match a pattern.", AclCategories = ["@keyspace", "@dangerous"], Complexity = "O(N), N: keys in the database", Tips = ["request_policy:all_shards", "nondeterministic_output_order"], Syntax = "pattern:pattern" },
        new("scan", -2, ReadOnly, KeySpec.None, Scan) { Since = "2.8.0", Group = "generic", Summary = "Walks over the keys in steps.", AclCategories = ["@keyspace"], Complexity = "O(1)", Tips = ["nondeterministic_output", "request_policy:special"], Syntax = "cursor:integer [MATCH <pattern:pattern>] [COUNT <count:integer>] [TYPE <type>@6.0.0]", History = ["6.0.0: TYPE"] },
        new("randomkey", 1, ReadOnly, KeySpec.None, RandomKey) { Since = "1.0.0", Group = "generic", Summary = "A key chosen at random.", AclCategories = ["@keyspace"], Complexity = "O(1)", Tips = ["request_policy:all_shards", "nondeterministic_output"] },
        new("object", -2, None, KeySpec.None, static c => c.WrongArity())
        {
            Complexity = "That of the subcommand",
            Since = "2.2.3", Summary = "Facts about a key's value.", Subcommands =
            [
                new("encoding", 3, ReadOnly, KeySpec.At(2), ObjectEncoding) { Since = "2.2.3", Summary = "How the value is kept.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO"], Tips = ["nondeterministic_output"], Syntax = "key" },
                new("refcount", 3, ReadOnly, KeySpec.At(2), ObjectRefCount) { Since = "2.2.3", Summary = "How many references the value has.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO"], Tips = ["nondeterministic_output"], Syntax = "key" },
                new("idletime", 3, ReadOnly, KeySpec.At(2), ObjectIdleTime) { Since = "2.2.3", Summary = "Seconds since the key was last used.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO"], Tips = ["nondeterministic_output"], Syntax = "key" },
                new("freq", 3, ReadOnly, KeySpec.At(2), ObjectFreq) { Since = "4.0.0", Summary = "How often the key is used.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO"], Tips = ["nondeterministic_output"], Syntax = "key" },
                new("help", 2, Loading | Stale, KeySpec.None, ObjectHelp) { Since = "6.2.0", Summary = "What OBJECT knows.", AclCategories = ["@keyspace"], Complexity = "O(1)" },
            ],
        },
    ];

    private static void Del(CommandContext c)
    {
        var removed = 0;
        for (var i = 1; i < c.Count; i++)
        {
            if (c.Find(i) is { } entry)
            {
                c.Db.Remove(entry);
                c.Changed(i);
                c.Notify(Happened.Del, i);
                removed++;
            }
        }

        c.Reply.Integer(removed);
    }

    private static void Exists(CommandContext c)
    {
        var count = 0;
        for (var i = 1; i < c.Count; i++)
        {
            count += c.Glance(i) is null ? 0 : 1;
        }

        c.Reply.Integer(count);
    }

    private static void Touch(CommandContext c)
    {
        var count = 0;
        for (var i = 1; i < c.Count; i++)
        {
            count += c.Look(i) is null ? 0 : 1;
        }

        c.Reply.Integer(count);
    }

    private static void Type(CommandContext c) => c.Reply.Status(c.Glance(1) is { } entry ? ValueKind.Name(entry.Value) : "none"u8);

    private static void Rename(CommandContext c) => Rename(c, onlyIfFree: false);

    private static void RenameNx(CommandContext c) => Rename(c, onlyIfFree: true);

    private static void Rename(CommandContext c, bool onlyIfFree)
    {
        if (c.Find(1) is not { } entry)
        {
            c.Reply.Error(Errors.NoSuchKey);
            return;
        }

        var isSame = c[1].SequenceEqual(c[2]);
        if (!isSame)
        {
            var old = c.Find(2);
            if (old is not null && onlyIfFree)
            {
                c.Reply.Integer(0);
                return;
            }

            if (old is not null)
            {
                c.Db.Remove(old);
            }

            Move(c.Db, entry, c.Db, c.Text(2));
            c.Changed(1);
            c.Changed(2);
            c.Notify(Happened.RenameFrom, 1);
            c.Notify(Happened.RenameTo, 2);
        }

        if (onlyIfFree)
        {
            c.Reply.Integer(isSame ? 0 : 1);
        }
        else
        {
            c.Reply.Ok();
        }
    }

    private static void Move(CommandContext c)
    {
        if (!TryDatabase(c, 2, out var target))
        {
            return;
        }

        if (target == c.Db)
        {
            c.Reply.Error(Errors.SameObject);
            return;
        }

        if (c.Find(1) is not { } entry || target.Find(c[1]) is not null)
        {
            c.Reply.Integer(0);
            return;
        }

        Move(c.Db, entry, target, entry.Key);
        c.Changed(1);
        c.Changed(target, entry.Key);
        c.Notify(Happened.MoveFrom, 1);
        c.Notify(Happened.MoveTo, target, entry.Key);
        c.Reply.Integer(1);
    }

    private static void Copy(CommandContext c)
    {
        var target = c.Db;
        var replaces = false;
        for (var i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "REPLACE"u8))
            {
                replaces = true;
            }
            else if (c.Is(i, "DB"u8) && i + 1 < c.Count)
            {
                if (!TryDatabase(c, ++i, out target))
                {
                    return;
                }
            }
            else
            {
                c.SyntaxError();
                return;
            }
        }

        if (target == c.Db && c[1].SequenceEqual(c[2]))
        {
            c.Reply.Error(Errors.SameObject);
            return;
        }

        var source = c.Look(1);
        var old = source is null ? null : target.Find(c[2]);
        if (source is null || (old is not null && !replaces))
        {
            c.Reply.Integer(0);
            return;
        }

        if (old is not null)
        {
            target.Remove(old);
        }

        var copy = target.Add(c.Text(2), ValueKind.Clone(source.Value));
        if (source.HasExpiry)
        {
            target.SetExpiry(copy, source.ExpireAt);
        }

        c.Changed(target, copy.Key);
        c.Notify(Happened.CopyTo, target, copy.Key);
        c.Reply.Integer(1);
    }

    private static void Keys(CommandContext c)
    {
        var pattern = c[1];
        var isAll = pattern is [(byte)'*'];
        var found = new List<Entry>();
        foreach (var entry in c.Db.Entries)
        {
            if (!c.Db.IsExpired(entry) && (isAll || Glob.Matches(pattern, entry.KeyBytes)))
            {
                found.Add(entry);
            }
        }

        c.Reply.Array(found.Count);
        foreach (var entry in found)
        {
            c.Reply.Bulk(entry.KeyBytes);
        }
    }

    private static void Scan(CommandContext c)
    {
        if (!c.TryCursor(1, out var cursor) || !c.TryScanOptions(2, allowsType: true, out var options))
        {
            return;
        }

        var found = new List<Entry>();
        var steps = options.Count > long.MaxValue / ScanStepsPerKey ? long.MaxValue : options.Count * ScanStepsPerKey;
        do
        {
            cursor = c.Db.Entries.Scan(cursor, found);
        }
        while (cursor != 0 && --steps > 0 && found.Count < options.Count);

        found.RemoveAll(entry =>
            !options.Matches(c, entry.KeyBytes)
            || (options.TypeAt != 0 && !Ascii.EqualsIgnoreCase(c[options.TypeAt], ValueKind.Name(entry.Value)))
            || c.Db.Peek(entry.KeyBytes) is null);
        c.Reply.BeginScanReply(cursor, found.Count);
        foreach (var entry in found)
        {
            c.Reply.Bulk(entry.KeyBytes);
        }
    }

    private static void RandomKey(CommandContext c)
    {
        if (c.Db.Random(c.Server.Random) is { } entry)
        {
            c.Reply.Bulk(entry.KeyBytes);
        }
        else
        {
            c.Reply.Null();
        }
    }

    private static void ObjectEncoding(CommandContext c)
    {
        if (TryPeek(c, out var entry))
        {
            c.Reply.Bulk(ValueKind.Encoding(entry.Value));
        }
    }

    private static void ObjectRefCount(CommandContext c)
    {
        if (TryPeek(c, out var entry))
        {
            c.Reply.Integer(StringValue.ReferenceCount(entry.Value));
        }
    }

    private static void ObjectIdleTime(CommandContext c)
    {
        if (TryPeek(c, out var entry))
        {
            c.Reply.Integer(Math.Max(0, (c.Now / 1000) - entry.AccessedAt));
        }
    }

    private static void ObjectFreq(CommandContext c)
    {
        if (TryPeek(c, out _))
        {
            c.Reply.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8);
        }
    }

    private static void ObjectHelp(CommandContext c) => c.ReplyHelp(
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.");

    /// <summary>The entry of argument 2 without counting as a use; false: null has been replied.</summary>
    private static bool TryPeek(CommandContext c, out Entry entry)
    {
        entry = c.Db.Peek(c[2])!;
        if (entry is null)
        {
            c.Reply.Null();
            return false;
        }

        return true;
    }

    private static bool TryDatabase(CommandContext c, int i, out Database database)
    {
        database = c.Db;
        if (!c.TryInteger(i, out var index))
        {
            return false;
        }

        if (index is < int.MinValue or > int.MaxValue)
        {
            c.Reply.Error($"ERR value is out of range, value must between {int.MinValue} and {int.MaxValue}");
            return false;
        }

        if (index < 0 || index >= c.Server.Databases.Length)
        {
            c.Reply.Error(Errors.DatabaseIndex);
            return false;
        }

        database = c.Server.Databases[index];
        return true;
    }

    private static void Move(Database source, Entry entry, Database target, Lua.Runtime.ByteString name)
    {
        source.Remove(entry);
        var moved = target.Add(name, entry.Value);
        if (entry.HasExpiry)
        {
            target.SetExpiry(moved, entry.ExpireAt);
        }
    }
}
