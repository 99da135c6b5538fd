// The Lua world of function libraries. Each library's chunk has an environment of its own: while it is loaded only redis.register_function,
// redis.log and a few constants are to be seen, afterwards its functions see the ordinary globals through the same table.
// Always: no environment can be written by Lua; a library that failed to load has left nothing behind; what its functions keep in upvalues stays.
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal sealed class FunctionState
{
    private static readonly ByteString ChunkName = ByteString.FromUtf8("@user_function");
    private static readonly ByteString RedisName = ByteString.FromUtf8("redis");
    private static readonly ByteString ErrName = ByteString.FromUtf8("err");

    private readonly LuaState _lua;
    private readonly RedisLibrary _redis;
    private readonly LuaHostFunction _handler;
    private readonly LuaTable _guard;
    private readonly LuaTable _whileLoading = new();
    private List<LibraryFunction>? _registered; // while a library is loaded

    public FunctionState(ServerContext server, ScriptRun run, long memoryLimit, Func<LuaState, LuaInterrupt> onInterrupt, LuaState? other)
    {
        _lua = Sandbox.Make(server, memoryLimit, onInterrupt, out _handler);
        _redis = new RedisLibrary(server, run, _lua, forFunctions: true);
        _lua.Globals.SetString(RedisName, _redis.Table);
        if (other is not null)
        {
            Sandbox.ShareChance(other, _lua);
        }

        _lua.Register(_whileLoading, [_redis.LogRow, new("register_function", Register)]);
        foreach (var name in (string[])["LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM"])
        {
            _whileLoading.SetString(name, _redis.Table.GetString(ByteString.FromUtf8(name)));
        }

        Sandbox.Protect(_lua);
        _guard = Sandbox.Guard(_lua);
        _whileLoading.Metatable = _guard;
        Sandbox.MakeReadOnly(_whileLoading);
    }

    public LuaState Lua => _lua;

    /// <summary>2, or 3 after redis.setresp(3).</summary>
    public int Protocol => _redis.Protocol;

    /// <summary>Runs a library's chunk and collects what it registers.</summary>
    public bool TryLoad(ReadOnlySpan<byte> code, out IReadOnlyList<LibraryFunction> functions, out string error)
    {
        functions = [];
        if (!_lua.TryCompile(code, ChunkName, out var prototype, out var failure))
        {
            error = $"ERR Error compiling function: {TextOf(failure.Value)}";
            return false;
        }

        var environment = new LuaTable();
        environment.SetString(RedisName, _whileLoading);
        environment.Metatable = _guard;
        environment.IsReadOnly = true;
        _registered = [];
        try
        {
            if (!_lua.TryCall(new LuaClosure(prototype, environment), [], out LuaValue _, out failure))
            {
                var text = failure.Value.IsTable ? TextOf(failure.Value.AsTable.GetString(ErrName)) : $"ERR {TextOf(failure.Value)}";
                error = $"ERR Error registering functions: {text}";
                return false;
            }

            functions = _registered;
        }
        finally
        {
            _registered = null;
        }

        Open(environment);
        error = functions.Count == 0 ? "ERR No functions registered" : "";
        return functions.Count > 0;
    }

    /// <summary>Calls the function with the command's keys and arguments in two fresh tables: a function may keep them.</summary>
    public bool TryRun(CommandContext c, LuaClosure function, int keys, out LuaValue value)
    {
        const int firstKey = 3;
        _redis.Begin(c);
        if (_lua.TryCall(function, [Table(c, firstKey, keys), Table(c, firstKey + keys, c.Count - firstKey - keys)], _handler, out value, out var error))
        {
            return true;
        }

        value = error.Value;
        return false;
    }

    /// <summary>Lets go of the run's values.</summary>
    public void Clear() => _redis.End();

    private LuaTable Table(CommandContext c, int first, int count)
    {
        var table = new LuaTable(count, 0);
        for (var i = 0; i < count; i++)
        {
            table.SetInt(i + 1, c.HoldsObjects ? c.Text(first + i) : _lua.Strings.Get(c[first + i]));
        }

        return table;
    }

    private void Open(LuaTable environment)
    {
        environment.IsReadOnly = false;
        var (position, key) = (0, LuaValue.Nil);
        while (_lua.Globals.NextAt(ref position, ref key, out var value))
        {
            environment.Set(key, value);
        }

        environment.IsReadOnly = true;
    }

    private int Register(ref LuaCall call)
    {
        if (_registered is null)
        {
            return RedisLibrary.Raise(ref call, "ERR redis.register_function can only be called on FUNCTION LOAD command");
        }

        var problem = call.Count switch
        {
            1 => RegisterNamed(ref call),
            2 => RegisterPlain(ref call),
            _ => "wrong number of arguments to redis.register_function",
        };
        return problem is null ? call.Return() : RedisLibrary.Raise(ref call, problem.StartsWith("ERR ", StringComparison.Ordinal) ? problem : $"ERR {problem}");
    }

    private string? RegisterPlain(ref LuaCall call)
    {
        if (!call[0].IsString && !call[0].IsNumber)
        {
            return "first argument to redis.register_function must be a string";
        }

        return call[1].IsFunction && call[1].AsFunction is LuaClosure callback
            ? Add(TextOf(call[0]), callback, ScriptFlags.None, null)
            : "second argument to redis.register_function must be a function";
    }

    private string? RegisterNamed(ref LuaCall call)
    {
        if (!call[0].IsTable)
        {
            return "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).";
        }

        string? name = null;
        ByteString? description = null;
        LuaClosure? callback = null;
        var flags = ScriptFlags.None;
        var (position, key) = (0, LuaValue.Nil);
        while (call[0].AsTable.NextAt(ref position, ref key, out var value))
        {
            if (!key.IsString && !key.IsNumber)
            {
                return "named argument key given to redis.register_function is not a string";
            }

            var isText = value.IsString || value.IsNumber;
            switch (TextOf(key).ToLowerInvariant())
            {
                case "function_name" when isText:
                    name = TextOf(value);
                    break;
                case "function_name":
                    return "function_name argument given to redis.register_function must be a string";
                case "description" when isText:
                    description = ByteString.Own(Encoding.Latin1.GetBytes(TextOf(value)));
                    break;
                case "description":
                    return "description argument given to redis.register_function must be a string";
                case "callback" when value.IsFunction && value.AsFunction is LuaClosure function:
                    callback = function;
                    break;
                case "callback":
                    return "callback argument given to redis.register_function must be a function";
                case "flags" when !value.IsTable:
                    return "flags argument to redis.register_function must be a table representing function flags";
                case "flags":
                    if (!TryFlags(value.AsTable, out flags))
                    {
                        return "unknown flag given";
                    }

                    break;
                default:
                    return "unknown argument given to redis.register_function";
            }
        }

        return name is null ? "redis.register_function must get a function name argument"
            : callback is null ? "redis.register_function must get a callback argument"
            : Add(name, callback, flags, description);
    }

    private string? Add(string name, LuaClosure callback, ScriptFlags flags, ByteString? description)
    {
        if (!FunctionHeader.IsName(name))
        {
            return FunctionHeader.BadName;
        }

        if (_registered!.Exists(known => known.Name == name))
        {
            return "Function already exists in the library";
        }

        _registered.Add(new LibraryFunction(name, flags, callback, description));
        return null;
    }

    private static bool TryFlags(LuaTable table, out ScriptFlags flags)
    {
        flags = ScriptFlags.None;
        for (var i = 1; table.GetInt(i) is { IsNil: false } name; i++)
        {
            var known = name.IsString ? Array.Find(ScriptHeader.Names, flag => flag.Name.Equals(TextOf(name), StringComparison.OrdinalIgnoreCase)).Flag : ScriptFlags.None;
            if (known == ScriptFlags.None)
            {
                return false;
            }

            flags |= known;
        }

        return true;
    }

    private static string TextOf(in LuaValue value) =>
        value.IsString ? Encoding.Latin1.GetString(value.AsString.Span) : value.IsNumber ? LuaNumber.ToText(value.AsNumber) : "unknown error";
}
