// Deadlines of keys: setting, dropping, asking.
// Always: a deadline is kept in unix milliseconds; whatever form it came in, it is written as PEXPIREAT, and one in the past as DEL.
using System.Text;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class ExpiryCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("expire", -3, Write | Fast, KeySpec.One, Expire) { Since = "1.0.0", Group = "generic", Summary = "Lets a key end after some seconds; 1 when it will.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key seconds:integer [condition(NX|XX|GT|LT)@7.0.0]", History = ["7.0.0: NX, XX, GT, LT"] },
        new("pexpire", -3, Write | Fast, KeySpec.One, PExpire) { Since = "2.6.0", Group = "generic", Summary = "Lets a key end after some milliseconds; 1 when it will.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key milliseconds:integer [condition(NX|XX|GT|LT)@7.0.0]", History = ["7.0.0: NX, XX, GT, LT"] },
        new("expireat", -3, Write | Fast, KeySpec.One, ExpireAt) { Since = "1.2.0", Group = "generic", Summary = "Lets a key end at a moment, in unix seconds; 1 when it will.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key unix-time-seconds:unix-time [condition(NX|XX|GT|LT)@7.0.0]", History = ["7.0.0: NX, XX, GT, LT"] },
        new("pexpireat", -3, Write | Fast, KeySpec.One, PExpireAt) { Since = "2.6.0", Group = "generic", Summary = "Lets a key end at a moment, in unix milliseconds; 1 when it will.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key unix-time-milliseconds:unix-time [condition(NX|XX|GT|LT)@7.0.0]", History = ["7.0.0: NX, XX, GT, LT"] },
        new("persist", 2, Write | Fast, KeySpec.One, Persist) { Since = "2.2.0", Group = "generic", Summary = "Drops a key's deadline.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RW UPDATE"], Syntax = "key" },
        new("ttl", 2, ReadOnly | Fast, KeySpec.One, Ttl) { Since = "1.0.0", Group = "generic", Summary = "How many seconds a key has left.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key", History = ["2.8.0: -2 for a key that is missing"] },
        new("pttl", 2, ReadOnly | Fast, KeySpec.One, PTtl) { Since = "2.6.0", Group = "generic", Summary = "How many milliseconds a key has left.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Tips = ["nondeterministic_output"], Syntax = "key", History = ["2.8.0: -2 for a key that is missing"] },
        new("expiretime", 2, ReadOnly | Fast, KeySpec.One, ExpireTime) { Since = "7.0.0", Group = "generic", Summary = "A key's deadline as unix time in seconds.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key" },
        new("pexpiretime", 2, ReadOnly | Fast, KeySpec.One, PExpireTime) { Since = "7.0.0", Group = "generic", Summary = "A key's deadline as unix time in milliseconds.", AclCategories = ["@keyspace"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = "key" },
    ];

    private static void Expire(CommandContext c) => SetDeadline(c, inSeconds: true, c.Now);

    private static void PExpire(CommandContext c) => SetDeadline(c, inSeconds: false, c.Now);

    private static void ExpireAt(CommandContext c) => SetDeadline(c, inSeconds: true, 0);

    private static void PExpireAt(CommandContext c) => SetDeadline(c, inSeconds: false, 0);

    private static void SetDeadline(CommandContext c, bool inSeconds, long from)
    {
        if (!TryConditions(c, out var conditions) || !c.TryInteger(2, out var deadline))
        {
            return;
        }

        if (inSeconds && deadline is > long.MaxValue / 1000 or < long.MinValue / 1000)
        {
            SetOptions.InvalidExpire(c);
            return;
        }

        deadline *= inSeconds ? 1000 : 1;
        if (deadline > long.MaxValue - from)
        {
            SetOptions.InvalidExpire(c);
            return;
        }

        deadline = Math.Min(deadline + from, long.MaxValue - 1); // the very last number means "never"
        if (c.Find(1) is not { } entry || !conditions.Allow(entry.HasExpiry, entry.ExpireAt, deadline))
        {
            c.Reply.Integer(0);
            return;
        }

        if (deadline <= c.Now)
        {
            c.Db.Remove(entry);
            c.Changed(entry.Key);
            c.Notify(Happened.Del, entry.Key);
            c.Effect(Words.Del, entry.Key);
        }
        else
        {
            c.Db.SetExpiry(entry, deadline);
            c.Changed(entry.Key);
            c.Notify(Happened.Expire, entry.Key);
            if (c.WantsEffects)
            {
                c.Effect(Words.PExpireAt, entry.Key, Numbers.Text(deadline));
            }
        }

        c.Reply.Integer(1);
    }

    private static bool TryConditions(CommandContext c, out Conditions conditions)
    {
        conditions = default;
        for (var i = 3; i < c.Count; i++)
        {
            if (c.Is(i, "NX"u8))
            {
                conditions.IfNone = true;
            }
            else if (c.Is(i, "XX"u8))
            {
                conditions.IfAny = true;
            }
            else if (c.Is(i, "GT"u8))
            {
                conditions.IfLater = true;
            }
            else if (c.Is(i, "LT"u8))
            {
                conditions.IfSooner = true;
            }
            else
            {
                c.Reply.Error($"ERR Unsupported option {Encoding.UTF8.GetString(c[i])}");
                return false;
            }
        }

        if (conditions.IfNone && (conditions.IfAny || conditions.IfLater || conditions.IfSooner))
        {
            c.Reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible"u8);
            return false;
        }

        if (conditions.IfLater && conditions.IfSooner)
        {
            c.Reply.Error("ERR GT and LT options at the same time are not compatible"u8);
            return false;
        }

        return true;
    }

    private static void Persist(CommandContext c)
    {
        if (c.Find(1) is not { } entry || !c.Db.ClearExpiry(entry))
        {
            c.Reply.Integer(0);
            return;
        }

        c.Changed(1);
        c.Notify(Happened.Persist, 1);
        c.Reply.Integer(1);
    }

    private static void Ttl(CommandContext c) => Answer(c, inSeconds: true, c.Now);

    private static void PTtl(CommandContext c) => Answer(c, inSeconds: false, c.Now);

    private static void ExpireTime(CommandContext c) => Answer(c, inSeconds: true, 0);

    private static void PExpireTime(CommandContext c) => Answer(c, inSeconds: false, 0);

    private static void Answer(CommandContext c, bool inSeconds, long from)
    {
        var entry = c.Glance(1);
        if (entry is null || !entry.HasExpiry)
        {
            c.Reply.Integer(entry is null ? -2 : -1);
            return;
        }

        var left = Math.Max(0, entry.ExpireAt - from);
        c.Reply.Integer(inSeconds ? (left / 1000) + (left % 1000 >= 500 ? 1 : 0) : left);
    }

    private struct Conditions
    {
        public bool IfNone;
        public bool IfAny;
        public bool IfLater;
        public bool IfSooner;

        /// <summary>No deadline counts as one that never comes.</summary>
        public readonly bool Allow(bool hasDeadline, long current, long wanted) =>
            !(IfNone && hasDeadline)
            && !(IfAny && !hasDeadline)
            && !(IfLater && (!hasDeadline || wanted <= current))
            && !(IfSooner && hasDeadline && wanted >= current);
    }
}
