// One connection: receive, find whole commands, take a turn, run the batch, give the turn back, send all replies at once.
// Always: commands run in the order they came and their replies leave in that order; arguments are slices of the receive buffer while a command
// runs; the turn is never held across a receive, a send or a sync of the append-only file; buffers grow with bytes that came, up to named limits.
// HOT: no allocation, no await, no LINQ (in RunBatch). Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Net.Sockets;
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Sessions;

internal sealed class Session : IClient
{
    private const int SmallestInput = 4 * 1024;
    private const int KeptInput = 64 * 1024;

    // One turn runs at most this much of a pipeline, and a batch's replies are sent when they reach it: others get their turn in between.
    private const int BatchCommandsMax = 1024;
    private const int BatchOutputMax = 256 * 1024;

    private readonly ServerContext _server;
    private readonly Transport _transport;
    private readonly RespFramer _framer;
    private readonly Outbox _outbox;
    private readonly RespBuffer _output;
    private readonly RespReply _reply;
    private readonly CommandContext _context;
    private readonly TurnWaiter _waiter = new();
    private byte[] _input = new byte[SmallestInput];
    private int _start;
    private int _end;
    private bool _found;
    private bool _hasWritten; // since the last flush
    private volatile bool _closing;
    private CommandRow? _lastRow;
    private volatile TaskCompletionSource? _resumed; // while a pause keeps a command back

    public Session(ServerContext server, Transport transport)
    {
        (_server, _transport) = (server, transport);
        Id = server.Clients.NextId();
        ConnectedAt = LastCommandAt = server.Clock.ReadUnfrozen();
        _outbox = new Outbox(server, transport, this);
        _output = _outbox.Own;
        IsAuthenticated = server.Config.RequirePass.Length == 0;
        _framer = new RespFramer(new RespLimits
        {
            MaxBulkLength = server.Config.ProtoMaxBulkLength,
            MaxRequestLength = (int)Math.Min(server.Config.QueryBufferLimit, Array.MaxLength),
        });
        _reply = new RespReply(_output, server.Stats);
        _context = new CommandContext(server, this, _reply);
    }

    public long Id { get; }

    public ByteString Name { get; set; } = ByteString.Empty;

    public ByteString LibraryName { get; set; } = ByteString.Empty;

    public ByteString LibraryVersion { get; set; } = ByteString.Empty;

    public int Protocol
    {
        get => _reply.Protocol;
        set => _reply.Protocol = value;
    }

    public int Database
    {
        get => _context.Db.Index;
        set => _context.Select(value);
    }

    public bool IsAuthenticated { get; set; }

    public Transaction Transaction { get; } = new();

    public ReplyMode ReplyMode { get; set; }

    public bool NoEvict { get; set; }

    public bool NoTouch { get; set; }

    public string RemoteAddress => _transport.RemoteAddress;

    public string LocalAddress => _transport.LocalAddress;

    public long ConnectedAt { get; }

    public long LastCommandAt { get; private set; }

    public string LastCommand => _lastRow?.FullName ?? "NULL";

    public (int InputUsed, int InputFree, int OutputUsed) Buffers => (_end - _start, _input.Length - (_end - _start), _outbox.Length);

    public ClientFeeds? Feeds { get; set; }

    public bool TakesFeeds => true;

    public void Feed(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest) => _outbox.Feed(head, rest);

    public void CloseAfterReply() => _closing = true;

    public void Kill()
    {
        _closing = true;
        Interlocked.MemoryBarrier(); // Either this sees who waits out a pause, or that one sees the end.
        _resumed?.TrySetResult();
        _transport.Abort();
    }

    /// <summary>Serves the connection until either side ends it. Never throws.</summary>
    public async Task RunAsync()
    {
        _server.Clients.Join(this);
        Interlocked.Increment(ref _server.Stats.Connections);
        try
        {
            while (!_closing && await ReceiveAsync().ConfigureAwait(false))
            {
                await RunReceivedAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The peer went away, or somebody killed this client. Either way there is nobody left to tell.
        }
        catch (Exception e)
        {
            // A command failed in a way it should not have: this connection ends, the server goes on.
            _server.Log.Write(ServerLogLevel.Warning, $"Connection {Id} ends after '{_context.Row.FullName}' failed: {e}");
        }

        _server.Clients.Leave(this);
        _server.StopFeeding(this);
        _outbox.Close();
        await LeaveAsync().ConfigureAwait(false);
    }

    /// <summary>Is this a thread that the network needs, and that cannot be relieved while it runs something long?</summary>
    private static bool MustStayFree => !EventLoop.OwnsThread && !Thread.CurrentThread.IsThreadPoolThread;

    private async ValueTask<bool> ReceiveAsync()
    {
        MakeRoom();
        var received = await _transport.ReceiveAsync(_input.AsMemory(_end)).ConfigureAwait(false);
        _end += received;
        Interlocked.Add(ref _server.Stats.InputBytes, received);
        return received > 0;
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
            if (_input.Length > KeptInput)
            {
                _input = new byte[SmallestInput];
            }
        }
        else if (_end == _input.Length)
        {
            // Grows when more than half is one unfinished command; the framer has refused what is longer than its limits.
            var target = _end - _start > _input.Length / 2 ? new byte[(int)Math.Min(_input.Length * 2L, Array.MaxLength)] : _input;
            _input.AsSpan(_start, _end - _start).CopyTo(target);
            _input = target;
            _end -= _start;
            _start = 0;
        }
    }

