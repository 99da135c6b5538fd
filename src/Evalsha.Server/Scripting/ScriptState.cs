// One Lua world as Redis prepares it for scripts: the libraries, redis.*, and nothing a script could change for the next one.
// Always: the globals and every library table are read-only; KEYS and ARGV hold this run's arguments only; unknown globals are errors.
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal sealed class ScriptState
{
    private const string ChunkName = "@user_script";

    private static readonly ByteString KeysName = ByteString.FromUtf8("KEYS");
    private static readonly ByteString ArgvName = ByteString.FromUtf8("ARGV");
    private static readonly ByteString ErrName = ByteString.FromUtf8("err");
    private static readonly ByteString SourceName = ByteString.FromUtf8("source");
    private static readonly ByteString LineName = ByteString.FromUtf8("line");
    private static readonly ByteString HostSource = ByteString.FromUtf8("=[C]");

    private readonly LuaState _lua;
    private readonly RedisLibrary _redis;
    private readonly LuaHostFunction _handler;
    private readonly LuaTable _keys = new();
    private readonly LuaTable _argv = new();

    public ScriptState(ServerContext server, ScriptRun run, long memoryLimit, Func<LuaState, LuaInterrupt> onInterrupt, ScriptState? previous)
    {
        _lua = new LuaState(new LuaOptions
        {
            Sandbox = true,
            Libraries = LuaLibraries.Sandbox,
            Limits = new LuaLimits { MaxLiveBytes = memoryLimit },
            Time = server.Clock.Provider,
        })
        {
            InterruptHook = onInterrupt,
            CaughtErrorFilter = TextOfErrorTable,
        };
        var globals = _lua.Globals;
        _handler = _lua.Function("__redis__err__handler", HandleError);
        globals.SetString(_handler.Name, _handler);
        _redis = new RedisLibrary(server, run, _lua);
        globals.SetString("redis", _redis.Table);
        globals.SetString(KeysName, _keys);
        globals.SetString(ArgvName, _argv);
        if (previous is not null)
        {
            KeepChance(previous._lua.Globals, globals);
        }

        Protect(globals);
    }

    /// <summary>2, or 3 after redis.setresp(3).</summary>
    public int Protocol => _redis.Protocol;

    public bool TryCompile(ReadOnlySpan<byte> body, out LuaClosure function, out string message)
    {
        var compiled = _lua.TryLoad(body, ChunkName, out function, out var error);
        message = compiled ? "" : error.Value.IsString ? Encoding.Latin1.GetString(error.Value.AsString.Span) : error.Message;
        return compiled;
    }

    /// <summary>Puts the command's keys and arguments into KEYS and ARGV, and points redis.call at the command's client.</summary>
    public void Prepare(CommandContext c, int keys)
    {
        const int firstKey = 3;
        Fill(_keys, c, firstKey, keys);
        Fill(_argv, c, firstKey + keys, c.Count - firstKey - keys);
        _redis.Begin(c);
    }

    /// <summary>Runs the function; its first result, or the error table that the handler made.</summary>
    public bool TryRun(LuaClosure function, out LuaValue value)
    {
        if (_lua.TryCall(function, [], _handler, out value, out var error))
        {
            return true;
        }

        value = error.Value;
        return false;
    }

    /// <summary>Lets go of the run's values.</summary>
    public void Clear() => _redis.End();

    private void Fill(LuaTable table, CommandContext c, int first, int count)
    {
        // Nothing of an earlier run can still hold the table, nor have put another in its place: globals are read-only, and the run's own
        // values are gone.
        table.Reset(count);
        for (var i = 0; i < count; i++)
        {
            table.SetInt(i + 1, c.HoldsObjects ? c.Text(first + i) : _lua.Strings.Get(c[first + i]));
        }
    }

    /// <summary>pcall as Redis replaced it: an error table with a text comes back as the text.</summary>
    private static LuaValue TextOfErrorTable(LuaValue error) =>
        error.IsTable && error.AsTable.GetString(ErrName) is { } text && (text.IsString || text.IsNumber) ? text : error;

    /// <summary>Called where an error is raised, before the stack unwinds: makes a table of it and notes the place.</summary>
    private static int HandleError(ref LuaCall call)
    {
        var hasPlace = call.TryPosition(1, out var source, out var line);
        if (hasPlace && source is null)
        {
            // Raised by a function of the host: the place is its caller's.
            hasPlace = call.TryPosition(2, out source, out line);
        }

        var error = call[0];
        LuaTable table;
        if (error.IsTable)
        {
            table = error.AsTable;
        }
        else
        {
            if (!call.ToStringMeta(error, out var text))
            {
                return LuaCall.Raised;
            }

            table = new LuaTable(0, 3);
            table.SetString(ErrName, ByteString.Own([.. "ERR "u8, .. text.Span]));
        }

        if (hasPlace)
        {
            table.SetString(SourceName, source ?? HostSource);
            table.SetString(LineName, line);
        }

        return call.Return(table);
    }

    /// <summary>The numbers of math.random go on after SCRIPT FLUSH: in Redis their state belongs to the process.</summary>
    private static void KeepChance(LuaTable from, LuaTable to)
    {
        foreach (var name in new[] { "random", "randomseed" })
        {
            Upvalues(to, name)[0] = Upvalues(from, name)[0];
        }

        static LuaValue[] Upvalues(LuaTable globals, string name) =>
            ((LuaHostFunction)globals.GetString("math"u8).AsTable.GetString(Encoding.ASCII.GetBytes(name)).AsFunction).Upvalues;
    }

    private void Protect(LuaTable globals)
    {
        var guard = new LuaTable();
        guard.SetString("__index", _lua.Function("__index", static (ref LuaCall call) =>
            call[1].IsString || call[1].IsNumber
                ? call.Error($"Script attempted to access nonexistent global variable '{NameOf(call[1])}'")
                : call.Error("Second argument to luaProtectedTableError must be a string or number")));
        globals.Metatable = guard;
        MakeReadOnly(globals);
        if (_lua.GetTypeMetatable(LuaType.String) is { } strings)
        {
            MakeReadOnly(strings);
        }
    }

    private static string NameOf(in LuaValue name) => name.IsString ? name.AsString.ToString() : LuaNumber.ToText(name.AsNumber);

    /// <summary>The table, its metatable, and all tables in it, whatever the depth. KEYS and ARGV stay writable: they are the run's own.</summary>
    private void MakeReadOnly(LuaTable table)
    {
        if (table.IsReadOnly || ReferenceEquals(table, _keys) || ReferenceEquals(table, _argv))
        {
            return;
        }

        table.IsReadOnly = true;
        if (table.Metatable is { } metatable)
        {
            MakeReadOnly(metatable);
        }

        var (position, key) = (0, LuaValue.Nil);
        while (table.NextAt(ref position, ref key, out var value))
        {
            if (value.IsTable)
            {
                MakeReadOnly(value.AsTable);
            }
        }
    }
}
