// Commands that wait for a list or a sorted set: BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP BZPOPMIN BZPOPMAX BZMPOP; WAIT, WAITAOF; CLIENT UNBLOCK.
// Always: each first does what its sister without the B does; only when there is nothing does it wait, and it is run again from the start, so it
// has no state of its own; what it did is written as the sister's command. In a script or a transaction it answers as if its time were up.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class BlockingCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("blpop", -3, Write | Blocking, KeySpec.AllButLast, static c => Pop(c, atHead: true)) { Since = "2.0.0", Group = "list", Summary = "Takes the head of the first list that is not empty, or waits for one.", AclCategories = ["@list"], Complexity = "O(N), N: provided keys", KeyUses = ["RW ACCESS DELETE"], Syntax = "key... timeout:double", History = ["6.0.0: fractions of a second"] },
        new("brpop", -3, Write | Blocking, KeySpec.AllButLast, static c => Pop(c, atHead: false)) { Since = "2.0.0", Group = "list", Summary = "Takes the tail of the first list that is not empty, or waits for one.", AclCategories = ["@list"], Complexity = "O(N), N: provided keys", KeyUses = ["RW ACCESS DELETE"], Syntax = "key... timeout:double", History = ["6.0.0: fractions of a second"] },
        new("blmove", 6, Write | DenyOom | Blocking, KeySpec.Two, BLMove) { Since = "6.2.0", Group = "list", Summary = "Moves an element from one list to another, or waits for one.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE", "RW INSERT"], Syntax = "source:key destination:key wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT) timeout:double" },
        new("brpoplpush", 4, Write | DenyOom | Blocking, KeySpec.Two, BRPopLPush) { Since = "2.2.0", Group = "list", Summary = "Moves the tail of a list to the head of another, or waits for it.", AclCategories = ["@list"], Complexity = "O(1)", KeyUses = ["RW ACCESS DELETE", "RW INSERT"], Syntax = "source:key destination:key timeout:double", History = ["6.0.0: fractions of a second"], DeprecatedSince = "6.2.0", ReplacedBy = "BLMOVE … RIGHT LEFT" },
        new("blmpop", -5, Write | Blocking | MovableKeys, KeySpec.Counted(2), BLMPop) { Since = "7.0.0", Group = "list", Summary = "Takes elements from the first list that is not empty, or waits for one.", AclCategories = ["@list"], Complexity = "O(N+M), N: provided keys, M: elements returned", KeyUses = ["RW ACCESS DELETE"], Syntax = "timeout:double numkeys:integer key... where(LEFT|RIGHT) [COUNT <count:integer>]" },
        new("bzpopmin", -3, Write | Fast | Blocking, KeySpec.AllButLast, static c => ZPop(c, fromMax: false)) { Since = "5.0.0", Group = "sorted-set", Summary = "Takes the member with the lowest score of the first sorted set that is not empty, or waits for one.", AclCategories = ["@sortedset"], Complexity = "O(log(N)), N: elements in the sorted set", KeyUses = ["RW ACCESS DELETE"], Syntax = "key... timeout:double", History = ["6.0.0: fractions of a second"] },
        new("bzpopmax", -3, Write | Fast | Blocking, KeySpec.AllButLast, static c => ZPop(c, fromMax: true)) { Since = "5.0.0", Group = "sorted-set", Summary = "Takes the member with the highest score of the first sorted set that is not empty, or waits for one.", AclCategories = ["@sortedset"], Complexity = "O(log(N)), N: elements in the sorted set", KeyUses = ["RW ACCESS DELETE"], Syntax = "key... timeout:double", History = ["6.0.0: fractions of a second"] },
        new("wait", 3, Blocking, KeySpec.None, ForReplicas) { Since = "3.0.0", Group = "generic", Summary = "Waits until replicas have taken what this client wrote. There are none here.", AclCategories = ["@connection"], Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:agg_min"], Syntax = "numreplicas:integer timeout:integer" },
        new("waitaof", 4, Blocking, KeySpec.None, ForDisk) { Since = "7.2.0", Group = "generic", Summary = "Waits until what this client wrote is on the disk here, and on those of replicas. There are none here.", AclCategories = ["@connection"], Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:agg_min"], Syntax = "numlocal:integer numreplicas:integer timeout:integer" },
        new("bzmpop", -5, Write | Blocking | MovableKeys, KeySpec.Counted(2), BZMPop) { Since = "7.0.0", Group = "sorted-set", Summary = "Takes members from the first sorted set that is not empty, or waits for one.", AclCategories = ["@sortedset"], Complexity = "O(K) + O(M*log(N)), K: provided keys, M: elements popped, N: elements in the sorted set", KeyUses = ["RW ACCESS DELETE"], Syntax = "timeout:double numkeys:integer key... where(MIN|MAX) [COUNT <count:integer>]" },
    ];

    /// <summary>CLIENT UNBLOCK id [TIMEOUT|ERROR].</summary>
    public static void ClientUnblock(CommandContext c)
    {
        if (c.Count > 4)
        {
            c.WrongArity();
            return;
        }

        var asError = c.Count == 4 && c.Is(3, "ERROR"u8);
        if (c.Count == 4 && !asError && !c.Is(3, "TIMEOUT"u8))
        {
            c.Reply.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8);
            return;
        }

        if (!c.TryInteger(2, out var id))
        {
            return;
        }

        if (c.Server.Clients.Find(id)?.Blocked is not { IsWaiting: true } call)
        {
            c.Reply.Integer(0);
            return;
        }

        if (asError)
        {
            call.Fail("UNBLOCKED client unblocked via CLIENT UNBLOCK"u8);
        }
        else
        {
            call.TimeOut();
        }

        c.Reply.Integer(1);
    }

    private static void ForReplicas(CommandContext c)
    {
        if (!c.TryIntegerWithin(1, long.MinValue, long.MaxValue, Errors.NotInteger, out var wanted) || !c.TryTimeoutMilliseconds(2, out var timeout))
        {
            return;
        }

        if (wanted > 0 && c.MayBlock)
        {
            c.BlockUntilLate(timeout, static reply => reply.Integer(0));
        }
        else
        {
            c.Reply.Integer(0);
        }
    }

    /// <summary>The local part is asked for at once instead of waiting for the second to pass. What others wrote meanwhile is waited for as well.</summary>
    private static void ForDisk(CommandContext c)
    {
        if (!c.TryInteger(1, out var local))
        {
            return;
        }

        if (local is < 0 or > 1)
        {
            c.Reply.Error("ERR value is out of range, value must between 0 and 1"u8);
            return;
        }

        if (!c.TryCount(2, out var replicas) || !c.TryTimeoutMilliseconds(3, out var timeout))
        {
            return;
        }

        var log = c.Server.DurableLog;
        var target = log?.Committed ?? 0;
        if (local > 0 && log is null)
        {
            c.Reply.Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."u8);
            return;
        }

        if (!c.MayBlock || (replicas == 0 && (local == 0 || log!.IsSynced(target))))
        {
            Answer(c.Reply);
            return;
        }

        var call = c.BlockUntilLate(timeout, Answer);
        if (replicas == 0)
        {
            var wait = call.Wait;
            log!.SyncAsync().ContinueWith(_ => call.EndEarly(wait), TaskScheduler.Default);
        }

        void Answer(IReply reply)
        {
            reply.Array(2);
            reply.Integer(log is not null && log.IsSynced(target) ? 1 : 0);
            reply.Integer(0);
        }
    }

    private static void Pop(CommandContext c, bool atHead)
    {
        var last = c.Count - 1;
        if (!c.TryTimeoutSeconds(last, out var timeout))
        {
            return;
        }

        for (var i = 1; i < last; i++)
        {
            if (!c.TryGet<ListValue>(i, out var entry, out var list))
            {
                return;
            }

            if (list is null)
            {
                continue;
            }

            c.Reply.Array(2);
            c.Reply.Bulk(entry!.Key);
            c.Reply.Bulk(ListsCommands.Pop(list, atHead));
            c.RemoveIf(list.Count == 0, entry);
            c.Changed(entry.Key);
            c.NotifyRemoval(atHead ? Happened.LPop : Happened.RPop, entry.Key, list.Count == 0);
            c.Effect(atHead ? Words.LPop : Words.RPop, entry.Key);
            return;
        }

        WaitOrAnswerNothing<ListValue>(c, 1, last - 1, timeout);
    }

    private static void BLMove(CommandContext c)
    {
        if (ListsCommands.TryEnd(c, 3, out var fromHead) && ListsCommands.TryEnd(c, 4, out var toHead) && c.TryTimeoutSeconds(5, out var timeout))
        {
            Move(c, fromHead, toHead, timeout);
        }
    }

    private static void BRPopLPush(CommandContext c)
    {
        if (c.TryTimeoutSeconds(3, out var timeout))
        {
            Move(c, fromHead: false, toHead: true, timeout);
        }
    }

    private static void Move(CommandContext c, bool fromHead, bool toHead, long timeout)
    {
        var source = c.Find(1);
        if (source is null && c.MayBlock)
        {
            c.Block(typeof(ListValue), 1, 1, timeout);
            return;
        }

        var before = c.Server.Unit.Dirty;
        ListsCommands.Move(c, fromHead, toHead);
        if (!c.WantsEffects || c.Server.Unit.Dirty == before)
        {
            return;
        }

        if (c.Row.Name == "brpoplpush")
        {
            c.Effect(Words.RPopLPush, c.Text(1), c.Text(2));
        }
        else
        {
            c.Effect(Words.LMove, c.Text(1), c.Text(2), c.Text(3), c.Text(4));
        }
    }

    private static void BLMPop(CommandContext c)
    {
        if (c.TryTimeoutSeconds(1, out var timeout) && ListsCommands.TryTakeFromFirst(c, 2) is false)
        {
            Wait<ListValue>(c, timeout);
        }
    }

    private static void BZMPop(CommandContext c)
    {
        if (c.TryTimeoutSeconds(1, out var timeout) && SortedSetsCommands.TryTakeFromFirst(c, 2) is false)
        {
            Wait<SortedSetValue>(c, timeout);
        }
    }

    private static void ZPop(CommandContext c, bool fromMax)
    {
        var last = c.Count - 1;
        if (!c.TryTimeoutSeconds(last, out var timeout))
        {
            return;
        }

        for (var i = 1; i < last; i++)
        {
            if (!c.TryGet<SortedSetValue>(i, out var entry, out var set))
            {
                return;
            }

            if (set is null)
            {
                continue;
            }

            c.Reply.Array(3);
            c.Reply.Bulk(entry!.Key);
            SortedSetsCommands.PopInto(c.Reply, set, 1, fromMax, isNested: false);
            c.RemoveIf(set.Count == 0, entry);
            c.Changed(entry.Key);
            c.NotifyRemoval(fromMax ? Happened.ZPopMax : Happened.ZPopMin, entry.Key, set.Count == 0);
            c.Effect(fromMax ? Words.ZPopMax : Words.ZPopMin, entry.Key);
            return;
        }

        WaitOrAnswerNothing<SortedSetValue>(c, 1, last - 1, timeout);
    }

    /// <summary>For commands with a count of keys at argument 2, which has been found right.</summary>
    private static void Wait<T>(CommandContext c, long timeout)
    {
        RedisNumber.TryParseInteger(c[2], out var keys);
        WaitOrAnswerNothing<T>(c, 3, 2 + (int)keys, timeout);
    }

    private static void WaitOrAnswerNothing<T>(CommandContext c, int firstKey, int lastKey, long timeout)
    {
        if (c.MayBlock)
        {
            c.Block(typeof(T), firstKey, lastKey, timeout);
        }
        else
        {
            c.Reply.NullArray();
        }
    }
}
