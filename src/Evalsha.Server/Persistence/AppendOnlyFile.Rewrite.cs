// Rewriting: a new base from the keyspace as it is, and new increments from that instant on.
// How: under the write right, an empty next increment is put into the manifest (old base, old increments, next one); then, in ONE turn, what was
// committed goes into the old increment, the whole keyspace into a temporary file, and the next increment becomes the one that is written. After
// the turn the temporary file is synced and moved into place, and the manifest swapped to (new base, next increment).
// Always: at every instant the manifest on the disk names files that hold all that was acknowledged, each unit once. The turn is held for as long
// as the keyspace takes to encode (no slices: a slice would have to know each key's value before its next change, and correctness comes first).
using System.Diagnostics;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Persistence;

internal sealed partial class AppendOnlyFile
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);
    private readonly TurnWaiter _waiter = new();
    private AofFile? _retired; // by the rewrite under way: not written any more, not closed yet
    private int _rewriting;
    private bool _lastRewriteFailed;
    private long _retryAt; // TimeProvider timestamp before which no rewrite begins by itself
    private long _baseLength;
    private long _rewrites;
    private long _rewritesFailedInARow;
    private long _rewriteBegan; // TimeProvider timestamp
    private long _rewriteMilliseconds = -1; // of the last one that ended
    private Task _rewrite = Task.CompletedTask;

    /// <summary>The latest rewrite; completes when it has ended, either way.</summary>
    internal Task Rewriting => _rewrite;

    public bool TryStartRewrite()
    {
        if (_stopped || Interlocked.CompareExchange(ref _rewriting, 1, 0) != 0)
        {
            return false;
        }

        _rewriteBegan = _server.Clock.Provider.GetTimestamp();
        _rewrite = Task.Run(RewriteAsync);
        return true;
    }

    /// <summary>Milliseconds that the last rewrite took and that the present one has taken so far; -1: there is none.</summary>
    private (long Last, long Current) RewriteTimes => (Volatile.Read(ref _rewriteMilliseconds), Volatile.Read(ref _rewriting) == 0 ? -1 : SinceRewriteBegan);

    private long SinceRewriteBegan => (long)_server.Clock.Provider.GetElapsedTime(_rewriteBegan).TotalMilliseconds;

    private void RewriteIfDue()
    {
        var config = _server.Config;
        if (_lastRewriteFailed && _server.Clock.Provider.GetTimestamp() < _retryAt)
        {
            return;
        }

        if (_needsRewrite)
        {
            TryStartRewrite();
            return;
        }

        if (config.RewritePercentage == 0 || CurrentLength < config.RewriteMinSize)
        {
            return;
        }

        var grown = ((double)CurrentLength / Math.Max(_baseLength, 1) * 100) - 100;
        if (grown >= config.RewritePercentage)
        {
            TryStartRewrite();
        }
    }

    private async Task RewriteAsync()
    {
        try
        {
            var before = CurrentLength;
            await FinishAsync(await BeginAsync().ConfigureAwait(false)).ConfigureAwait(false);
            _lastRewriteFailed = false;
            Interlocked.Increment(ref _rewrites);
            Volatile.Write(ref _rewritesFailedInARow, 0);
            _server.Log.Write(ServerLogLevel.Notice, $"The append-only file was rewritten: {before} bytes became {CurrentLength}");
        }
        catch (Exception e)
        {
            var clock = _server.Clock.Provider;
            _retryAt = clock.GetTimestamp() + (long)(RetryAfter.TotalSeconds * clock.TimestampFrequency);
            _lastRewriteFailed = true;
            Interlocked.Increment(ref _rewritesFailedInARow);
            _server.Log.Write(ServerLogLevel.Warning, $"The append-only file could not be rewritten, and goes on as it was: {(e is IOException or UnauthorizedAccessException ? e.Message : e)}");
        }
        finally
        {
            if (_retired is { } old)
            {
                await _syncing.WaitAsync().ConfigureAwait(false); // a sync of the old increment may be under way
                old.Dispose();
                _retired = null;
                _syncing.Release();
            }

            Volatile.Write(ref _rewriteMilliseconds, SinceRewriteBegan);
            Volatile.Write(ref _rewriting, 0);
        }
    }

    /// <summary>From here on units go to the next increment, and the snapshot holds everything before.</summary>
    private async Task<AofFile> BeginAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        AofFile? next = null, snapshot = null;
        try
        {
            var entry = AofManifest.NewIncrement(_manifest.LastNumber + 1);
            next = AofFile.Create(Path.Combine(_folder, entry.Name));
            snapshot = AofFile.Create(Path.Combine(_folder, "temp-rewrite.aof"));
            HandOver(Volatile.Read(ref _committed), thenSync: true); // most of the work, so that little is left for the turn
            var turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
            try
            {
                HandOver(Volatile.Read(ref _committed), thenSync: true);
                var extended = _manifest with { Increments = [.. _manifest.Increments, entry] };
                extended.Save(_folder);
                _manifest = extended;
                SwitchTo(ref next);
                _server.Clock.Thaw();
                KeyspaceDump.Write(_server, snapshot);
                var whole = snapshot;
                snapshot = null;
                return whole;
            }
            finally
            {
                turn.Release();
            }
        }
        finally
        {
            next?.Dispose();
            if (snapshot is not null)
            {
                snapshot.Dispose();
                File.Delete(snapshot.Path);
            }

            _writing.Release();
        }
    }

    /// <summary>Inside the turn, with the write right: nobody commits and nobody writes.</summary>
    private void SwitchTo(ref AofFile? next)
    {
        Debug.Assert(next is { Length: 0 }, "a new increment is empty");
        lock (_gate)
        {
            if (_failure is not null)
            {
                // What could not be written was never acknowledged and is in the snapshot. Until that is in place, the log has a hole here.
                _needsRewrite = true;
                _filling.Clear();
                _handingOver.Clear();
                Volatile.Write(ref _written, _committed);
            }

            _selected = NoDatabase;
        }

        _retired = _file;
        _olderLength += _file.Length;
        _file = next;
        next = null;
    }

    private async Task FinishAsync(AofFile snapshot)
    {
        try
        {
            snapshot.Sync();
            snapshot.Dispose();
        }
        catch
        {
            snapshot.Dispose();
            File.Delete(snapshot.Path); // The disk may be full: leave nothing big behind.
            throw;
        }

        await _writing.WaitAsync().ConfigureAwait(false);
        var before = _manifest;
        try
        {
            var entry = AofManifest.NewBase((before.Base?.Number ?? 0) + 1);
            File.Move(snapshot.Path, Path.Combine(_folder, entry.Name), overwrite: true);
            DurableFolder.Sync(_folder);
            var swapped = new AofManifest(entry, [before.Increments[^1]]);
            swapped.Save(_folder);
            _manifest = swapped;
            (_olderLength, _baseLength) = (snapshot.Length, snapshot.Length);
            if (_failure is not null)
            {
                _synced = _written;
                Recover();
            }
        }
        finally
        {
            _writing.Release();
        }

        foreach (var gone in before.Files.Except(_manifest.Files))
        {
            File.Delete(Path.Combine(_folder, gone.Name));
        }
    }
}
