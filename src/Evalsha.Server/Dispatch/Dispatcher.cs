// From a loaded command to its reply: one lookup, the checks in order, the command itself, its effects.
// Always: exactly one reply per command, whatever happens; a refused command changed nothing and dooms an open transaction;
// a client's command outside MULTI is a unit of its own. Scripts and EXEC call into the same rows through Call, inside their unit.
// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Diagnostics;
using System.Text;

namespace Evalsha.Server.Dispatch;

public sealed class Dispatcher(ServerContext server)
{
    private static ReadOnlySpan<byte> Queued => "QUEUED"u8;

    /// <summary>Runs, queues or refuses the command loaded into <paramref name="c"/>, inside the turn.</summary>
    public void Run(in Turn turn, CommandContext c)
    {
        turn.Demand();
        c.Turn = turn;
        if (server.Attention != 0)
        {
            Attend(c);
        }

        var row = Resolve(c, out var refusal);
        if (row is null)
        {
            Refuse(c, null, refusal);
            return;
        }

        refusal = FirstRefusal(c, row);
        if (!refusal.IsEmpty)
        {
            Refuse(c, row, refusal);
            return;
        }

        if ((server.Attention & Attention.Pause) != 0 && server.Pause.Holds(c, row))
        {
            c.IsPostponed = true;
            return;
        }

        var transaction = c.Client.Transaction;
        if (transaction.IsOpen && !row.RunsInMulti)
        {
            transaction.Add(row, c.Own());
            c.Reply.Status(Queued);
            return;
        }

        var unit = server.Unit;
        unit.Begin();
        try
        {
            Call(c, row);
        }
        finally
        {
            unit.End();
        }

        if (unit.Waiters.HasReady)
        {
            unit.Waiters.Serve(turn);
            c.EndedAt = 0;
        }
    }

    /// <summary>
    /// Answers a command while a script holds the turn for too long: what Redis allows meanwhile runs without a turn, all else is told BUSY.
    /// False: the command may run, but must wait for the turn.
    /// </summary>
    public bool RunWhileBusy(CommandContext c)
    {
        c.Turn = default;
        var row = Resolve(c, out var refusal);
        if (row is null)
        {
            Refuse(c, null, refusal);
            return true;
        }

        refusal = Checks.Arity(c, row);
        refusal = refusal.IsEmpty ? Checks.Authenticated(c, row) : refusal;
        if (refusal.IsEmpty && !row.Is(CommandFlags.AllowBusy))
        {
            refusal = server.IsBusyWithFunction ? Errors.BusyFunction : Errors.BusyScript;
        }

        if (!refusal.IsEmpty)
        {
            Refuse(c, row, refusal);
            return true;
        }

        var transaction = c.Client.Transaction;
        if (transaction.IsOpen && !row.RunsInMulti)
        {
            transaction.Add(row, c.Own());
            c.Reply.Status(Queued);
            return true;
        }

        if (row.NeedsTurnWhenBusy)
        {
            return false;
        }

        c.BeginCommand(row);
        row.Body(c);
        return true;
    }

    /// <summary>The row for the loaded command, its subcommand's when it has any; null and the error when there is none.</summary>
    public CommandRow? Resolve(CommandContext c, out ReadOnlySpan<byte> refusal)
    {
        var row = c.Named ?? server.Commands.Find(c[0]);
        if (row is null)
        {
            refusal = Checks.Unknown(c);
            return null;
        }

        refusal = default;
        if (row.Subcommands.Length == 0 || c.Count == 1)
        {
            return row;
        }

        var sub = CommandTable.FindSubcommand(row, c[1]);
        if (sub is null)
        {
            refusal = Checks.UnknownSubcommand(c, row);
        }

        return sub;
    }

