// A Lua world as Redis prepares it: the libraries, redis.*, error texts with their place, and nothing a script could change for the next one.
// Always: globals and every library table are read-only; unknown globals are errors. Both interpreters, EVAL's and the functions', are made here.
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal static class Sandbox
{
    private static readonly ByteString ErrName = ByteString.FromUtf8("err");
    private static readonly ByteString SourceName = ByteString.FromUtf8("source");
    private static readonly ByteString LineName = ByteString.FromUtf8("line");
    private static readonly ByteString HostSource = ByteString.FromUtf8("=[C]");

    public static LuaState Make(ServerContext server, long memoryLimit, Func<LuaState, LuaInterrupt> onInterrupt, out LuaHostFunction handler)
    {
        var lua = new LuaState(new LuaOptions
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
        handler = lua.Function("__redis__err__handler", HandleError);
        lua.Globals.SetString(handler.Name, handler);
        return lua;
    }

    /// <summary>What reads of unknown names meet.</summary>
    public static LuaTable Guard(LuaState lua)
    {
        var guard = new LuaTable();
        guard.SetString("__index", lua.Function("__index", static (ref LuaCall call) =>
            call[1].IsString || call[1].IsNumber
                ? call.Error($"Script attempted to access nonexistent global variable '{NameOf(call[1])}'")
                : call.Error("Second argument to luaProtectedTableError must be a string or number")));
        return guard;
    }

    /// <summary>The globals and all that hangs on them; tables in <paramref name="writable"/> stay the run's own.</summary>
    public static void Protect(LuaState lua, params ReadOnlySpan<LuaTable> writable)
    {
        lua.Globals.Metatable = Guard(lua);
        MakeReadOnly(lua.Globals, writable);
        if (lua.GetTypeMetatable(LuaType.String) is { } strings)
        {
            MakeReadOnly(strings, writable);
        }
    }

    /// <summary>The table, its metatable, and all tables in it, whatever the depth.</summary>
    public static void MakeReadOnly(LuaTable table, params ReadOnlySpan<LuaTable> writable)
    {
        if (table.IsReadOnly || writable.Contains(table))
        {
            return;
        }

        table.IsReadOnly = true;
        if (table.Metatable is { } metatable)
        {
            MakeReadOnly(metatable, writable);
        }

        var (position, key) = (0, LuaValue.Nil);
        while (table.NextAt(ref position, ref key, out var value))
        {
            if (value.IsTable)
            {
                MakeReadOnly(value.AsTable, writable);
            }
        }
    }

    /// <summary>The numbers of math.random are one row for the whole server, in Redis for the whole process: other worlds go on where this one stands.</summary>
    public static void ShareChance(LuaState from, LuaState to)
    {
        foreach (var name in new[] { "random", "randomseed" })
        {
            Upvalues(to, name)[0] = Upvalues(from, name)[0];
        }

        static LuaValue[] Upvalues(LuaState lua, string name) =>
            ((LuaHostFunction)lua.Globals.GetString("math"u8).AsTable.GetString(Encoding.ASCII.GetBytes(name)).AsFunction).Upvalues;
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

    private static string NameOf(in LuaValue name) => name.IsString ? name.AsString.ToString() : LuaNumber.ToText(name.AsNumber);
}
