// A client without a connection: commands go from the caller's thread straight to the dispatcher, in this process.
// Always: one command at a time; it takes its turn like everybody else and hears BUSY like everybody else; replies are RESP3 values.
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Sessions;

public sealed class DirectClient : IClient, IAsyncDisposable
{
    // A script may return tables nested nearly 8000 deep; the server answers what Redis answers.
    private const int ReplyDepthMax = 10_000;

    private readonly ServerContext _server;
    private readonly RespBuffer _output = new();
    private readonly RespReply _reply;
    private readonly CommandContext _context;
    private readonly TurnWaiter _waiter = new();
    private readonly RespReader _reader = new(new RespLimits { MaxDepth = ReplyDepthMax });
    private readonly RequestWindow _window;
    private bool _closed;
    private bool _hasWritten;
    private bool _mayBlock;
    private BlockedCall? _blocked;

    internal DirectClient(ServerContext server)
    {
        _server = server;
        Id = server.Clients.NextId();
        ConnectedAt = LastCommandAt = server.Clock.ReadUnfrozen();
        _reply = new RespReply(_output, server.Stats) { Protocol = 3 };
        _context = new CommandContext(server, this, _reply) { IsPipeline = true };
        _window = new RequestWindow(server, new RespFramer());
        server.Clients.Join(this);
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

    /// <summary>Whoever holds the server object needs no password.</summary>
    public bool IsAuthenticated { get; set; } = true;

    public Transaction Transaction { get; } = new();

    public ReplyMode ReplyMode { get; set; }

    public bool NoEvict { get; set; }

    public bool NoTouch { get; set; }

    public string RemoteAddress => "direct";

    public string LocalAddress => "direct";

    public long ConnectedAt { get; }

    public long LastCommandAt { get; private set; }

    public string LastCommand => _context.Row.Name.Length == 0 ? "NULL" : _context.Row.FullName;

    public (int InputUsed, int InputFree, int OutputUsed) Buffers => (0, 0, _output.Length);

    /// <summary>Only a command whose caller awaits it may wait for a key.</summary>
    public BlockedCall? Blocked => _mayBlock ? _blocked ??= new BlockedCall(_server, this) : null;

    public bool IsBlocked => _blocked is { IsWaiting: true };

    public void CloseAfterReply() => _closed = true;

    public void Kill()
    {
        _closed = true;
        _blocked?.Fail("ERR The client was killed"u8);
    }

    /// <summary>Runs one command and returns its reply; an error is a value too.</summary>
    public async ValueTask<RespValue> ExecuteAsync(ByteString[] command)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        ArgumentOutOfRangeException.ThrowIfZero(command.Length);
        _hasWritten = false;
        _mayBlock = true;
        if (!TryExecute(command))
        {
            await ExecuteContendedAsync(command).ConfigureAwait(false);
        }

        while (_context.IsPostponed)
        {
            await WaitOutPauseAsync().ConfigureAwait(false);
            await ExecuteContendedAsync(command).ConfigureAwait(false);
        }

        _mayBlock = false;
        if (_blocked is { IsPending: true } call)
        {
            await WaitAsync(call).ConfigureAwait(false);
        }

        if (_server.Effects.DelaysReplies)
        {
            await WaitAsync().ConfigureAwait(false);
        }

        return Take();
    }

    public ValueTask<RespValue> ExecuteAsync(params string[] command) => ExecuteAsync(Array.ConvertAll(command, ByteString.FromUtf8));

    /// <summary>
    /// Runs whole encoded requests, as a pipeline of one connection and in one turn, and returns their encoded replies, valid until the next
    /// call. Inline requests are unescaped in place; what follows the last whole request is ignored.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>> ExecuteRawAsync(byte[] requests)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        _output.Clear();
        for (var start = 0; ;)
        {
            if (!_server.Gate.TryTake(out var turn))
            {
                turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
            }

            start = RunRaw(turn, requests, start);
            if (!_context.IsPostponed)
            {
                break;
            }

            await WaitOutPauseAsync().ConfigureAwait(false);
        }

        if (_server.Effects.DelaysReplies)
        {
            await WaitAsync().ConfigureAwait(false);
        }

