// Which libraries a state opens, in the order of the stand-alone interpreter and then of Redis.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal static class Libraries
{
    public static void Open(LuaState state, LuaLibraries which)
    {
        if (which.HasFlag(LuaLibraries.Base)) Note(state, "_G", BaseLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Coroutine)) Add(state, "coroutine", CoroutineLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Package)) Add(state, "package", PackageLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Table)) Add(state, "table", TableLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Io)) Add(state, "io", IoLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Os)) Add(state, "os", OsLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.String)) Add(state, "string", StringLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Math)) Add(state, "math", MathLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Debug)) Add(state, "debug", DebugLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Cjson)) Add(state, "cjson", CjsonLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Struct)) Add(state, "struct", StructLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Cmsgpack)) Add(state, "cmsgpack", CmsgpackLibrary.Open(state));
        if (which.HasFlag(LuaLibraries.Bit)) Add(state, "bit", BitLibrary.Open(state));
    }

    static void Add(LuaState state, string name, LuaTable table)
    {
        Note(state, name, table);
        state.Globals.Set(state.Strings.Get(name), table);
    }

    // What require finds loaded; a sandbox has no require.
    static void Note(LuaState state, string name, LuaTable table)
    {
        if (state.Options.Libraries.HasFlag(LuaLibraries.Package)) PackageLibrary.Loaded(state).Set(state.Strings.Get(name), table);
    }
}
