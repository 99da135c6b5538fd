// A server of a few commands on the other end of in-memory pipes, that can withhold replies and cut either direction at any byte.
// It writes down what it executed, so that a test knows what ran and how often.
// Known: HELLO, CLIENT, SELECT, PING; ECHO x -> x; MARK x -> writes x down, answers x; FAIL -> an error. Anything else is an unknown command.
using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text;
using Evalsha.Resp;

namespace Evalsha.Client.Tests.Support;

internal sealed class FakePeer
{
    private readonly ConcurrentQueue<Cut> _cuts = new();
    private readonly ConcurrentQueue<string> _executed = new();
    private TaskCompletionSource _open = Opened();
    private int _dials;

    /// <summary>Bytes that the peer's pipes hold before they make their writer wait.</summary>
    public int PipeBytes { get; init; } = 64 * 1024;

    public int Dials => Volatile.Read(ref _dials);

    /// <summary>What MARK was given, in order of execution.</summary>
    public string[] Executed => [.. _executed];

    /// <summary>Bytes of replies that the newest connection sent after its handshake.</summary>
    public int RepliedBytes { get; private set; }

    /// <summary>Bytes of requests that the newest connection received after its handshake.</summary>
    public int RequestedBytes { get; private set; }

    /// <summary>Makes the next dialled connection end. Handshake bytes count only when <see cref="Cut.CountHandshake"/> is set.</summary>
    public void CutNext(Cut cut) => _cuts.Enqueue(cut);

    /// <summary>Requests are no longer executed until <see cref="Release"/>.</summary>
    public void Withhold() => Interlocked.Exchange(ref _open, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public void Release() => Volatile.Read(ref _open).TrySetResult();

    public ValueTask<IDuplexPipe> DialAsync(CancellationToken ct)
    {
        Interlocked.Increment(ref _dials);
        if (_cuts.TryDequeue(out var cut) && cut.RefuseDial)
        {
            throw new IOException("refused");
        }

        var pipe = new PipeOptions(pauseWriterThreshold: PipeBytes, resumeWriterThreshold: PipeBytes / 2, useSynchronizationContext: false);
        var up = new Pipe(pipe);
        var down = new Pipe(new PipeOptions(useSynchronizationContext: false));
        _ = Task.Run(() => ServeAsync(up.Reader, down.Writer, cut ?? new Cut()), ct);
        return ValueTask.FromResult<IDuplexPipe>(new Duplex(down.Reader, up.Writer));
    }

    private async Task ServeAsync(PipeReader input, PipeWriter output, Cut cut)
    {
        var framer = new RespFramer();
        var received = new List<byte>();
        var replies = new RespBuffer();
        var writer = new RespWriter(replies);
        var greeted = false;
        var requested = 0;
        var replied = 0;
        RepliedBytes = RequestedBytes = 0;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync();
                if (greeted)
                {
                    await Volatile.Read(ref _open).Task;
                }

                var bytes = read.Buffer.ToArray();
                input.AdvanceTo(read.Buffer.End);
                var counts = greeted || cut.CountHandshake; // The requests in which the handshake ends are answered whole.
                if (counts)
                {
                    var left = Math.Max(0, cut.AfterRequestBytes - requested);
                    requested += bytes.Length;
                    RequestedBytes = requested;
                    bytes = bytes.Length > left ? bytes[..left] : bytes;
                }

                received.AddRange(bytes);
                while (true)
                {
                    var buffer = received.ToArray();
                    if (framer.Next(buffer) != FrameStatus.Request)
                    {
                        break;
                    }

                    var request = framer.Arguments.ToArray().Select(slice => Encoding.UTF8.GetString(slice.Of(buffer))).ToArray();
                    received.RemoveRange(0, framer.Consumed);
                    Execute(request, writer);
                    greeted |= request is ["CLIENT", "SETINFO", "LIB-VER", ..]; // The last of a handshake without a name.
                }

                var all = replies.Written.ToArray();
                replies.Clear();
                if (counts)
                {
                    var left = Math.Max(0, cut.AfterReplyBytes - replied);
                    replied += all.Length;
                    RepliedBytes = replied;
                    if (all.Length >= left)
                    {
                        await output.WriteAsync(all.AsMemory(0, left));
                        return;
                    }
                }

                if (all.Length > 0)
                {
                    await output.WriteAsync(all);
                }

                if ((counts && requested >= cut.AfterRequestBytes) || read.IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            await input.CompleteAsync();
            await output.CompleteAsync();
        }
    }

    private void Execute(string[] request, RespWriter reply)
    {
        switch (request)
        {
            case ["HELLO", "3", ..]:
                reply.Protocol = 3;
                reply.Map(1);
                reply.Bulk("version");
                reply.Bulk("0.0.0");
                break;
            case ["CLIENT" or "SELECT", ..]:
                reply.SimpleString("OK"u8);
                break;
            case ["PING"]:
                reply.SimpleString("PONG"u8);
                break;
            case ["ECHO", var text]:
                reply.Bulk(text);
                break;
            case ["MARK", var text]:
                _executed.Enqueue(text);
                reply.Bulk(text);
                break;
            case ["FAIL"]:
                reply.Error("ERR as asked");
                break;
            default:
                reply.Error($"ERR unknown command '{request[0]}'");
                break;
        }
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>Where a connection ends.</summary>
internal sealed class Cut
{
    public int AfterReplyBytes { get; init; } = int.MaxValue;

    public int AfterRequestBytes { get; init; } = int.MaxValue;

    public bool CountHandshake { get; init; }

    public bool RefuseDial { get; init; }}