        return _output.WrittenMemory;
    }

    public async ValueTask DisposeAsync()
    {
        _server.Clients.Leave(this);
        _closed = true;
        if (Transaction.Watch is not null || Transaction.Abandoned is not null || _blocked is { IsWaiting: true })
        {
            var turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
            _blocked?.Fail("ERR The client was disposed of"u8);
            Transaction.LetGo(_server.Unit.Watches);
            turn.Release();
        }
    }

    /// <summary>Runs the command if the turn is free; its reply lies in <see cref="Output"/> until <see cref="ClearOutput"/>.</summary>
    internal bool TryExecute(ByteString[] command)
    {
        if (!_server.Gate.TryTake(out var turn))
        {
            return false;
        }

        Run(turn, command);
        return true;
    }

    internal ReadOnlySpan<byte> Output => _output.Written;

    internal void ClearOutput() => _output.Clear();

    private async ValueTask ExecuteContendedAsync(ByteString[] command)
    {
        var turn = await _server.Gate.TakeAsync(_waiter).ConfigureAwait(false);
        if (turn.IsHeld)
        {
            Run(turn, command);
            return;
        }

        _context.Load(command, command.Length);
        if (!_server.Dispatcher.RunWhileBusy(_context))
        {
            Run(await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false), command);
        }
    }

    private void Run(in Turn turn, ByteString[] command)
    {
        var writes = _server.Effects.Writes;
        try
        {
            _context.Load(command, command.Length);
            _context.EndedAt = 0;
            _server.Dispatcher.Run(turn, _context);
        }
        finally
        {
            _hasWritten = _server.Effects.Writes != writes;
            _server.EndTurn();
            turn.Release();
        }
    }

    /// <summary>Until the command that waits has its reply.</summary>
    private async ValueTask WaitAsync(BlockedCall call)
    {
        while (call.IsWaiting)
        {
            await call.Woken.ConfigureAwait(false);
            if (call.IsWaiting && !call.TryWaitOn())
            {
                var turn = await _server.Gate.TakeAsync(_waiter, evenIfBusy: true).ConfigureAwait(false);
                call.TimeOut();
                turn.Release();
            }
        }

        call.TakeReply(_output, isWanted: true);
        _hasWritten = true;
    }

    /// <summary>Until what was written is as durable as promised.</summary>
    private async ValueTask WaitAsync()
    {
        try
        {
            await _server.Effects.WaitAsync(_hasWritten).ConfigureAwait(false);
        }
        catch (IOException)
        {
            _output.Clear(); // It is not known whether the command will last: the caller hears that, and no reply.
            throw;
        }
    }

    /// <summary>Runs what follows <paramref name="start"/>; how far it came (to the end, or to a command that a pause keeps back).</summary>
    private int RunRaw(in Turn turn, byte[] requests, int start)
    {
        var writes = _server.Effects.Writes;
        try
        {
            _context.EndedAt = 0;
            while (_window.HasRequest || _window.Fill(requests.AsSpan(start), RequestWindow.RequestsMax) == FrameStatus.Request)
            {
                if (_window.IsCold)
                {
                    _window.Warm(requests.AsSpan(start), _context.Db);
                }

                if (!_window.Arguments.IsEmpty)
                {
                    _context.Load(requests, start, _window.Arguments, _window.Row);
                    _server.Dispatcher.Run(turn, _context);
                    if (_context.IsPostponed)
                    {
                        break;
                    }
                }

                start += _window.Length;
                _window.Consume();
                _context.EndedAt = _window.HasRequest ? _context.EndedAt : 0;
            }

            return start;
        }
        finally
        {
            _hasWritten = _server.Effects.Writes != writes;
            _server.EndTurn();
            turn.Release();
        }
    }

    private async ValueTask WaitOutPauseAsync()
    {
        _context.IsPostponed = false;
        var resumed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server.Pause.Wait(resumed);
        await resumed.Task.ConfigureAwait(false);
    }

    private RespValue Take()
    {
        var whole = _reader.TryRead(_output.Written, out _, out var value);
        _output.Clear();
        LastCommandAt = _server.Clock.ReadUnfrozen();
        return whole ? value : RespValue.Null; // CLIENT REPLY OFF and SHUTDOWN answer nothing.
    }
}
