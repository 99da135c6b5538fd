// What the client believes about one script on the server: loaded under which generation, and who is loading it now.
// Always: belief is a hint only; the server's NOSCRIPT corrects it, and NOSCRIPT proves that nothing ran.
// Each belief has a number, so that a caller who got NOSCRIPT takes back the belief he acted on, not a newer one.
namespace Evalsha.Client.Scripts;

internal sealed class ScriptState
{
    private readonly Lock _gate = new();
    private long _loadedUnder = -1; // generation
    private long _belief;
    private TaskCompletionSource? _loading;

    public bool IsLoaded(long generation, out long belief)
    {
        lock (_gate)
        {
            belief = _belief;
            return _loadedUnder == generation;
        }
    }

    public void Forget(long belief)
    {
        lock (_gate)
        {
            if (_belief == belief)
            {
                _belief++;
                _loadedUnder = -1;
            }
        }
    }

    public void Believe(long generation)
    {
        lock (_gate)
        {
            _belief++;
            _loadedUnder = generation;
        }
    }

    /// <summary>Null: the caller leads, and must call <see cref="EndLoading"/>. Otherwise somebody loads it: wait for that and look again.</summary>
    public Task? LeadOrFollow()
    {
        lock (_gate)
        {
            if (_loading is { } other)
            {
                return other.Task;
            }

            _loading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return null;
        }
    }

    public void EndLoading()
    {
        TaskCompletionSource? ended;
        lock (_gate)
        {
            ended = _loading;
            _loading = null;
        }

        ended?.SetResult();
    }
}
