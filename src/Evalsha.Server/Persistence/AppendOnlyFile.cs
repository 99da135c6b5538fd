// The append-only log of one server: takes each unit's effects, hands them to the operating system before the replies leave, syncs by policy.
// Always: units are in the log in the order in which they happened, each whole (several effects are one MULTI…EXEC); the turn is never held over
// a write or a sync, except while a rewrite takes its snapshot; whoever writes to a file or changes files holds the write right (_writing).
// When a write fails, writers hear MISCONF and the batch that failed gets no answer; a failed write is tried again every second, but after a
// failed sync, or a unit that could not be taken, only a rewrite makes the log whole again, and one is tried every minute.
// Opening and closing is here; rewriting is in AppendOnlyFile.Rewrite.cs.
// HOT: no allocation, no await, no LINQ (in Commit, and in WaitAsync when there is nothing to wait for). Measured by benches/Evalsha.Bench/Server/AppendBench.cs
using System.Text;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Persistence;

internal sealed partial class AppendOnlyFile : IEffectSink, IDurableLog, IAsyncDisposable
{
    /// <summary>Bytes that may wait to be written; units beyond it are missed, and the log says so.</summary>
    public const int PendingBytesMax = 1024 * 1024 * 1024;

    private const string FolderName = "appendonlydir";
    private const string LockName = "evalsha.lock";
    private const int NoDatabase = -1;
    private const int LongestFrame = 64; // SELECT n, or MULTI and EXEC
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ServerContext _server;
    private readonly string _folder;
    private readonly FileStream _lockFile;
    private readonly SemaphoreSlim _writing = new(1); // the write right: guards _file, _manifest, _handingOver
    private readonly SemaphoreSlim _syncing = new(1); // held over a sync beside writes; who closes a file takes it first
    private readonly Lock _gate = new(); // guards _filling, _committed, _selected
    private readonly ITimer _timer;
    private RespBuffer _filling = new();
    private RespBuffer _handingOver = new();
    private RespWriter _fillingWriter;
    private RespWriter _handingOverWriter;
    private AofManifest _manifest;
    private AofFile _file;
    private int _selected = NoDatabase;
    private long _committed; // these three count bytes since start, over all files
    private long _written;
    private long _synced;
    private long _handingOverEnd;
    private long _olderLength; // of the files that are written no more
    private string? _failure; // why the log cannot be written now
    private bool _needsRewrite; // … and only a rewrite helps
    private int _ticking;
    private volatile bool _stopped;
    private Task _tick = Task.CompletedTask;

    private AppendOnlyFile(ServerContext server, string folder, FileStream lockFile, AofManifest manifest, AofFile file)
    {
        (_server, _folder, _lockFile, _manifest, _file) = (server, folder, lockFile, manifest, file);
        _fillingWriter = new RespWriter(_filling);
        _handingOverWriter = new RespWriter(_handingOver);
        _olderLength = manifest.Files.Sum(entry => LengthOf(entry)) - file.Length;
        _baseLength = manifest.Base is { } first ? LengthOf(first) : 0;
        _timer = server.Clock.Provider.CreateTimer(static state => ((AppendOnlyFile)state!).Tick(), this, Second, Second);
    }

    /// <summary>Bytes of the log's files.</summary>
    public long CurrentLength => _olderLength + _file.Length;

    /// <summary>Bytes that were handed to the operating system, and that are on the disk for sure; counted since start.</summary>
    internal (long Written, long Synced) Progress => (Volatile.Read(ref _written), Volatile.Read(ref _synced));

    /// <summary>Loads the log in <paramref name="directory"/>, or begins one, and takes the server's effects from then on. Blocks; before the server listens.</summary>
    /// <exception cref="InvalidDataException">Damage; the message names the file and the byte offset.</exception>
    /// <exception cref="IOException">The folder cannot be used, or another server uses it.</exception>
    public static AppendOnlyFile Open(ServerContext server, string directory)
    {
        var folder = Path.Combine(Path.GetFullPath(directory), FolderName);
        if (File.Exists(Path.Combine(directory, "appendonly.aof")) && !Directory.Exists(folder))
        {
            throw new InvalidDataException($"{Path.Combine(directory, "appendonly.aof")} is the log of a Redis before 7; start a Redis 7 on it once, and it makes {FolderName} of it");
        }

        Directory.CreateDirectory(folder);
        var lockFile = Lock(folder);
        try
        {
            var manifest = Prepare(folder);
            if (!server.Gate.TryTake(out var turn))
            {
                throw new InvalidOperationException("the log is loaded before anyone is served");
            }

            try
            {
                new AofLoader(server).Load(turn, folder, manifest);
            }
            finally
            {
                turn.Release();
            }

            var log = new AppendOnlyFile(server, folder, lockFile, manifest, AofFile.Append(Path.Combine(folder, manifest.Increments[^1].Name)));
            server.Effects.Subscribe(log);
            server.DurableLog = log;
            server.Config.Switch("appendonly", "yes");
            server.Config.Define(server.Config.Find("dir")! with { Get = () => Path.GetFullPath(directory) });
            return log;
        }
        catch
        {
            lockFile.Dispose();
            throw;
        }
    }

