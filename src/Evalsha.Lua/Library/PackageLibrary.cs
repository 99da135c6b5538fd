// require, module and the table package (loadlib.c), for stand-alone programs: modules are Lua files found along package.path.
// C libraries are not loaded: loadlib and the C searchers answer as a PUC that was built without dynamic linking does.
// Always: the table of loaded modules is the registry's _LOADED, whatever a program puts into package.loaded.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class PackageLibrary
{
    const string LoadedName = "_LOADED";

    // Where Linux distributions keep Lua modules, after the current folder.
    const string DefaultPath = "./?.lua;/usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua;/usr/local/lib/lua/5.1/?.lua;/usr/local/lib/lua/5.1/?/init.lua;"
        + "/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua";

    const string DefaultLibraryPath = "./?.so;/usr/local/lib/lua/5.1/?.so;/usr/lib/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so";

    // Directory separator, path separator, the mark for the name, Windows' mark for the program's folder, the mark for what a C name ignores.
    const string Configuration = "/\n;\n?\n!\n-";

    static readonly LuaFunctionRow[] Rows = [new("loadlib", LoadLib), new("seeall", SeeAll)];

    static readonly LuaFunctionRow[] Searchers =
    [
        new("loader_preload", SearchPreload),
        new("loader_Lua", SearchLua),
        new("loader_C", SearchLibrary),
        new("loader_Croot", SearchRootLibrary),
    ];

    static readonly LuaFunctionRow[] GlobalRows = [new("module", Module), new("require", Require)];

    // Stands in _LOADED for a module that is being loaded.
    static readonly LuaValue Sentinel = LuaValue.LightUserdata(new object());

    public static LuaTable Open(LuaState state)
    {
        var package = LibraryTable.Make(state, Rows);
        var searchers = new LuaTable(Searchers.Length, 0);
        for (var i = 0; i < Searchers.Length; i++) searchers.SetInt(i + 1, Function(state, package, Searchers[i]));
        package.SetString("loaders", searchers);
        package.SetString("path", PathFrom("LUA_PATH", DefaultPath));
        package.SetString("cpath", PathFrom("LUA_CPATH", DefaultLibraryPath));
        package.SetString("config", LuaValue.FromText(Configuration));
        package.SetString("loaded", Loaded(state));
        package.SetString("preload", new LuaTable());
        foreach (var row in GlobalRows) state.Globals.Set(state.Strings.Get(row.Name), Function(state, package, row));
        return package;
    }

    /// <summary>The table of loaded modules, where each library of a stand-alone state has its entry.</summary>
    public static LuaTable Loaded(LuaState state)
    {
        var name = state.Strings.Get(LoadedName);
        var found = state.Registry.GetString(name);
        if (found.IsTable) return found.AsTable;
        var made = new LuaTable(0, 2);
        state.Registry.Set(name, made);
        return made;
    }

    // All of them have package as their environment, where they look for paths and loaders.
    static LuaHostFunction Function(LuaState state, LuaTable package, LuaFunctionRow row)
    {
        var made = state.Function(row.Name, row.Body);
        made.Environment = package;
        return made;
    }

    // A ";;" in the variable stands for the default path.
    static LuaValue PathFrom(string variable, string byDefault) => LuaValue.FromText(
        Environment.GetEnvironmentVariable(variable) is { } path
            ? path.Replace(";;", ";\u0001;", StringComparison.Ordinal).Replace("\u0001", byDefault, StringComparison.Ordinal)
            : byDefault);

    static LuaValue Field(ref LuaCall call, ReadOnlySpan<byte> name) => call.Callee.Environment!.GetString(name);

    static int Require(ref LuaCall call)
    {
        if (!call.CheckString(0, out var given)) return LuaCall.Raised;
        var state = call.State;
        LuaValue loaded = Loaded(state);
        LuaValue name = state.Strings.Get(PatternMatcher.Effective(given.Span));
        if (!call.Index(loaded, name, out var module)) return LuaCall.Raised;
        if (module.IsTruthy)
        {
            return module == Sentinel ? call.Error($"loop or previous error loading module '{Shown(name)}'") : call.Return(module);
        }
        if (!call.Index(call.Callee.Environment!, LuaValue.FromText("loaders"), out var loaders)) return LuaCall.Raised;
        if (!loaders.IsTable) return call.Error("'package.loaders' must be a table");
        var failures = "";
        LuaValue loader;
        for (var i = 1; ; i++)
        {
            var searcher = loaders.AsTable.GetInt(i);
            if (searcher.IsNil) return call.Error($"module '{Shown(name)}' not found:{failures}");
            if (!call.Call(searcher, [name], out loader)) return LuaCall.Raised;
            if (loader.IsFunction) break;
            if (loader.IsString) failures += Text.FromBytes(loader.AsString.Span);
            else if (loader.IsNumber) failures += LuaNumber.ToText(loader.AsNumber);
        }
        if (!call.SetIndex(loaded, name, Sentinel) || !call.Call(loader, [name], out var result)) return LuaCall.Raised;
        if (!result.IsNil && !call.SetIndex(loaded, name, result)) return LuaCall.Raised;
        if (!call.Index(loaded, name, out module)) return LuaCall.Raised;
        if (module != Sentinel) return call.Return(module);
        return call.SetIndex(loaded, name, true) ? call.Return(true) : LuaCall.Raised;
    }

    static string Shown(LuaValue name) => Text.FromBytes(name.AsString.Span);

    static int SearchPreload(ref LuaCall call)
    {
        if (!call.CheckString(0, out var name)) return LuaCall.Raised;
        if (!call.Index(call.Callee.Environment!, LuaValue.FromText("preload"), out var preload)) return LuaCall.Raised;
        if (!preload.IsTable) return call.Error("'package.preload' must be a table");
        if (!call.Index(preload, name, out var loader)) return LuaCall.Raised;
        return loader.IsNil ? call.Return(Text.ToByteString($"\n\tno field package.preload['{Shown(name)}']")) : call.Return(loader);
    }

    static int SearchLua(ref LuaCall call)
    {
        if (!call.CheckString(0, out var name) || !FindFile(ref call, name, "path", out var file, out var failure)) return LuaCall.Raised;
        if (file is null) return call.Return(failure);
        return Chunks.TryLoadFile(ref call, file, out var function, out var error)
            ? call.Return((LuaValue)function)
            : call.Error($"error loading module '{Shown(name)}' from file '{Text.FromBytes(file.Span)}':\n\t{Shown(error)}");
    }

    static int SearchLibrary(ref LuaCall call)
    {
        if (!call.CheckString(0, out var name)) return LuaCall.Raised;
        return SearchLibraryOf(ref call, name, name);
    }

    // a.b.c may be a function of the library a.
    static int SearchRootLibrary(ref LuaCall call)
    {
        if (!call.CheckString(0, out var name)) return LuaCall.Raised;
        var dot = name.Span.IndexOf((byte)'.');
        return dot < 0 ? call.Return() : SearchLibraryOf(ref call, name, ByteString.From(name.Span[..dot]));
    }

    static int SearchLibraryOf(ref LuaCall call, ByteString name, ByteString library)
    {
        if (!FindFile(ref call, library, "cpath", out var file, out var failure)) return LuaCall.Raised;
        if (file is null) return call.Return(failure);
        return call.Error($"error loading module '{Shown(name)}' from file '{Text.FromBytes(file.Span)}':\n\t{NoLibraries}");
    }

    // The first readable file of the path; none: where it was looked for. False: raised.
    static bool FindFile(ref LuaCall call, ByteString name, string field, out ByteString? file, out ByteString failure)
    {
        file = null;
        failure = ByteString.Empty;
        if (!call.Index(call.Callee.Environment!, LuaValue.FromText(field), out var value)) return false;
        if (!value.IsString && !value.IsNumber) return call.Error($"'package.{field}' must be a string") >= 0;
        var path = value.IsString ? Text.FromBytes(PatternMatcher.Effective(value.AsString.Span)) : LuaNumber.ToText(value.AsNumber);
        var inside = Text.FromBytes(PatternMatcher.Effective(name.Span)).Replace('.', '/');
        var tried = new System.Text.StringBuilder();
        foreach (var template in path.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var candidate = Text.ToByteString(template.Replace("?", inside, StringComparison.Ordinal));
            if (IsReadable(candidate))
            {
                file = candidate;
                return true;
            }
            tried.Append("\n\tno file '").Append(Text.FromBytes(candidate.Span)).Append('\'');
        }
        failure = Text.ToByteString(tried.ToString());
        return true;
    }

    // As fopen sees it, which opens folders too.
    static bool IsReadable(ByteString file)
    {
        var path = Paths.FromBytes(file);
        if (Directory.Exists(path)) return true;
        try
        {
            using var stream = File.OpenRead(path);
            return true;
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            return false;
        }
    }

    const string NoLibraries = "dynamic libraries not enabled; check your Lua installation";

    static int LoadLib(ref LuaCall call) => call.CheckString(0, out _) && call.CheckString(1, out _)
        ? call.Return(LuaValue.Nil, Text.ToByteString(NoLibraries), Text.ToByteString("absent"))
        : LuaCall.Raised;

    static int Module(ref LuaCall call)
    {
        if (!call.CheckString(0, out var given)) return LuaCall.Raised;
        LuaValue name = call.State.Strings.Get(PatternMatcher.Effective(given.Span));
        LuaValue loaded = Loaded(call.State);
        if (!call.Index(loaded, name, out var module)) return LuaCall.Raised;
        if (!module.IsTable)
        {
            if (!FindTable(ref call, name.AsString, out module)) return LuaCall.Raised;
            if (!call.SetIndex(loaded, name, module)) return LuaCall.Raised;
        }
        if (!call.Index(module, LuaValue.FromText("_NAME"), out var present)) return LuaCall.Raised;
        if (present.IsNil)
        {
            var package = name.AsString.Span[..(name.AsString.Span.LastIndexOf((byte)'.') + 1)];
            if (!call.SetIndex(module, LuaValue.FromText("_M"), module)
                || !call.SetIndex(module, LuaValue.FromText("_NAME"), name)
                || !call.SetIndex(module, LuaValue.FromText("_PACKAGE"), call.State.Strings.Get(package)))
            {
                return LuaCall.Raised;
            }
        }
        var thread = call.Thread;
        var frame = DebugInfo.FrameAt(thread, 1);
        if (frame <= 0 || !thread.Frames[frame].IsLua) return call.Error("'module' not called from a Lua function");
        DebugInfo.ClosureAt(thread, frame).Environment = module.AsTable;
        for (var i = 1; i < call.Count; i++)
        {
            if (call[i].IsFunction && !call.Call(call[i], [module], out _)) return LuaCall.Raised;
        }
        return call.Return();
    }

    // luaL_findtable: the table of a dotted name, made where it is missing.
    static bool FindTable(ref LuaCall call, ByteString name, out LuaValue found)
    {
        found = call.Thread.Globals;
        var rest = name.Span;
        while (true)
        {
            var dot = rest.IndexOf((byte)'.');
            LuaValue key = call.State.Strings.Get(dot < 0 ? rest : rest[..dot]);
            var next = found.AsTable.Get(key);
            if (next.IsNil)
            {
                next = new LuaTable(0, 1);
                if (!call.SetIndex(found, key, next)) return false;
            }
            else if (!next.IsTable)
            {
                return call.Error($"name conflict for module '{Text.FromBytes(name.Span)}'") >= 0;
            }
            found = next;
            if (dot < 0) return true;
            rest = rest[(dot + 1)..];
        }
    }

    static int SeeAll(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table)) return LuaCall.Raised;
        table.Metatable ??= new LuaTable(0, 1);
        return call.SetIndex(table.Metatable, LuaValue.FromText("__index"), call.Thread.Globals) ? call.Return() : LuaCall.Raised;
    }
}
