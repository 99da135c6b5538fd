// Syncs that a client asks for (WAITAOF), beside those of the policy.
// Always: outside the turn; as the timer's own sync, it holds up no writer: the write right is given back before the disk is waited for.
namespace Evalsha.Server.Persistence;

internal sealed partial class AppendOnlyFile
{
    private Task _asked = Task.CompletedTask; // all that were asked for; under _gate

    public long Committed => Volatile.Read(ref _committed);

    public bool IsSynced(long upTo) => Volatile.Read(ref _synced) >= upTo;

    public Task SyncAsync()
    {
        var sync = Task.Run(SyncWhatIsCommittedAsync);
        lock (_gate)
        {
            _asked = Task.WhenAll(_asked, sync);
        }

        return sync;
    }

    private async Task SyncWhatIsCommittedAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        AofFile file;
        long written;
        try
        {
            HandOver(Volatile.Read(ref _committed), thenSync: SyncsAlways);
            (file, written) = (_file, _written);
            await _syncing.WaitAsync().ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }

        try
        {
            if (_failure is null && Volatile.Read(ref _synced) < written)
            {
                SyncFile(file, written);
            }
        }
        finally
        {
            _syncing.Release();
        }
    }
}