    /// <summary>Runs the row's function inside the open unit and collects what it leaves behind. The caller has made all checks.</summary>
    public void Call(CommandContext c, CommandRow row)
    {
        var unit = server.Unit;
        Debug.Assert(unit.IsOpen, "a command runs inside a unit");
        server.Stats.Commands++;
        c.BeginCommand(row);
        if (server.Attention != 0)
        {
            Show(c, row, isBefore: true);
        }

        var before = unit.Dirty;
        var errors = server.Stats.Errors;
        var start = c.EndedAt != 0 ? c.EndedAt : Stopwatch.GetTimestamp();
        row.Body(c);
        var end = Stopwatch.GetTimestamp();
        var ticks = end - start;
        c.EndedAt = c.IsPipeline ? end : 0;
        row.Counters.Called(ticks, server.Stats.Errors != errors);
        if (ticks >= server.Slow.Ticks)
        {
            server.Slow.Note(c, row, ticks);
        }

        if (c.Measured is { } measured)
        {
            c.Measured = null;
            measured.Called(ticks);
        }

        if (server.Attention != 0)
        {
            Show(c, row, isBefore: false);
        }

        if (unit.Dirty != before && server.Effects.IsWanted)
        {
            c.AddOwnEffect();
        }
    }

    private void Attend(CommandContext c)
    {
        if (server.Tracking.IsActive)
        {
            server.Tracking.BeginCommand(c);
            server.Tracking.LimitKeys();
        }
    }

    /// <summary>To monitors, and to the table of cached keys. Scripts are shown before their calls, everything else when it has run.</summary>
    private void Show(CommandContext c, CommandRow row, bool isBefore)
    {
        var isScript = row.Is(CommandFlags.SkipMonitor) && row.MayRunLong;
        if ((server.Attention & Attention.Monitors) != 0 && !row.Is(CommandFlags.Admin) && isBefore == isScript && (isScript || !row.Is(CommandFlags.SkipMonitor)))
        {
            server.Monitors.Show(c);
        }

        if (!isBefore && (server.Attention & Attention.Tracking) != 0)
        {
            server.Tracking.Remember(c, row);
        }
    }

    /// <summary>As Call, for a command that has waited: it was counted when it came.</summary>
    internal void CallAgain(CommandContext c, CommandRow row)
    {
        var unit = server.Unit;
        c.BeginCommand(row);
        var before = unit.Dirty;
        row.Body(c);
        if (unit.Dirty != before && server.Effects.IsWanted)
        {
            c.AddOwnEffect();
        }
    }

    private static ReadOnlySpan<byte> FirstRefusal(CommandContext c, CommandRow row)
    {
        var refusal = Checks.Arity(c, row);
        refusal = refusal.IsEmpty ? Checks.Authenticated(c, row) : refusal;
        refusal = refusal.IsEmpty ? Checks.AllowedInTransaction(c, row) : refusal;
        refusal = refusal.IsEmpty ? Checks.Memory(c, row) : refusal;
        refusal = refusal.IsEmpty ? Checks.Durable(c, row) : refusal;
        refusal = refusal.IsEmpty && c.Client.Feeds is not null ? Checks.AllowedWhenSubscribed(c, row) : refusal;
        refusal = refusal.IsEmpty ? Checks.NotLoading(c, row) : refusal;
        return refusal.IsEmpty && c.Client.Feeds is not null ? Checks.AllowedToMonitor(c, row) : refusal;
    }

    private void Refuse(CommandContext c, CommandRow? row, ReadOnlySpan<byte> error)
    {
        if (row is not null)
        {
            row.Counters.Rejected++;
        }

        var transaction = c.Client.Transaction;
        if (row is not { EndsTransaction: true })
        {
            transaction.Doom();
            c.Reply.Error(error);
            return;
        }

        // Redis leaves out a plain ERR here, and keeps every other code.
        Abandon(transaction);
        if ((server.Attention & Attention.Monitors) != 0 && c.Turn.IsHeld)
        {
            server.Monitors.Show(c); // MULTI was shown, so its end is.
        }

        var reason = error.StartsWith("ERR "u8) ? error[4..] : error;
        c.Reply.Error($"EXECABORT Transaction discarded because of: {Encoding.UTF8.GetString(reason)}");
    }

    /// <summary>Closes the transaction; the watched keys are let go at once when this runs inside a turn, else with the next turn.</summary>
    public void Abandon(Transaction transaction)
    {
        transaction.Close();
        if (transaction.Watch is not { } mark)
        {
            return;
        }

        transaction.Watch = null;
        transaction.Abandoned ??= mark;
    }
}
