// One connection: receive, find whole commands, take a turn, run the batch, give the turn back, send all replies at once.
// Always: commands run in the order they came and their replies leave in that order; arguments are slices of the receive buffer while a command
// runs; the turn is never held across a receive, a send or a sync of the append-only file; buffers grow with bytes that came, up to named limits.
// HOT: no allocation, no await, no LINQ (in RunBatch). Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Net.Sockets;
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Sessions;

internal sealed class Session : IClient, IReceiver
{
    private const int SmallestInput = 4 * 1024;
    private const int UsualInput = 16 * 1024; // For whoever fills the smallest: what Redis reads at a time.
    private const int KeptInput = 64 * 1024;

    // One turn runs at most this much of a pipeline, and a batch's replies are sent when they reach it: others get their turn in between.
    // A client that waits may send on; what it sends is kept up to here, and beyond is left to the network.
    private const int BlockedInputMax = 1024 * 1024;

    private const int BatchCommandsMax = 1024;
    private const int BatchOutputMax = 256 * 1024;

    private readonly ServerContext _server;
    private readonly Transport _transport;
    private readonly RespFramer _framer;
    private readonly RequestWindow _window;
    private readonly Outbox _outbox;
    private readonly RespBuffer _output;
    private readonly RespReply _reply;
    private readonly CommandContext _context;
    private readonly TurnWaiter _waiter = new();
    private byte[] _input = new byte[SmallestInput];
    private int _start;
    private int _end;
    private bool _filled; // by the last receive, to the end
    private bool _hasWritten; // since the last flush
    private ValueTask? _flushing; // has begun, and has to be awaited
    private volatile bool _closing;
    private CommandRow? _lastRow;
    private volatile TaskCompletionSource? _resumed; // while a pause keeps a command back
    private BlockedCall? _blocked;
    private bool _dropsBlockedReply;
    private byte[] _side = [];
    private Task<int>? _meanwhile; // a receive into _side, begun while a command waited: _input may be used beside it

