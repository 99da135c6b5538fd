// The script that runs now: whose it is, what it may do, whether it wrote, whether somebody wants it dead.
// Always: one at a time, inside one turn; everything but the kill is touched only by the thread that holds the turn; a kill names the run it is
// meant for, so one that comes too late kills nobody else.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

/// <summary>What a request to end the running script met.</summary>
internal enum KillOutcome
{
    Requested,
    NothingRuns,
    HasWritten,

    /// <summary>SCRIPT KILL for a function, or FUNCTION KILL for a script.</summary>
    OtherKind,
}

/// <param name="StartedAt">Timestamp of the TimeProvider.</param>
internal sealed record BusyFunction(string Name, ByteString[] Command, long StartedAt);

internal sealed class ScriptRun
{
    private long _number;
    private long _killed;
    private long _aborted;
    private volatile bool _isRunning;
    private volatile bool _hasWritten;
    private volatile bool _isFunction;

    public Runnable? Script { get; private set; }

    /// <summary>A function runs, and not a script of EVAL's. Any thread.</summary>
    public bool IsFunction => _isFunction;

    /// <summary>What FUNCTION STATS tells of a function that runs too long: set when the server became busy. Any thread.</summary>
    public BusyFunction? Busy { get; set; }

    public Turn Turn { get; private set; }

    /// <summary>False: write commands are refused (EVAL_RO, no-writes).</summary>
    public bool MayWrite { get; private set; }

    /// <summary>The script said allow-oom, or cannot write anyway.</summary>
    public bool IgnoresMemory { get; private set; }

    /// <summary>A write command was called, whether it changed anything or not: from now on the script must end by itself.</summary>
    public bool HasWritten
    {
        get => _hasWritten;
        set => _hasWritten = value;
    }

    /// <summary>Timestamp of the first interrupt, 0 before: a short script never reads the clock.</summary>
    public long StartedAt { get; set; }

    public bool IsBusy { get; set; }

    /// <summary>The server is going away: ends whatever runs, also what has written; its effects are dropped.</summary>
    public bool IsAborted => Volatile.Read(ref _aborted) == _number && _isRunning;

    public bool IsKilled => Volatile.Read(ref _killed) == _number && _isRunning;

    public void Begin(Runnable script, in Turn turn, bool mayWrite, bool ignoresMemory)
    {
        _number++;
        Script = script;
        _isFunction = script.IsFunction;
        Turn = turn;
        MayWrite = mayWrite;
        IgnoresMemory = ignoresMemory;
        _hasWritten = false;
        StartedAt = 0;
        IsBusy = false;
        _isRunning = true;
    }

    public void End()
    {
        _isRunning = false;
        Busy = null;
        Script = null;
        Turn = default;
    }

    /// <summary>From any thread.</summary>
    public KillOutcome Kill(bool isFunction)
    {
        if (!_isRunning)
        {
            return KillOutcome.NothingRuns;
        }

        if (_hasWritten)
        {
            return KillOutcome.HasWritten;
        }

        if (isFunction != _isFunction)
        {
            return KillOutcome.OtherKind;
        }

        Volatile.Write(ref _killed, Volatile.Read(ref _number));
        return KillOutcome.Requested;
    }

    /// <summary>From any thread.</summary>
    public void Abort() => Volatile.Write(ref _aborted, Volatile.Read(ref _number));
}
