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

    private readonly LuaState _lua;
    private readonly RedisLibrary _redis;
    private readonly LuaHostFunction _handler;
    private readonly LuaTable _keys = new();
    private readonly LuaTable _argv = new();

    public ScriptState(ServerContext server, ScriptRun run, long memoryLimit, Func<LuaState, LuaInterrupt> onInterrupt, LuaState? previous)
    {
        _lua = Sandbox.Make(server, memoryLimit, onInterrupt, out _handler);
        var globals = _lua.Globals;
        _redis = new RedisLibrary(server, run, _lua, forFunctions: false);
        globals.SetString("redis", _redis.Table);
        globals.SetString(KeysName, _keys);
        globals.SetString(ArgvName, _argv);
        if (previous is not null)
        {
            Sandbox.ShareChance(previous, _lua);
        }

        Sandbox.Protect(_lua, _keys, _argv);
    }

    internal LuaState Lua => _lua;

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
        Fill(_keys, c, firstKey, keys, areKeys: true);
        Fill(_argv, c, firstKey + keys, c.Count - firstKey - keys, areKeys: false);
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

    private void Fill(LuaTable table, CommandContext c, int first, int count, bool areKeys)
    {
        // Nothing of an earlier run can still hold the table, nor have put another in its place: globals are read-only, and the run's own
        // values are gone.
        table.Reset(count);
        for (var i = 0; i < count; i++)
        {
            table.SetInt(i + 1, c.HoldsObjects ? c.Text(first + i) : Named(c, first + i, areKeys));
        }
    }

    /// <summary>Argument <paramref name="i"/> as a string: a key that is there lends its own, so that more keys than the pool holds allocate nothing either.</summary>
    private ByteString Named(CommandContext c, int i, bool isKey) =>
        isKey && c.Db.Entries.Find(c[i]) is { } entry ? entry.Key : _lua.Strings.Get(c[i]);
}
