// A transport over an IDuplexPipe, such as the embedded server's in-memory connection.
// Always: pipe reader and writer are completed once, each by the side that is not using it at the moment; Abort cancels what is pending.
using System.Buffers;
using System.IO.Pipelines;

namespace Evalsha.Client.Transport;

internal sealed class PipeTransport(IDuplexPipe pipe) : Transport
{
    private readonly Lock _gate = new();
    private bool _aborted;
    private bool _sending;
    private bool _receiving;
    private bool _outputDone;
    private bool _inputDone;

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_aborted, this);
            _sending = true;
        }

        try
        {
            var result = await pipe.Output.WriteAsync(bytes).ConfigureAwait(false);
            if (result.IsCompleted || result.IsCanceled)
            {
                throw new IOException("The peer has closed the pipe.");
            }
        }
        finally
        {
            End(ref _sending);
        }
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_aborted, this);
            _receiving = true;
        }

        try
        {
            var result = await pipe.Input.ReadAsync().ConfigureAwait(false);
            var take = (int)Math.Min(result.Buffer.Length, buffer.Length);
            var taken = result.Buffer.Slice(0, take);
            taken.CopyTo(buffer.Span);
            pipe.Input.AdvanceTo(taken.End);
            return take; // 0 when completed, or cancelled by Abort.
        }
        finally
        {
            End(ref _receiving);
        }
    }

    public override void Abort()
    {
        lock (_gate)
        {
            _aborted = true;
        }

        pipe.Input.CancelPendingRead();
        pipe.Output.CancelPendingFlush();
        Complete();
    }

    private void End(ref bool busy)
    {
        bool aborted;
        lock (_gate)
        {
            busy = false;
            aborted = _aborted;
        }

        if (aborted)
        {
            Complete();
        }
    }

    private void Complete()
    {
        bool output, input;
        lock (_gate)
        {
            output = !_sending && !_outputDone;
            input = !_receiving && !_inputDone;
            _outputDone |= output;
            _inputDone |= input;
        }

        if (output)
        {
            pipe.Output.Complete();
        }

        if (input)
        {
            pipe.Input.Complete();
        }
    }
}
