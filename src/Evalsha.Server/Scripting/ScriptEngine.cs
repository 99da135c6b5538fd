// Runs scripts: finds or compiles them, gives them KEYS and ARGV, runs them in the caller's turn and unit, and turns their end into a reply.
// Always: one Lua state serves all EVAL clients until SCRIPT FLUSH; a run leaves nothing behind that the next could see; a script is one unit:
// its writes become effects one by one and leave together; its failure is a reply, never an exception.
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Sessions;

namespace Evalsha.Server.Scripting;

internal sealed partial class ScriptEngine
{
    private static readonly ByteString KilledText = ByteString.FromUtf8("ERR Script killed by user with SCRIPT KILL...");
    private static readonly ByteString Err = ByteString.FromUtf8("err");
    private static readonly ByteString Source = ByteString.FromUtf8("source");
    private static readonly ByteString Line = ByteString.FromUtf8("line");

    private readonly ServerContext _server;
    private readonly long _memoryLimit;
    private readonly ScriptResult _result = new();
    private ScriptState? _state;
    private CommandContext? _caller; // whose command runs
    private FunctionState? _functions;
    private LuaState? _flushed;

    /// <param name="memoryLimit">Bytes that may be alive in the script state at once; 0 = no limit.</param>
    public ScriptEngine(ServerContext server, long memoryLimit)
    {
        (_server, _memoryLimit) = (server, memoryLimit);
        server.ResetScriptCounters = () =>
        {
            foreach (var runnable in All)
            {
                runnable.Counters.Reset();
            }
        };
        server.FunctionCodes = () => Functions.Libraries.Select(static library => library.Code);
    }

    public ScriptCache Cache { get; } = new();

    public ScriptRun Run { get; } = new();

    /// <summary>Bytes alive in the scripts' Lua state when the engine last counted them; it counts when much has been allocated.</summary>
    public long ScriptBytes => _state?.Lua.LiveBytesAtLastWalk ?? 0;

    /// <summary>The same of the functions' state.</summary>
    public long FunctionBytes => _functions?.Lua.LiveBytesAtLastWalk ?? 0;

    /// <summary>Every cached script and every function.</summary>
    public IEnumerable<Runnable> All => Cache.All.Concat<Runnable>(Functions.Libraries.SelectMany(static library => library.Functions));

    private ScriptState State => _state ??= MakeState();

    /// <summary>SCRIPT FLUSH: scripts and the whole interpreter go.</summary>
    public void Flush()
    {
        Cache.Clear();
        _flushed = _state?.Lua ?? _functions?.Lua ?? _flushed;
        _state = null;
    }

    /// <summary>The script of this text, compiled if it is new; null: the error has been replied.</summary>
    public CachedScript? Load(CommandContext c, int argument)
    {
        var body = c[argument];
        if (Cache.FindBody(body) is { } known)
        {
            return known;
        }

        if (!ScriptHeader.TryParse(body, out var header, out var error))
        {
            c.Reply.Error(error!);
            return null;
        }

        if (Cache.IsFull)
        {
            c.Reply.Error("ERR Too many scripts are cached. Pass data as arguments, and SCRIPT FLUSH."u8);
            return null;
        }

        var sha = ScriptCache.Digest(body);
        if (!State.TryCompile(body[header.Length..], out var function, out var message))
        {
            c.Reply.Error(Encoding.Latin1.GetBytes($"ERR Error compiling script (new function): {message}"));
            return null;
        }

        var script = new CachedScript(sha, c.Text(argument), header.Flags, function);
        Cache.Add(script);
        return script;
    }

    /// <summary>Runs the script for this command: its keys and arguments begin at argument 3. Replies.</summary>
    public void Execute(CommandContext c, CachedScript script, int keys, bool readOnly)
    {
        c.NoEffect(); // What the script's commands do are the effects.
        if (IsRefused(c, script, readOnly))
        {
            return;
        }

        var state = State;
        Begin(c, script, readOnly);
        try
        {
            state.Prepare(c, keys);
            End(c.Reply, script, state.TryRun(script.Function, out var value), value, state.Protocol);
        }
        finally
        {
            Run.End();
            state.Clear();
        }
    }

    private void Begin(CommandContext c, Runnable script, bool readOnly)
    {
        var flags = script.Flags;
        Run.Begin(script, c.Turn, mayWrite: !readOnly && (flags & ScriptFlags.NoWrites) == 0, ignoresMemory: (flags & (ScriptFlags.AllowOom | ScriptFlags.NoWrites)) != 0);
        c.Measured = script.Counters;
        _caller = c;
    }

