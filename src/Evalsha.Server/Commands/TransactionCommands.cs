// MULTI EXEC DISCARD WATCH UNWATCH.
// Always: EXEC runs its whole queue in one unit, so nobody sees half of it and the clock stands still; a doomed or broken transaction runs nothing;
// watched keys are let go by EXEC, DISCARD, UNWATCH and RESET alike.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class TransactionCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("multi", 1, NoScript | Loading | Stale | Fast | AllowBusy, KeySpec.None, Multi)
        {
            Complexity = "O(1)",
            Group = "transactions", Since = "1.2.0", Summary = "From now on commands are queued, until EXEC or DISCARD.", RunsInMulti = true,
        },
        new("exec", 1, NoScript | Loading | Stale | SkipSlowlog, KeySpec.None, Exec)
        {
            Complexity = "That of the queued commands",
            Group = "transactions", Since = "1.2.0", Summary = "Runs the queued commands as one and answers their replies; nil when a watched key changed.", RunsInMulti = true, EndsTransaction = true,
        },
        new("discard", 1, NoScript | Loading | Stale | Fast | AllowBusy, KeySpec.None, Discard)
        {
            Complexity = "O(N), N: queued commands",
            Group = "transactions", Since = "2.0.0", Summary = "Throws the queued commands away.", RunsInMulti = true,
        },
        new("watch", -2, NoScript | Loading | Stale | Fast | AllowBusy, KeySpec.All, Watch)
        {
            Complexity = "O(1)", KeyUses = ["RO"], Syntax = "key...",
            Group = "transactions", Since = "2.2.0", Summary = "Lets the next EXEC run only if these keys stay as they are.",
            RunsInMulti = true, NeedsTurnWhenBusy = true,
        },
        new("unwatch", 1, NoScript | Loading | Stale | Fast | AllowBusy, KeySpec.None, Unwatch)
        {
            Complexity = "O(1)",
            Group = "transactions", Since = "2.2.0", Summary = "Drops all watches of this connection.",
        },
    ];

    private static void Multi(CommandContext c)
    {
        if (c.Client.Transaction.IsOpen)
        {
            c.Reply.Error("ERR MULTI calls can not be nested"u8);
            return;
        }

        c.Client.Transaction.Begin();
        c.Reply.Ok();
    }

    private static void Exec(CommandContext c)
    {
        var transaction = c.Client.Transaction;
        c.NoEffect(); // The queued commands have their own.
        if (!transaction.IsOpen)
        {
            c.Reply.Error("ERR EXEC without MULTI"u8);
            return;
        }

        var isBroken = transaction.Watch is { } mark && (mark.IsBroken || KeyWatches.HasExpiredKey(mark));
        ReleaseWatch(c);
        if (transaction.IsDoomed)
        {
            transaction.Close();
            c.Reply.Error("EXECABORT Transaction discarded because of previous errors."u8);
            return;
        }

        if (isBroken)
        {
            transaction.Close();
            c.Reply.NullArray();
            return;
        }

        RunQueue(c, transaction);
    }

    private static void RunQueue(CommandContext c, Transaction transaction)
    {
        var inner = transaction.Inner ??= new CommandContext(c.Server, c.Client, c.Reply) { IsInExec = true };
        inner.Turn = c.Turn;
        QueuedCommand[] queue = [.. transaction.Queue];
        transaction.Close();
        c.Reply.Array(queue.Length);
        foreach (var (row, arguments) in queue)
        {
            inner.Select(c.Client.Database);
            inner.Load(arguments, arguments.Length);
            c.Server.Dispatcher.Call(inner, row);
        }
    }

    private static void Discard(CommandContext c)
    {
        if (!c.Client.Transaction.IsOpen)
        {
            c.Reply.Error("ERR DISCARD without MULTI"u8);
            return;
        }

        c.Client.Transaction.Close();
        ReleaseWatch(c);
        c.Reply.Ok();
    }

    private static void Watch(CommandContext c)
    {
        var transaction = c.Client.Transaction;
        if (transaction.IsOpen)
        {
            c.Reply.Error("ERR WATCH inside MULTI is not allowed"u8);
            return;
        }

        var mark = transaction.Watch ??= new WatchMark();
        for (var i = 1; i < c.Count; i++)
        {
            c.Server.Unit.Watches.Add(mark, c.Db, c.Text(i));
        }

        c.Reply.Ok();
    }

    private static void Unwatch(CommandContext c)
    {
        ReleaseWatch(c);
        c.Reply.Ok();
    }

    private static void ReleaseWatch(CommandContext c)
    {
        if (c.Client.Transaction.Watch is not { } mark)
        {
            return;
        }

        c.Client.Transaction.Watch = null;
        if (c.Turn.IsHeld)
        {
            c.Server.Unit.Watches.Release(mark);
        }
        else
        {
            c.Client.Transaction.Abandoned = mark;
        }
    }
}