    public Session(ServerContext server, Transport transport)
    {
        (_server, _transport) = (server, transport);
        Id = server.Clients.NextId();
        ConnectedAt = LastCommandAt = server.Clock.ReadUnfrozen();
        _outbox = new Outbox(server, transport, this);
        _output = _outbox.Own;
        IsAuthenticated = server.Config.RequirePass.Length == 0;
        _framer = new RespFramer(InputLimits());
        _reply = new RespReply(_output, server.Stats);
        _window = new RequestWindow(server, _framer);
        _context = new CommandContext(server, this, _reply) { IsPipeline = true };
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

    public bool IsBlocked => _blocked is { IsWaiting: true } || _resumed is not null;

    public BlockedCall Blocked => _blocked ??= new BlockedCall(_server, this);

    public void CloseAfterReply() => _closing = true;

    public void Kill()
    {
        _closing = true;
        Interlocked.MemoryBarrier(); // Either this sees who waits out a pause, or that one sees the end.
        _resumed?.TrySetResult();
        _transport.Abort();
    }

    /// <summary>From the server's timer. Subscribers, monitors and who waits for a key may be silent for as long as they like.</summary>
    public void CheckIdle(long nowSeconds)
    {
        if (_outbox.Length != 0)
        {
            _outbox.CheckLimit();
        }

        var most = _server.Config.IdleTimeoutSeconds;
        if (most > 0
            && nowSeconds - (LastCommandAt / 1000) > most
            && Feeds is not ({ IsSubscribed: true } or { IsMonitor: true })
            && _blocked is not { IsPending: true })
        {
            _server.Log.Write(ServerLogLevel.Verbose, "Closing idle client");
            Kill();
        }
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
                await GoOnAsync().ConfigureAwait(false);
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

    /// <summary>Until there is something that <see cref="GoOnAsync"/> has to wait for; false: the peer has closed.</summary>
    private async ValueTask<bool> ReceiveAsync()
    {
        if (_meanwhile is { } meanwhile)
        {
            return TakeMeanwhile(await meanwhile.ConfigureAwait(false));
        }

        return await _transport.ServeAsync(this).ConfigureAwait(false) > 0;
    }

    Memory<byte> IReceiver.MakeRoom()
    {
        MakeRoom();
        return _input.AsMemory(_end);
    }

    bool IReceiver.TryServe(int received)
    {
        _end += received;
        _filled = _end == _input.Length;
        Interlocked.Add(ref _server.Stats.InputBytes, received);
        return TryRunReceived();
    }

    /// <summary>Puts what came meanwhile behind what is there; false: the peer has closed.</summary>
    private bool TakeMeanwhile(int received)
    {
        _meanwhile = null;
        for (var taken = 0; taken < received;)
        {
            MakeRoom();
            var part = Math.Min(received - taken, _input.Length - _end);
            _side.AsSpan(taken, part).CopyTo(_input.AsSpan(_end));
            _end += part;
            taken += part;
        }

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
            else if (_filled && _input.Length < UsualInput)
            {
                _input = new byte[_input.Length * 2];
            }
        }
        else if (_end == _input.Length)
        {
            // Grows when more than half is one unfinished command, or to the usual size; the framer has refused what is longer than its limits.
            var isShort = _end - _start > _input.Length / 2 || (_filled && _input.Length < UsualInput);
            var target = isShort ? new byte[(int)Math.Min(_input.Length * 2L, Array.MaxLength)] : _input;
            _input.AsSpan(_start, _end - _start).CopyTo(target);
            _input = target;
            _end -= _start;
            _start = 0;
        }
    }

    /// <summary>Runs and answers what is there; false: <see cref="GoOnAsync"/> has to go on, because something must be waited for or this is the end.</summary>
    private bool TryRunReceived()
    {
        while (FindCommand())
        {
            if ((MustStayFree && MayRunLong()) || !_server.Gate.TryTakeSoon(out var turn))
            {
                return false;
            }

            RunBatch(turn);
            if (!TryFlush() || _context.IsPostponed || _blocked is { IsPending: true })
            {
                return false;
            }
        }

        return TryFlush() && !_closing;
    }

    /// <summary>Waits for whatever stopped <see cref="TryRunReceived"/>, until all that is there has been run and answered.</summary>
    private async ValueTask GoOnAsync()
    {
        while (true)
        {
            await FlushAsync().ConfigureAwait(false);
            if (_context.IsPostponed)
            {
                await WaitOutPauseAsync().ConfigureAwait(false);
            }

            if (_blocked is { IsPending: true } call)
            {
                await WaitAsync(call).ConfigureAwait(false);
            }

            if (TryRunReceived() || _closing)
            {
                break;
            }

            if (_flushing is null && !_context.IsPostponed && _blocked is not { IsPending: true } && FindCommand())
            {
                await RunNextAsync().ConfigureAwait(false); // The turn was not to be had at once.
            }
        }

        await FlushAsync().ConfigureAwait(false);
    }

    private async ValueTask RunNextAsync()
    {
        if (MustStayFree && MayRunLong())
        {
            // The socket engine's own thread must stay free to hear the SCRIPT KILL.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        var turn = await _server.Gate.TakeAsync(_waiter).ConfigureAwait(false);
        if (turn.IsHeld)
        {
            RunBatch(turn);
        }
        else
        {
            await RunWhileBusyAsync().ConfigureAwait(false);
        }
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

    /// <summary>Until the command that waits has its reply, or the peer has gone.</summary>
    private async ValueTask WaitAsync(BlockedCall call)
    {
        while (call.IsWaiting)
        {
            var woken = call.Woken;
            if (_end - _start < BlockedInputMax)
            {
                _side = _side.Length == 0 ? new byte[SmallestInput] : _side;
                _meanwhile ??= _transport.ReceiveAsync(_side).AsTask();
                await Task.WhenAny(woken, _meanwhile).ConfigureAwait(false);
            }
            else
            {
                await woken.ConfigureAwait(false);
            }

            if (!woken.IsCompleted && !TakeMeanwhile(await _meanwhile!.ConfigureAwait(false)))
            {
                _closing = true; // LeaveAsync takes the call out of its lines.
                return;
            }

            if (woken.IsCompleted && call.IsWaiting && !call.TryWaitOn())
            {
                var turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
                call.TimeOut();
                turn.Release();
            }
        }

        _outbox.BeginWithoutTurn();
        call.TakeReply(_output, isWanted: !_dropsBlockedReply);
        _hasWritten = true; // What served it may have to be kept first.
    }

    private RespLimits InputLimits() => new()
    {
        MaxBulkLength = _server.Config.ProtoMaxBulkLength,
        MaxRequestLength = (int)Math.Min(_server.Config.QueryBufferLimit, Array.MaxLength),
    };

    /// <summary>CONFIG SET holds for connections that are open, from what they send next.</summary>
    private void FollowLimits()
    {
        var (limits, config) = (_framer.Limits, _server.Config);
        if (limits.MaxBulkLength != config.ProtoMaxBulkLength || limits.MaxRequestLength != Math.Min(config.QueryBufferLimit, Array.MaxLength))
        {
            _framer.Limits = InputLimits();
        }
    }

    /// <summary>Is there a whole command? It stays found until it is run. Protocol errors are answered here.</summary>
    private bool FindCommand()
    {
        while (!_closing)
        {
            if (!_window.HasRequest && !TryFillWindow())
            {
                return false;
            }

            if (!_window.Arguments.IsEmpty)
            {
                return true;
            }

            Consume();
        }

        return false;
    }

    private bool TryFillWindow()
    {
        _context.EndedAt = 0;
        if (_start == _end)
        {
            return false;
        }

        // Where a password is wanted, a command decides how the next one may look.
        _framer.Unauthenticated = !IsAuthenticated;
        FollowLimits();
        var most = IsAuthenticated && _server.Config.RequirePass.Length == 0 ? RequestWindow.RequestsMax : 1;
        var status = _window.Fill(_input.AsSpan(_start, _end - _start), most);
        if (status == FrameStatus.ProtocolError)
        {
            RefuseProtocol();
        }

        return status == FrameStatus.Request;
    }

    private void Consume()
    {
        _start += _window.Length;
        _window.Consume();
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    private void RefuseProtocol()
    {
        if (_framer.Error == RespFramer.TooBigRequest)
        {
            // As Redis: whoever passes client-query-buffer-limit hears nothing.
            Interlocked.Increment(ref _server.Stats.QueryLimitDisconnections);
            _server.Log.Write(ServerLogLevel.Warning, $"Closing client that reached max query buffer length: id={Id} addr={RemoteAddress}");
            _closing = true;
            return;
        }

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
            _context.EndedAt = 0;
            var commands = 0;
            do
            {
                RunFound(turn);
                commands++;
            }
            while (!_context.IsPostponed && _blocked is not { IsPending: true } && commands < BatchCommandsMax && _output.Length < BatchOutputMax && FindCommand() && (!MustStayFree || !MayRunLong()));

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
        if (_window.IsCold)
        {
            _window.Warm(_input.AsSpan(_start, _end - _start), _context.Db);
        }

        _context.Load(_input, _start, _window.Arguments, _window.Row);
        _dropsBlockedReply = ReplyMode != ReplyMode.On;
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
        _context.Load(_input, _start, _window.Arguments, _window.Row);
        if (_server.Dispatcher.RunWhileBusy(_context))
        {
            Consume();
            return;
        }

        RunBatch(await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false));
    }

    /// <summary>Might the found command, or the transaction it ends, hold the turn for long?</summary>
    private bool MayRunLong() =>
        _window.Row is { } row
            && (row.MayRunLong || (row.EndsTransaction && Transaction.Queue.Any(static queued => queued.Row.MayRunLong)));

    /// <summary>False: it goes on, and <see cref="FlushAsync"/> waits for its end.</summary>
    private bool TryFlush()
    {
        var flushing = BeginFlush();
        if (flushing.IsCompletedSuccessfully)
        {
            flushing.GetAwaiter().GetResult();
            return true;
        }

        _flushing = flushing;
        return false;
    }

    private ValueTask FlushAsync()
    {
        var flushing = _flushing ?? BeginFlush();
        _flushing = null;
        return flushing;
    }

    private ValueTask BeginFlush()
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
        if (Transaction.Watch is not null || Transaction.Abandoned is not null || _blocked is { IsWaiting: true })
        {
            var turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
            _blocked?.Abandon();
            Transaction.LetGo(_server.Unit.Watches);
            turn.Release();
        }

        await _transport.CloseAsync().ConfigureAwait(false);
    }
}
