// Removes keys whose deadline has passed although nobody looks at them: hz times a second, under the turn, a bounded number at a time.
// Clients that idle or do not read are looked after on the same timer.
// Always: the timer is the TimeProvider's, so a clock that stands still expires nothing and one that is moved expires at once.
using System.Diagnostics;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Sessions;

internal sealed class ExpiryCycle : IAsyncDisposable
{
    private const int KeysPerTurn = 256;
    private readonly ServerContext _server;
    private readonly SessionSet _sessions;
    private readonly TurnWaiter _waiter = new();
    private readonly ITimer _timer;
    private int _running;
    private volatile bool _stopped;
    private Task _cycle = Task.CompletedTask;

    public ExpiryCycle(ServerContext server, SessionSet sessions)
    {
        (_server, _sessions) = (server, sessions);
        var period = TimeSpan.FromSeconds(1.0 / server.Config.Hz);
        _timer = server.Clock.Provider.CreateTimer(static state => ((ExpiryCycle)state!).Tick(), this, period, period);
    }

    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _cycle.ConfigureAwait(false);
    }

    private void Tick()
    {
        if (!_stopped)
        {
            _sessions.CheckClients();
        }

        // A tick while the last cycle still waits for its turn has nothing to add.
        if (!_stopped && Interlocked.CompareExchange(ref _running, 1, 0) == 0)
        {
            _cycle = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            foreach (var database in _server.Databases)
            {
                // Looked at without the turn: a number just missed is seen by the next cycle, and an idle server takes no turns.
                var gone = database.ExpiringCount == 0 || !_server.ExpiresActively ? 0 : KeysPerTurn;
                while (gone == KeysPerTurn && !_stopped)
                {
                    var turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
                    try
                    {
                        gone = ExpireOneUnit(database);
                    }
                    finally
                    {
                        turn.Release();
                    }
                }
            }
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    private int ExpireOneUnit(Keyspace.Database database)
    {
        var began = Stopwatch.GetTimestamp();
        _server.Unit.Begin();
        try
        {
            _server.Tracking.Current = null;
            return database.ExpireDue(KeysPerTurn);
        }
        finally
        {
            _server.Stats.ExpiryTicks += Stopwatch.GetTimestamp() - began;
            _server.Unit.End();
            _server.EndTurn();
        }
    }
}