    private async ValueTask RunReceivedAsync()
    {
        while (FindCommand())
        {
            if (MustStayFree && MayRunLong())
            {
                // The socket engine's own thread must stay free to hear the SCRIPT KILL.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            if (!_server.Gate.TryTakeSoon(out var turn))
            {
                turn = await _server.Gate.TakeAsync(_waiter).ConfigureAwait(false);
            }

            if (turn.IsHeld)
            {
                RunBatch(turn);
            }
            else
            {
                await RunWhileBusyAsync().ConfigureAwait(false);
            }

            await FlushAsync().ConfigureAwait(false);
            if (_context.IsPostponed)
            {
                await WaitOutPauseAsync().ConfigureAwait(false);
            }
        }

        await FlushAsync().ConfigureAwait(false);
    }

    /// <summary>CLIENT PAUSE keeps the found command back until it is over, or the client is killed.</summary>
    private async ValueTask WaitOutPauseAsync()
    {
        _context.IsPostponed = false;
        var resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _resumed = resumed;
        Interlocked.MemoryBarrier();
        if (!_closing)
        {
            _server.Pause.Wait(resumed);
            await resumed.Task.ConfigureAwait(false);
        }

        _resumed = null;
    }

    /// <summary>Is there a whole command? It stays found until it is run. Protocol errors are answered here.</summary>
    private bool FindCommand()
    {
        while (!_found)
        {
            if (_closing || _start == _end)
            {
                return false;
            }

            _framer.Unauthenticated = !IsAuthenticated;
            switch (_framer.Next(_input.AsSpan(_start, _end - _start)))
            {
                case FrameStatus.Request when _framer.Arguments.IsEmpty:
                    Consume();
                    break;
                case FrameStatus.Request:
                    _found = true;
                    break;
                case FrameStatus.ProtocolError:
                    RefuseProtocol();
                    return false;
                default:
                    return false;
            }
        }

        return true;
    }

    private void Consume()
    {
        _start += _framer.Consumed;
        _found = false;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    private void RefuseProtocol()
    {
        _outbox.BeginWithoutTurn();
        _reply.Error(System.Text.Encoding.Latin1.GetBytes($"ERR {_framer.Error}"));
        _closing = true;
    }

    private void RunBatch(in Turn turn)
    {
        var writes = _server.Effects.Writes;
        try
        {
            _outbox.Begin();
            ReleaseAbandonedWatch();
            var commands = 0;
            do
            {
                RunFound(turn);
                commands++;
            }
            while (!_context.IsPostponed && commands < BatchCommandsMax && _output.Length < BatchOutputMax && FindCommand() && (!MustStayFree || !MayRunLong()));

            LastCommandAt = _server.Clock.Now;
        }
        finally
        {
            _hasWritten |= _server.Effects.Writes != writes;
            _server.EndTurn();
            turn.Release();
        }
    }

    private void RunFound(in Turn turn)
    {
        _context.Load(_input, _start, _framer.Arguments);
        if (ReplyMode == ReplyMode.On)
        {
            _server.Dispatcher.Run(turn, _context);
        }
        else
        {
            RunWithoutReply(turn);
        }

        if (_context.IsPostponed)
        {
            return;
        }

        _outbox.AfterCommand();
        _lastRow = _context.Row;
        Consume();
    }

    private void RunWithoutReply(in Turn turn)
    {
        var (mode, length) = (ReplyMode, _output.Length);
        ReplyMode = mode == ReplyMode.SkipNext ? ReplyMode.On : mode;
        _server.Dispatcher.Run(turn, _context);
        if ((mode == ReplyMode.SkipNext || ReplyMode != ReplyMode.On) && !_context.Row.RepliesByPush)
        {
            _output.Truncate(length);
        }
    }

    private async ValueTask RunWhileBusyAsync()
    {
        _outbox.BeginWithoutTurn();
        _context.Load(_input, _start, _framer.Arguments);
        if (_server.Dispatcher.RunWhileBusy(_context))
        {
            Consume();
            return;
        }

        RunBatch(await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false));
    }

    /// <summary>Might the found command, or the transaction it ends, hold the turn for long?</summary>
    private bool MayRunLong()
    {
        var name = _framer.Arguments[0].Of(_input.AsSpan(_start, _end - _start));
        return _server.Commands.Find(name) is { } row
            && (row.MayRunLong || (row.EndsTransaction && Transaction.Queue.Any(static queued => queued.Row.MayRunLong)));
    }

    private ValueTask FlushAsync()
    {
        var hasWritten = _hasWritten;
        _hasWritten = false;
        return _outbox.FlushAsync(hasWritten);
    }

    private void ReleaseAbandonedWatch()
    {
        if (Transaction.Abandoned is { } mark)
        {
            _server.Unit.Watches.Release(mark);
            Transaction.Abandoned = null;
        }
    }

    private async ValueTask LeaveAsync()
    {
        if (Transaction.Watch is not null || Transaction.Abandoned is not null)
        {
            var turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
            Transaction.LetGo(_server.Unit.Watches);
            turn.Release();
        }

        await _transport.CloseAsync().ConfigureAwait(false);
    }
}
