// One request that waits for one reply. Used again for another request once its caller has the reply.
// Always: only an operation that ended by its reply, and that no cancellation can touch any more, goes back to the pool;
// one that timed out or was cancelled may still be in a link's ring and is left to the collector.
using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using Evalsha.Resp;

namespace Evalsha.Client;

internal sealed class RequestOperation(RequestOperation.Pool pool) : Operation, IValueTaskSource<RespValue>
{
    private ManualResetValueTaskSourceCore<RespValue> _core = new() { RunContinuationsAsynchronously = true };
    private RedisRequest? _request;
    private bool _replied;

    public ValueTask<RespValue> Reply => new(this, _core.Version);

    public override bool Repeatable => _request!.Repeatable;

    public override bool NextIsLast => true;

    public override string Describe() => _request!.Name;

    public override void Write(RespWriter writer) => _request!.Write(writer);

    public override void Take(RespValue reply)
    {
        if (TryFinish())
        {
            _replied = true;
            _core.SetResult(reply);
        }
    }

    public override void Restart()
    {
    }

    protected override void SetException(Exception error) => _core.SetException(error);

    RespValue IValueTaskSource<RespValue>.GetResult(short token)
    {
        var reply = _core.GetResult(token);
        if (TryEndWatch() && _replied)
        {
            pool.Return(this);
        }

        return reply.IsError ? throw new RedisException(reply.AsText()) : reply;
    }

    ValueTaskSourceStatus IValueTaskSource<RespValue>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RespValue>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Operations of one connection that wait for their next request.</summary>
    internal sealed class Pool
    {
        private const int PooledMax = 1024;

        private readonly ConcurrentQueue<RequestOperation> _idle = new();
        private int _count;

        public RequestOperation Rent(RedisRequest request)
        {
            if (_idle.TryDequeue(out var operation))
            {
                Interlocked.Decrement(ref _count);
            }
            else
            {
                operation = new RequestOperation(this);
            }

            operation._request = request;
            return operation;
        }

        public void Return(RequestOperation operation)
        {
            if (Volatile.Read(ref _count) >= PooledMax)
            {
                return;
            }

            operation._core.Reset();
            operation._request = null;
            operation._replied = false;
            operation.Attempts = 0;
            Interlocked.Increment(ref _count);
            _idle.Enqueue(operation);
        }
    }
}