    public void Commit(in UnitEffects unit)
    {
        lock (_gate)
        {
            var before = _filling.Length;
            if ((long)before + unit.Length + ((unit.Count + 1L) * LongestFrame) > PendingBytesMax)
            {
                Fail($"more than {PendingBytesMax} bytes wait to be written", onlyRewriteHelps: true);
                return;
            }

            Select(unit.Database(0));
            if (unit.Count > 1)
            {
                _fillingWriter.Raw("*1\r\n$5\r\nMULTI\r\n"u8);
            }

            for (var i = 0; i < unit.Count; i++)
            {
                Select(unit.Database(i));
                _fillingWriter.Raw(unit.Request(i));
            }

            if (unit.Count > 1)
            {
                _fillingWriter.Raw("*1\r\n$4\r\nEXEC\r\n"u8);
            }

            Volatile.Write(ref _committed, _committed + _filling.Length - before);
        }
    }

    public void Missed() => Fail($"a unit's effects are longer than {EffectLog.UnitBytesMax} bytes", onlyRewriteHelps: true);

    public ValueTask WaitAsync(bool hasWritten)
    {
        var target = Volatile.Read(ref _committed);
        return Durable >= target && (!hasWritten || Volatile.Read(ref _failure) is null) ? default : HandOverAsync(target, hasWritten);
    }

    public void Describe(InfoWriter w)
    {
        var (milliseconds, running) = RewriteTimes;
        w.Field("aof_rewrite_in_progress", _rewriting == 0 ? 0 : 1);
        w.Field("aof_rewrite_scheduled", _needsRewrite ? 1 : 0);
        w.Field("aof_last_rewrite_time_sec", milliseconds < 0 ? -1 : milliseconds / 1000);
        w.Field("aof_current_rewrite_time_sec", running < 0 ? -1 : running / 1000);
        w.Field("aof_last_bgrewrite_status", _lastRewriteFailed ? "err" : "ok");
        w.Field("aof_rewrites", Volatile.Read(ref _rewrites));
        w.Field("aof_rewrites_consecutive_failures", Volatile.Read(ref _rewritesFailedInARow));
        w.Field("aof_last_write_status", Volatile.Read(ref _failure) is null ? "ok" : "err");
        w.Field("aof_current_size", CurrentLength);
        w.Field("aof_base_size", _baseLength);
        w.Field("aof_pending_rewrite", 0);
        w.Field("aof_buffer_length", WaitingBytes);
        w.Field("aof_pending_bio_fsync", Volatile.Read(ref _written) > Volatile.Read(ref _synced) ? 1 : 0);
    }

    public long WaitingBytes => _filling.Length;

    /// <summary>Writes and syncs what is there, and lets go of the folder. The last unit has been committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopped = true;
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _tick.ConfigureAwait(false);
        await _rewrite.ConfigureAwait(false);
        await _asked.ConfigureAwait(false);
        await _writing.WaitAsync().ConfigureAwait(false);
        _server.Effects.Unsubscribe(this);
        _server.DurableLog = null;
        HandOver(Volatile.Read(ref _committed), thenSync: true);
        if (_failure is not null)
        {
            _server.Log.Write(ServerLogLevel.Warning, $"The server ends with {_committed - _synced} bytes of the append-only file not on the disk: {_failure}");
        }

