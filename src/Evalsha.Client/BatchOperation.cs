// Several requests that go out contiguously and wait for one reply each.
// Always: it ends when the last reply is there; error replies are replies.
using System.Threading.Tasks.Sources;
using Evalsha.Resp;

namespace Evalsha.Client;

internal sealed class BatchOperation(RedisRequest[] requests) : Operation, IValueTaskSource<RespValue[]>
{
    private readonly RespValue[] _replies = new RespValue[requests.Length];
    private ManualResetValueTaskSourceCore<RespValue[]> _core = new() { RunContinuationsAsynchronously = true };
    private int _taken;

    public ValueTask<RespValue[]> Replies => new(this, _core.Version);

    public override bool Repeatable => Array.TrueForAll(requests, r => r.Repeatable);

    public override string Describe() => $"A batch of {requests.Length} requests beginning with {requests[0].Name}";

    public override void Write(RespWriter writer)
    {
        foreach (var request in requests)
        {
            request.Write(writer);
        }
    }

    public override bool NextIsLast => _taken == _replies.Length - 1;

    public override void Take(RespValue reply)
    {
        _replies[_taken++] = reply;
        if (_taken == _replies.Length && TryFinish())
        {
            _core.SetResult(_replies);
        }
    }

    public override void Restart() => _taken = 0;

    protected override void SetException(Exception error) => _core.SetException(error);

    RespValue[] IValueTaskSource<RespValue[]>.GetResult(short token)
    {
        TryEndWatch();
        return _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<RespValue[]>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RespValue[]>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