    private void End(IReply reply, Runnable script, bool succeeded, in LuaValue value, int protocol)
    {
        _caller = null;
        if (succeeded)
        {
            if (value.IsTable && value.AsTable.GetString(Err).IsString)
            {
                script.Counters.Errors++;
            }

            _result.Write(reply, value, protocol);
        }
        else
        {
            script.Counters.Errors++;
            ReplyFailure(reply, script, value);
        }

        if (Run.IsAborted)
        {
            _server.Effects.Discard();
        }
    }

    /// <summary>The number of keys, argument 2; false: the error has been replied.</summary>
    public static bool TryKeyCount(CommandContext c, out int keys)
    {
        keys = 0;
        if (!c.TryInteger(2, out var count))
        {
            return false;
        }

        if (count > c.Count - 3)
        {
            c.Reply.Error("ERR Number of keys can't be greater than number of args"u8);
            return false;
        }

        if (count < 0)
        {
            c.Reply.Error("ERR Number of keys can't be negative"u8);
            return false;
        }

        keys = (int)count;
        return true;
    }

    /// <summary>What a script with a first line is asked before it runs. Without one, each of its commands is asked instead.</summary>
    private bool IsRefused(CommandContext c, Runnable script, bool readOnly)
    {
        if ((script.Flags & ScriptFlags.Compatible) != 0)
        {
            return false;
        }

        if (readOnly && (script.Flags & ScriptFlags.NoWrites) == 0)
        {
            c.Reply.Error("ERR Can not execute a script with write flag using *_ro command."u8);
            return true;
        }

        if ((script.Flags & (ScriptFlags.AllowOom | ScriptFlags.NoWrites)) == 0 && _server.Config.IsOverMaxMemory())
        {
            c.Reply.Error(Errors.OutOfMemory);
            return true;
        }

        return false;
    }

    private ScriptState MakeState()
    {
        var state = new ScriptState(_server, Run, _memoryLimit, OnInterrupt, _functions?.Lua ?? _flushed);
        _flushed = null;
        return state;
    }

    private LuaInterrupt OnInterrupt(LuaState state)
    {
        if (_loadingUntil != 0)
        {
            return _server.Clock.Provider.GetTimestamp() < _loadingUntil ? LuaInterrupt.Continue : LuaInterrupt.Kill(LuaReply.MakeError(LoadTimeOut, wasCounted: false));
        }

        if (Run.IsKilled || Run.IsAborted)
        {
            return LuaInterrupt.Kill(LuaReply.MakeError(KilledText, wasCounted: false));
        }

        var threshold = _server.Config.BusyReplyThreshold;
        var time = _server.Clock.Provider;
        if (Run.StartedAt == 0)
        {
            Run.StartedAt = time.GetTimestamp();
            EventLoop.HandOver(); // Others must hear BUSY, and their SCRIPT KILL be heard.
        }
        else if (!Run.IsBusy && threshold > 0 && time.GetElapsedTime(Run.StartedAt).TotalMilliseconds >= threshold)
        {
            Run.IsBusy = true;
            _server.IsBusyWithFunction = Run.IsFunction;
            Run.Busy = Run.IsFunction && _caller is { } caller ? new BusyFunction(Run.Script!.Name, caller.Own(), Run.StartedAt) : null;
            _server.Log.Write(ServerLogLevel.Warning, $"Slow script detected: still in execution after {time.GetElapsedTime(Run.StartedAt).TotalMilliseconds:F0} milliseconds. You can try killing the script using the {(Run.IsFunction ? "FUNCTION" : "SCRIPT")} KILL command. Script name is: {Run.Script?.Name}.");
            _server.Gate.DeclareBusy(Run.Turn);
        }

        return LuaInterrupt.Continue;
    }

    /// <summary>The error value, after the handler made a table of it, as Redis words it.</summary>
    private static void ReplyFailure(IReply reply, Runnable script, in LuaValue error)
    {
        if (!error.IsTable)
        {
            var text = error.IsString ? Encoding.Latin1.GetString(error.AsString.Span) : "execution failure";
            reply.Error(Encoding.Latin1.GetBytes($"ERR Error running script {script.Name}, {text[..Math.Min(text.Length, 100)]}"));
            return;
        }

        var table = error.AsTable;
        var message = new List<byte>(128);
        if (table.GetString(Err) is { IsString: true } err)
        {
            message.AddRange(err.AsString.Span);
        }
        else
        {
            message.AddRange("ERR unknown error"u8);
        }

        if (table.GetString(Source) is { IsString: true } source && table.GetString(Line) is { IsNumber: true } line)
        {
            message.AddRange(Encoding.Latin1.GetBytes($" script: {script.Name}, on {Encoding.Latin1.GetString(source.AsString.Span)}:{(long)line.AsNumber}."));
        }

        reply.Error([.. message]);
    }
}