        _file.Dispose();
        await _lockFile.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
        _syncing.Dispose();
    }

    private bool SyncsAlways => _server.Config.AppendFsync == AppendFsync.Always;

    private long Durable => SyncsAlways ? Volatile.Read(ref _synced) : Volatile.Read(ref _written);

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException))
        {
            throw new IOException($"{folder} cannot be locked; another server may be using it: {e.Message}", e);
        }
    }

    /// <summary>The manifest, with an increment to append to; files no manifest speaks of any more are swept.</summary>
    private static AofManifest Prepare(string folder)
    {
        if (!File.Exists(Path.Combine(folder, AofManifest.FileName)))
        {
            if (Directory.EnumerateFiles(folder, "*.aof").Any(path => new FileInfo(path).Length > 0))
            {
                throw new InvalidDataException($"{folder} holds log files but no {AofManifest.FileName} that says in which order they belong");
            }

            AofFile.Create(Path.Combine(folder, AofManifest.NewBase(1).Name)).Dispose();
            return WithIncrement(folder, new AofManifest(AofManifest.NewBase(1), []));
        }

        var manifest = AofManifest.Read(folder);
        foreach (var left in manifest.History)
        {
            File.Delete(Path.Combine(folder, left.Name));
        }

        foreach (var left in Directory.EnumerateFiles(folder, "temp-*"))
        {
            File.Delete(left);
        }

        return manifest.Increments.Count == 0 ? WithIncrement(folder, manifest) : manifest;
    }

    private static AofManifest WithIncrement(string folder, AofManifest manifest)
    {
        var increment = AofManifest.NewIncrement(manifest.LastNumber + 1);
        AofFile.Create(Path.Combine(folder, increment.Name)).Dispose();
        var extended = manifest with { Increments = [.. manifest.Increments, increment], History = [] };
        extended.Save(folder);
        return extended;
    }

    private long LengthOf(AofManifest.Entry entry) => new FileInfo(Path.Combine(_folder, entry.Name)).Length;

    private void Select(int database)
    {
        if (database != _selected)
        {
            _fillingWriter.Request(2);
            _fillingWriter.Bulk("SELECT"u8);
            _fillingWriter.BulkInteger(database);
            _selected = database;
        }
    }

    private async ValueTask HandOverAsync(long target, bool hasWritten)
    {
        if (SyncsAlways && !Thread.CurrentThread.IsThreadPoolThread)
        {
            // The socket engine's own thread does not wait for the disk.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            // While one batch is synced the others gather here, and the next sync is for all of them.
            if (_failure is null && Durable < target)
            {
                HandOver(target, SyncsAlways);
            }

            if (_failure is { } failure && hasWritten)
            {
                throw new IOException($"The append-only file could not be written: {failure}");
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Writes everything up to <paramref name="target"/> at least. Holds the write right. A failure is kept in _failure, and told.</summary>
    private void HandOver(long target, bool thenSync)
    {
        try
        {
            while (_written < target && !_needsRewrite)
            {
                if (_handingOver.Length == 0)
                {
                    lock (_gate)
                    {
                        (_filling, _handingOver) = (_handingOver, _filling);
                        (_fillingWriter, _handingOverWriter) = (_handingOverWriter, _fillingWriter);
                        _handingOverEnd = _committed;
                    }
                }

                _file.Write(_handingOver.Written);
                _handingOver.Clear();
                Volatile.Write(ref _written, _handingOverEnd);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(e.Message, onlyRewriteHelps: false);
            return;
        }

        if (thenSync && !_needsRewrite && _synced < _written)
        {
            SyncFile(_file, _written);
        }
    }

    private void SyncFile(AofFile file, long upTo)
    {
        try
        {
            file.Sync();
            Volatile.Write(ref _synced, Math.Max(_synced, upTo));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The system may have dropped the pages it could not write: a second try would say yes and mean nothing.
            Fail(e.Message, onlyRewriteHelps: true);
        }
    }

    private void Fail(string reason, bool onlyRewriteHelps)
    {
        lock (_gate)
        {
            _needsRewrite |= onlyRewriteHelps;
            if (_failure is not null)
            {
                return;
            }

            Volatile.Write(ref _failure, reason);
            _server.WriteRefusal = Encoding.UTF8.GetBytes($"MISCONF Errors writing to the AOF file: {reason}");
        }

        _server.Log.Write(ServerLogLevel.Warning, $"The append-only file cannot be written, so writes are refused: {reason}");
    }

    private void Recover()
    {
        if (_failure is null)
        {
            return;
        }

        lock (_gate)
        {
            Volatile.Write(ref _failure, null);
            _needsRewrite = false;
            _server.WriteRefusal = null;
        }

        _server.Log.Write(ServerLogLevel.Warning, "The append-only file can be written again; writes are accepted.");
    }

    private void Tick()
    {
        if (!_stopped && Interlocked.CompareExchange(ref _ticking, 1, 0) == 0)
        {
            _tick = TickAsync();
        }
    }

    /// <summary>Once a second: writes what no reply waited for, tries a failed write again, syncs by policy, and looks whether to rewrite.</summary>
    private async Task TickAsync()
    {
        try
        {
            await _writing.WaitAsync().ConfigureAwait(false);
            AofFile file;
            long written;
            try
            {
                var before = (_failure, _written);
                HandOver(Volatile.Read(ref _committed), thenSync: SyncsAlways);
                if (before._failure is not null && !_needsRewrite && _written == Volatile.Read(ref _committed))
                {
                    Recover();
                }

                (file, written) = (_file, _written);
                await _syncing.WaitAsync().ConfigureAwait(false);
            }
            finally
            {
                _writing.Release();
            }

            try
            {
                if (_server.Config.AppendFsync == AppendFsync.EverySecond && Volatile.Read(ref _synced) < written)
                {
                    SyncFile(file, written);
                }
            }
            finally
            {
                _syncing.Release();
            }

            RewriteIfDue();
        }
        catch (Exception e)
        {
            _server.Log.Write(ServerLogLevel.Warning, $"The append-only file's timer failed: {e}");
            Fail(e.Message, onlyRewriteHelps: true);
        }
        finally
        {
            Volatile.Write(ref _ticking, 0);
        }
    }
}
