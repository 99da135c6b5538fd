// A library as a table: sized and filled as luaL_register does it, because the order of pairs() over a library follows from both.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal static class LibraryTable
{
    /// <summary>A new table with one function for each row.</summary>
    public static LuaTable Make(LuaState state, LuaFunctionRow[] rows) => Make(state, rows, LuaTable.NoValues);

    /// <summary>A new table with one function for each row; every function carries the same upvalues.</summary>
    public static LuaTable Make(LuaState state, LuaFunctionRow[] rows, params LuaValue[] upvalues)
    {
        var table = new LuaTable(0, rows.Length);
        Add(state, table, rows, upvalues);
        return table;
    }

    public static void Add(LuaState state, LuaTable table, LuaFunctionRow[] rows, params LuaValue[] upvalues)
    {
        foreach (var row in rows)
        {
            table.Set(state.Strings.Get(row.Name), new LuaHostFunction(row.Name, row.Body, row.Kind, upvalues) { Environment = state.Globals });
        }
    }
}
