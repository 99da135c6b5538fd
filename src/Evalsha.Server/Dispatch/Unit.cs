// One command, one script or one EXEC: the thing that happens at one instant, entirely or not at all, as others see it.
// Always: the clock stands still from Begin to End; what changed leaves as one batch of effects at End; one unit at a time per server.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public sealed class Unit(ServerClock clock, EffectLog effects, ServerStats stats) : IKeyspaceEvents
{
    /// <summary>Changes counted since the server began; a command that left it alone changed nothing.</summary>
    public long Dirty { get; private set; }

    public bool IsOpen { get; private set; }

    public KeyWatches Watches { get; } = new();

    /// <summary>Who hears of keys that change. Set once, with the server.</summary>
    internal Tracking Tracking { get; set; } = null!;

    internal KeyEvents KeyEvents { get; set; } = null!;

    /// <summary>The clients that wait for keys.</summary>
    public Waiters Waiters { get; } = new();

    /// <summary>The clock is read anew, and then stands still.</summary>
    public void Begin()
    {
        System.Diagnostics.Debug.Assert(!IsOpen, "units do not nest");
        IsOpen = true;
        clock.Thaw();
    }

    public void End()
    {
        IsOpen = false;
        if (effects.Count != 0)
        {
            effects.CommitUnit();
        }
    }

    /// <summary>A key got another value, deadline or was removed.</summary>
    public void Changed(Database database, ByteString key)
    {
        Dirty++;
        Watches.Touch(database, key);
        if (Tracking.IsActive)
        {
            Tracking.Invalidate(key.Span, expired: false);
        }

        if (Waiters.Count != 0)
        {
            Waiters.Touch(database, key);
        }
    }

    public void Changed(Database database, ReadOnlySpan<byte> key)
    {
        Dirty++;
        Watches.Touch(database, key);
        if (Tracking.IsActive)
        {
            Tracking.Invalidate(key, expired: false);
        }

        if (Waiters.Count != 0)
        {
            Waiters.Touch(database, key);
        }
    }

    /// <summary>Something beside the value changed (a consumer group): it is written and waited for, but breaks no WATCH, as in Redis.</summary>
    public void ChangedAside(Database database, ReadOnlySpan<byte> key)
    {
        Dirty++;
        if (Waiters.Count != 0)
        {
            Waiters.Touch(database, key);
        }
    }

    /// <summary>Several keys at once, none of them watched any more or all of them touched already (FLUSHDB, SWAPDB).</summary>
    public void ChangedWhole(long changes) => Dirty += changes;

    /// <summary>An expired key leaves: for the data's followers that is a DEL, at the moment somebody noticed.</summary>
    void IKeyspaceEvents.Expired(Database database, ByteString key)
    {
        stats.ExpiredKeys++;
        if ((KeyEvents.Wanted & KeyEventClasses.Expired) != 0)
        {
            KeyEvents.Publish(Happened.Expired, database.Index, key.Span);
        }

        Watches.TouchExpired(database, key);
        if (Waiters.Count != 0)
        {
            Waiters.Touch(database, key);
        }

        if (Tracking.IsActive)
        {
            Tracking.Invalidate(key.Span, expired: true);
        }

        if (effects.WantsExpired)
        {
            effects.AddExpired(database.Index, key);
        }
    }

    void IKeyspaceEvents.Added(Database database, ByteString key) => KeyEvents.Publish(Happened.New, database.Index, key.Span);
}
