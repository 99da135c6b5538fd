// The redis table of scripts: call, pcall and the rest.
// Always: redis.call runs the same row through the same dispatcher as a client's command, inside the script's unit, with arguments handed over
// as the very strings the script holds; a refused or failed command is an error value, never an exception.
// HOT: no allocation but the values, no await, no LINQ (call and pcall). Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal sealed class RedisLibrary
{
    private const string Version = "7.2.6";
    private const int VersionNumber = 0x00070206;
    private const int CachedNames = 64;
    private const int KeptArguments = 64;

    private static readonly byte[] NoArguments = [.. "ERR Please specify at least one argument for this redis lib call"u8];
    private static readonly byte[] WrongArgument = [.. "ERR Lua redis lib command arguments must be strings or integers"u8];

    private readonly ServerContext _server;
    private readonly ScriptRun _run;
    private readonly LuaState _lua;
    private readonly LuaReply _reply;
    private readonly CommandContext _context;
    private readonly (ByteString? Name, CommandRow? Row)[] _names = new (ByteString?, CommandRow?)[CachedNames];
    private bool _isLogged = true;
    private ByteString[] _arguments = new ByteString[KeptArguments];

    public RedisLibrary(ServerContext server, ScriptRun run, LuaState lua, bool forFunctions)
    {
        (_server, _run, _lua) = (server, run, lua);
        _reply = new LuaReply(lua.Strings);
        _context = new CommandContext(server, NoClient.Instance, _reply) { IsScript = true };
        lua.Register(Table, forFunctions ? Rows() : [.. Rows(), .. RowsOfScripts]);
        Table.SetString("LOG_DEBUG", 0);
        Table.SetString("LOG_VERBOSE", 1);
        Table.SetString("LOG_NOTICE", 2);
        Table.SetString("LOG_WARNING", 3);
        Table.SetString("REPL_NONE", 0);
        Table.SetString("REPL_AOF", 1);
        Table.SetString("REPL_SLAVE", 2);
        Table.SetString("REPL_REPLICA", 2);
        Table.SetString("REPL_ALL", 3);
        Table.SetString("REDIS_VERSION", ByteString.FromUtf8(Version));
        Table.SetString("REDIS_VERSION_NUM", VersionNumber);
    }

    public LuaTable Table { get; } = new();

    public int Protocol => _reply.Protocol;

    /// <summary>The next calls are made for this command's client, from its database.</summary>
    public void Begin(CommandContext caller)
    {
        _context.Client = caller.Client;
        _context.Turn = caller.Turn;
        _context.Select(caller.Db.Index);
        _reply.Protocol = 2;
        _isLogged = true;
    }

    public void End()
    {
        _context.Client = NoClient.Instance;
        _context.Turn = default;
        _reply.Clear();
        if (_arguments.Length > KeptArguments)
        {
            _arguments = new ByteString[KeptArguments];
        }
    }

    /// <summary>What scripts of EVAL see and functions do not.</summary>
    private static readonly LuaFunctionRow[] RowsOfScripts =
    [
        new("replicate_commands", static (ref LuaCall call) => call.Return(true)),
        new("breakpoint", static (ref LuaCall call) => call.Return(false)),
        new("debug", static (ref LuaCall call) => call.Return()),
    ];

    /// <summary>redis.log, which a library may also use while it is loaded.</summary>
    public LuaFunctionRow LogRow => new("log", Log);

    private LuaFunctionRow[] Rows() =>
    [
        new("call", (ref LuaCall call) => Call(ref call, raises: true)),
        new("pcall", (ref LuaCall call) => Call(ref call, raises: false)),
        new("log", Log),
        new("setresp", SetProtocol),
        new("set_repl", SetReplication),
        new("sha1hex", Sha1Hex),
        new("error_reply", ErrorReply),
        new("status_reply", StatusReply),
        new("acl_check_cmd", CheckCommand),
    ];

    private int Call(ref LuaCall call, bool raises)
    {
        var count = call.Count;
        var problem = TakeArguments(ref call);
        if (problem is not null)
        {
            return Fail(ref call, problem, raises);
        }

        var row = FindRow(_arguments[0]);
        _context.Load(_arguments, count);
        if (row is { Subcommands.Length: > 0 } && count > 1)
        {
            row = CommandTable.FindSubcommand(row, _arguments[1].Span);
        }

        var refusal = Refusal(row, count);
        if (!refusal.IsEmpty)
        {
            return Fail(ref call, refusal, raises);
        }

        if (row!.Is(CommandFlags.Write))
        {
            _run.HasWritten = true;
        }

        _reply.Begin();
        _reply.IsWanted = call.NeedsResults;
        if (_isLogged)
        {
            _server.Dispatcher.Call(_context, row);
        }
        else
        {
            CallUnlogged(row);
        }

        var result = _reply.Result;
        return raises && _reply.IsError ? call.Raise(result) : call.Return(result);
    }

    /// <summary>Why this command may not run here; empty: it may. The order is Redis's.</summary>
    private ReadOnlySpan<byte> Refusal(CommandRow? row, int count)
    {
        if (row is null)
        {
            return "ERR Unknown Redis command called from script"u8;
        }

        if (!row.Accepts(count))
        {
            return "ERR Wrong number of args calling Redis command from script"u8;
        }

        if (row.Is(CommandFlags.NoScript))
        {
            return "ERR This Redis command is not allowed from script"u8;
        }

        if (!_run.MayWrite && row.Is(CommandFlags.Write | CommandFlags.MayReplicate))
        {
            return "ERR Write commands are not allowed from read-only scripts."u8;
        }

        if (row.Is(CommandFlags.Write) && !_run.HasWritten && _server.WriteRefusal is { } refusal)
        {
            return refusal;
        }

        var config = _server.Config;
        return config.MaxMemory != 0 && row.Is(CommandFlags.DenyOom) && !_run.IgnoresMemory && !_run.HasWritten && config.IsOverMaxMemory()
            ? Errors.OutOfMemory
            : default;
    }

    private static int Fail(ref LuaCall call, ReadOnlySpan<byte> error, bool raises)
    {
        LuaValue table = LuaReply.MakeError(ByteString.From(error), wasCounted: true);
        return raises ? call.Raise(table) : call.Return(table);
    }

    /// <summary>Null, or the error text.</summary>
    private byte[]? TakeArguments(ref LuaCall call)
    {
        var count = call.Count;
        if (count == 0)
        {
            return NoArguments;
        }

        if (count > _arguments.Length)
        {
            _arguments = new ByteString[count * 2];
        }

        var values = call.Arguments;
        for (var i = 0; i < values.Length; i++)
        {
            ref readonly var value = ref values[i];
            if (value.IsString)
            {
                _arguments[i] = value.AsString;
            }
            else if (value.IsNumber)
            {
                _arguments[i] = TextOf(value.AsNumber);
            }
            else
            {
                return WrongArgument;
            }
        }

        return null;
    }

    /// <summary>A number as Redis 7.2 passes it: a decimal integer when it is one of 64 bits, else the shortest digits that read back.</summary>
    private ByteString TextOf(double number)
    {
        const double limit = 9223372036854775808.0;
        if (number > -limit && number < limit && number == Math.Floor(number))
        {
            if (number is >= 0 and < 1000)
            {
                return Numbers.Text((long)number);
            }

            Span<byte> digits = stackalloc byte[20];
            ((long)number).TryFormat(digits, out var length, default, System.Globalization.CultureInfo.InvariantCulture);
            return _lua.Strings.Get(digits[..length]);
        }

        if (double.IsNaN(number))
        {
            return _lua.Strings.Get(double.IsNegative(number) ? "-nan"u8 : "nan"u8);
        }

        Span<byte> text = stackalloc byte[RespDouble.MaxLength];
        return _lua.Strings.Get(text[..RespDouble.Format(number, text)]);
    }

    private CommandRow? FindRow(ByteString name)
    {
        // A script names its commands by constants: the same object every time.
        ref var slot = ref _names[name.Hash & (CachedNames - 1)];
        if (!ReferenceEquals(slot.Name, name))
        {
            slot = (name, _server.Commands.Find(name.Span));
        }

        return slot.Row;
    }

    private int Log(ref LuaCall call)
    {
        if (call.Count < 2)
        {
            return Raise(ref call, "ERR redis.log() requires two arguments or more.");
        }

        if (!call[0].IsNumber)
        {
            return Raise(ref call, "ERR First argument must be a number (log level).");
        }

        var level = call[0].AsNumber;
        if (level is < 0 or > 3)
        {
            return Raise(ref call, "ERR Invalid debug level.");
        }

        var words = new List<string>();
        for (var i = 1; i < call.Count; i++)
        {
            if ((call[i].IsString || call[i].IsNumber) && call.CheckString(i, out var word))
            {
                words.Add(word.ToString());
            }
        }

        _server.Log.Write((ServerLogLevel)(int)level, string.Join(' ', words));
        return call.Return();
    }

    private int SetProtocol(ref LuaCall call)
    {
        if (call.Count != 1)
        {
            return Raise(ref call, "ERR redis.setresp() requires one argument.");
        }

        var version = 0.0;
        if (call[0].IsNumber)
        {
            version = call[0].AsNumber;
        }
        else if (call[0].IsString && Numbers.TryParseDouble(call[0].AsString.Span, out var parsed))
        {
            version = parsed;
        }

        if ((int)version is not (2 or 3))
        {
            return Raise(ref call, "ERR RESP version must be 2 or 3.");
        }

        _reply.Protocol = (int)version;
        return call.Return();
    }

    /// <summary>After redis.set_repl without REPL_AOF: the call happens, and the append-only file does not hear of it.</summary>
    private void CallUnlogged(CommandRow row)
    {
        _server.Effects.IsMuted = true;
        try
        {
            _server.Dispatcher.Call(_context, row);
        }
        finally
        {
            _server.Effects.IsMuted = false;
        }
    }

    private int SetReplication(ref LuaCall call)
    {
        if (call.Count != 1)
        {
            return Raise(ref call, "ERR redis.set_repl() requires one argument.");
        }

        var flags = call[0].IsNumber ? (int)call[0].AsNumber : 0;
        if ((flags & ~3) != 0)
        {
            return Raise(ref call, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
        }

        _isLogged = (flags & 1) != 0;
        return call.Return();
    }

    private static int Sha1Hex(ref LuaCall call)
    {
        if (call.Count != 1)
        {
            return Raise(ref call, "ERR wrong number of arguments");
        }

        // As lua_tolstring: what is neither string nor number has no text.
        var text = ByteString.Empty;
        if ((call[0].IsString || call[0].IsNumber) && !call.CheckString(0, out text))
        {
            return LuaCall.Raised;
        }

        return call.Return(ScriptCache.Digest(text.Span));
    }

    private static int ErrorReply(ref LuaCall call)
    {
        if (call.Count != 1 || !call[0].IsString)
        {
            return call.Return(LuaReply.MakeError(WrongReplyArguments, wasCounted: false));
        }

        var text = Encoding.Latin1.GetString(call[0].AsString.Span);
        text = text.StartsWith('-') ? text[1..] : text;
        text = text.TrimEnd('\r', '\n');
        text = text.Contains(' ', StringComparison.Ordinal) ? text : $"ERR {text}";
        return call.Return(LuaReply.MakeError(ByteString.Own(Encoding.Latin1.GetBytes(text)), wasCounted: false));
    }

    private static int StatusReply(ref LuaCall call)
    {
        if (call.Count != 1 || !call[0].IsString)
        {
            return call.Return(LuaReply.MakeError(WrongReplyArguments, wasCounted: false));
        }

        var table = new LuaTable(0, 1);
        table.SetString(OkName, call[0]);
        return call.Return(table);
    }

    private int CheckCommand(ref LuaCall call)
    {
        if (call.Count == 0)
        {
            return Raise(ref call, "ERR Please specify at least one argument for this redis lib call");
        }

        if (TakeArguments(ref call) is { } problem)
        {
            return call.Raise(LuaReply.MakeError(ByteString.From(problem), wasCounted: false));
        }

        var row = FindRow(_arguments[0]);
        if (row is { Subcommands.Length: > 0 } && call.Count > 1)
        {
            row = CommandTable.FindSubcommand(row, _arguments[1].Span);
        }

        return row is null ? Raise(ref call, "ERR Invalid command passed to redis.acl_check_cmd()") : call.Return(true);
    }

    private static readonly ByteString OkName = ByteString.FromUtf8("ok");
    private static readonly ByteString WrongReplyArguments = ByteString.FromUtf8("ERR wrong number or type of arguments");

    internal static int Raise(ref LuaCall call, string error) => call.Raise(LuaReply.MakeError(ByteString.FromUtf8(error), wasCounted: false));
}
