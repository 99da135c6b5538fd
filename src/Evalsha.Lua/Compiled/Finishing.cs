// Machine code for translated functions, made on another core while the interpreter goes on with them (LuaOptions.CompilesInBackground).
// Always: a translation refers to nothing that changes while it waits, and nothing but the state's own turn installs what came out of it, at a
// later look at the running function (Hotness.Sample). A function waits at most once, so there are never more of them than functions.
// What fails here is thrown where it is fetched, as it would be without another thread.
using System.Runtime.ExceptionServices;

namespace Evalsha.Lua.Compiled;

internal sealed class Finishing : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private readonly Queue<Translation> _waiting = new();
    private readonly Queue<Translation> _finished = new();
    private volatile bool _hasFinished;
    private ExceptionDispatchInfo? _failure;
    private bool _isWorking;

    public void Add(Translation translation)
    {
        lock (_gate)
        {
            _waiting.Enqueue(translation);
            if (_isWorking) return;
            _isWorking = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Something is ready to be installed.</summary>
    public bool HasFinished => _hasFinished;

    public bool TryTake(out Translation translation)
    {
        lock (_gate)
        {
            _failure?.Throw();
            var taken = _finished.TryDequeue(out var found);
            _hasFinished = _finished.Count > 0;
            translation = found!;
            return taken;
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (TryNext(out var next))
        {
            ExceptionDispatchInfo? failure = null;
            try
            {
                next.FinishAtOnce();
            }
            catch (Exception thrown)
            {
                failure = ExceptionDispatchInfo.Capture(thrown);
            }
            lock (_gate)
            {
                _failure ??= failure;
                if (failure is null) _finished.Enqueue(next);
                _hasFinished = true;
            }
        }
    }

    private bool TryNext(out Translation next)
    {
        lock (_gate)
        {
            _isWorking = _waiting.TryDequeue(out var found);
            next = found!;
            return _isWorking;
        }
    }
}
