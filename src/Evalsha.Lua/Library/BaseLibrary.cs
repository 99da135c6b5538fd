// The base library: lbaselib.c function by function, in its order, because the order of pairs(_G) follows from it.
// pcall, xpcall, next and the iterator of ipairs have bodies here for when a host function calls them; the loop knows them and calls nothing.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class BaseLibrary
{
    const string Version = "Lua 5.1";

    /// <summary>The functions that take nothing from the file system and print nothing.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("assert", Assert),
        new("collectgarbage", CollectGarbage),
        new("error", Error),
        new("gcinfo", GcInfo),
        new("getfenv", GetFenv),
        new("getmetatable", GetMetatable),
        new("load", Chunks.Load),
        new("loadstring", Chunks.LoadString),
        new("rawequal", RawEqual),
        new("rawget", RawGet),
        new("rawset", RawSet),
        new("select", Select) { Kind = HostKind.Select },
        new("setfenv", SetFenv),
        new("setmetatable", SetMetatable) { Kind = HostKind.SetMetatable },
        new("tonumber", ToNumber) { Kind = HostKind.ToNumber },
        new("tostring", ToString) { Kind = HostKind.ToString },
        new("type", Type) { Kind = HostKind.Type },
        new("unpack", Unpack) { Kind = HostKind.Unpack },
    ];

    /// <summary>What a stand-alone program has besides.</summary>
    public static readonly LuaFunctionRow[] StandaloneRows =
    [
        new("dofile", Chunks.DoFile),
        new("loadfile", Chunks.LoadFile),
        new("print", Print),
    ];

    static readonly string[] DeprecatedNames = ["getfenv", "setfenv"];

    /// <summary>Fills the globals; which functions there are depends on the options.</summary>
    public static LuaTable Open(LuaState state)
    {
        var table = state.Globals;
        var isWhole = !state.Options.Sandbox;
        table.SetString("_G", table);
        foreach (var row in Rows)
        {
            if (isWhole || state.Options.DeprecatedFunctions || !DeprecatedNames.Contains(row.Name)) Add(state, table, row.Name, row.Body, row.Kind);
        }
        if (isWhole) state.Register(table, StandaloneRows);
        var next = Add(state, table, "next", Next, HostKind.Next);
        Add(state, table, "pcall", ProtectedCall, HostKind.ProtectedCall);
        Add(state, table, "xpcall", ProtectedCallWithHandler, HostKind.ProtectedCallWithHandler);
        table.SetString("_VERSION", LuaValue.FromText(Version));
        var step = new LuaHostFunction("ipairs_aux", StepIndex, HostKind.IndexIterator, []) { Environment = table };
        Add(state, table, "ipairs", IndexPairs, HostKind.Plain, [step]);
        Add(state, table, "pairs", Pairs, HostKind.Plain, [next]);
        if (isWhole || state.Options.DeprecatedFunctions)
        {
            var valid = new LuaTable { Metatable = WeakMetatable() };
            Add(state, table, "newproxy", NewProxy, HostKind.Plain, [valid]);
        }
        return table;
    }

    static LuaHostFunction Add(LuaState state, LuaTable table, string name, LuaHostBody body, HostKind kind, LuaValue[]? upvalues = null)
    {
        var function = new LuaHostFunction(name, body, kind, upvalues ?? LuaTable.NoValues) { Environment = table };
        table.Set(state.Strings.Get(name), function);
        return function;
    }

    static LuaTable WeakMetatable()
    {
        var metatable = new LuaTable(0, 1);
        metatable.SetString("__mode", LuaValue.FromText("kv"));
        return metatable;
    }

    static int Assert(ref LuaCall call)
    {
        if (!call.CheckAny(0)) return LuaCall.Raised;
        if (call[0].IsTruthy)
        {
            // All arguments come back: they lie one slot above where results go.
            return call.Return(call.Arguments);
        }
        return call.OptString(1, AssertionFailed, out var message) ? call.Error(PatternMatcher.Effective(message.Span)) : LuaCall.Raised;
    }

    static readonly ByteString AssertionFailed = ByteString.FromUtf8("assertion failed!");

    static int Error(ref LuaCall call)
    {
        if (!call.OptInt(1, 1, out var level)) return LuaCall.Raised;
        var value = call[0];
        if (level <= 0 || !(value.IsString || value.IsNumber)) return call.Raise(value);
        var where = DebugInfo.Where(call.Thread, level);
        if (!call.CheckString(0, out var message)) return LuaCall.Raised; // a number becomes text, position or not
        return call.Raise(ByteString.Own([.. System.Text.Encoding.Latin1.GetBytes(where), .. message.Span]));
    }

    static int GcInfo(ref LuaCall call)
    {
        call.State.CollectIfDue();
        return call.State.Finalizers.Run(call.Thread) ? call.Return(Math.Floor(call.State.BytesInUse / 1024.0)) : LuaCall.Raised;
    }

    static readonly string[] CollectOptions = ["stop", "restart", "collect", "count", "step", "setpause", "setstepmul"];

    static int CollectGarbage(ref LuaCall call)
    {
        if (!call.OptString(0, Collect, out var name) || !call.OptInt(1, 0, out var argument)) return LuaCall.Raised;
        var option = Array.IndexOf(CollectOptions, Text.FromBytes(name.Span));
        var state = call.State;
        switch (option)
        {
            case 0 or 1:
                state.IsCollectStopped = option == 0;
                return call.Return(0.0);
            case 2:
                state.Collect();
                return state.Finalizers.Run(call.Thread) ? call.Return(0.0) : LuaCall.Raised;
            case 3:
                state.CollectIfDue();
                return state.Finalizers.Run(call.Thread) ? call.Return(state.BytesInUse / 1024.0) : LuaCall.Raised;
            case 4:
                var isDone = state.CollectStep(argument);
                return !isDone || state.Finalizers.Run(call.Thread) ? call.Return(isDone) : LuaCall.Raised;
            case 5:
                (state.CollectPause, argument) = (argument, state.CollectPause);
                return call.Return((double)argument);
            case 6:
                (state.CollectStepMultiplier, argument) = (argument, state.CollectStepMultiplier);
                return call.Return((double)argument);
            default:
                return call.ArgumentError(0, $"invalid option '{Text.FromBytes(PatternMatcher.Effective(name.Span))}'");
        }
    }

    static readonly ByteString Collect = ByteString.FromUtf8("collect");

    static int GetMetatable(ref LuaCall call)
    {
        if (!call.CheckAny(0)) return LuaCall.Raised;
        if (Interpreter.MetatableOf(call.State, call[0]) is not { } metatable) return call.Return(LuaValue.Nil);
        var shown = metatable.GetMetamethod(Metamethod.Metatable);
        return shown.IsNil ? call.Return(metatable) : call.Return(shown);
    }

    static int SetMetatable(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table)) return LuaCall.Raised;
        var metatable = call[1];
        if (call.Count < 2 || !(metatable.IsNil || metatable.IsTable)) return call.ArgumentError(1, "nil or table expected");
        if (table.Metatable is { } present && !present.GetMetamethod(Metamethod.Metatable).IsNil) return call.Error("cannot change a protected metatable");
        if (!call.CheckWritable(table)) return LuaCall.Raised;
        table.Metatable = metatable.IsNil ? null : metatable.AsTable;
        if (metatable.IsTable && !metatable.AsTable.GetMetamethod(Metamethod.Mode).IsNil) call.State.NeedsWalks = true;
        return call.Return(table);
    }

    static int RawEqual(ref LuaCall call) =>
        call.CheckAny(0) && call.CheckAny(1) ? call.Return(LuaValue.RawEquals(call[0], call[1])) : LuaCall.Raised;

    static int RawGet(ref LuaCall call) =>
        call.CheckTable(0, out var table) && call.CheckAny(1) ? call.Return(table.Get(call[1])) : LuaCall.Raised;

    static int RawSet(ref LuaCall call) =>
        call.CheckTable(0, out var table) && call.CheckAny(1) && call.CheckAny(2) && call.Store(table, call[1], call[2])
            ? call.Return(table)
            : LuaCall.Raised;

    static int Select(ref LuaCall call)
    {
        if (call[0].IsString && call[0].AsString.Length > 0 && call[0].AsString[0] == '#') return call.Return((double)(call.Count - 1));
        if (!call.CheckInt(0, out var index)) return LuaCall.Raised;
        if (index < 0) index = call.Count + index;
        else if (index > call.Count) index = call.Count;
        return index >= 1 ? call.Return(call.Arguments[index..]) : call.ArgumentError(0, "index out of range");
    }

    static int ToNumber(ref LuaCall call)
    {
        if (!call.OptInt(1, 10, out var @base)) return LuaCall.Raised;
        if (@base == 10)
        {
            if (!call.CheckAny(0)) return LuaCall.Raised;
            return Interpreter.TryToNumber(call[0], out var number) ? call.Return(number) : call.Return(LuaValue.Nil);
        }
        if (!call.CheckString(0, out var text)) return LuaCall.Raised;
        if (@base is < 2 or > 36) return call.ArgumentError(1, "base out of range");
        return LuaNumber.TryParseInBase(text.Span, @base, out var parsed) ? call.Return(parsed) : call.Return(LuaValue.Nil);
    }

    // Whatever __tostring gives is the result, string or not.
    static int ToString(ref LuaCall call)
    {
        if (!call.CheckAny(0)) return LuaCall.Raised;
        var value = call[0];
        var handler = value.IsString || value.IsNumber ? LuaValue.Nil : Interpreter.MetamethodOf(call.State, value, Metamethod.ToString);
        if (handler.IsNil) return call.Return(Interpreter.PlainText(call.State, value));
        return call.Call(handler, [value], out var text) ? call.Return(text) : LuaCall.Raised;
    }

    static int Type(ref LuaCall call) => call.CheckAny(0) ? call.Return(LuaTypeNames.NameBytes(call[0].Type)) : LuaCall.Raised;

    static int Unpack(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table) || !call.OptInt(1, 1, out var from)) return LuaCall.Raised;
        int to;
        if (call.IsNoneOrNil(2)) to = table.Length;
        else if (!call.CheckInt(2, out to)) return LuaCall.Raised;
        if (from > to) return call.Return();
        var count = (long)to - from + 1;
        if (count > LuaLimits.HostStackSlotsMax || !call.HasStackRoom((int)count)) return call.Error("too many results to unpack");
        var results = call.Results((int)count);
        for (var i = 0; i < results.Length; i++) results[i] = table.GetInt(from + i);
        return results.Length;
    }

    static int Next(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table)) return LuaCall.Raised;
        var key = call[1];
        var position = table.FindPosition(key);
        if (position < 0) return call.RaiseText("invalid key to 'next'");
        return table.NextAt(ref position, ref key, out var value) ? call.Return(key, value) : call.Return(LuaValue.Nil);
    }

    static int Pairs(ref LuaCall call) =>
        call.CheckTable(0, out var table) ? call.Return(call.Callee.Upvalues[0], table, LuaValue.Nil) : LuaCall.Raised;

    static int IndexPairs(ref LuaCall call) =>
        call.CheckTable(0, out var table) ? call.Return(call.Callee.Upvalues[0], table, 0.0) : LuaCall.Raised;

    static int StepIndex(ref LuaCall call)
    {
        if (!call.CheckInt(1, out var index) || !call.CheckTable(0, out var table)) return LuaCall.Raised;
        var value = table.GetInt(++index);
        return value.IsNil ? call.Return() : call.Return((double)index, value);
    }

    static int ProtectedCall(ref LuaCall call)
    {
        if (!call.CheckAny(0)) return LuaCall.Raised;
        var thread = call.Thread;
        if (!Interpreter.ProtectedCall(thread, call.Base, call.Count - 1, -1, 0)) return call.Return(LuaValue.False, call.State.TakeCaughtError());
        var count = thread.Top - call.Base;
        thread.Stack[call.Base - 1] = LuaValue.True;
        return count + 1;
    }

    static int ProtectedCallWithHandler(ref LuaCall call)
    {
        if (!call.CheckAny(1)) return LuaCall.Raised;
        var thread = call.Thread;
        var stack = thread.Room(call.Base + 2);
        (stack[call.Base], stack[call.Base + 1]) = (stack[call.Base + 1], stack[call.Base]);
        thread.Top = call.Base + 2;
        if (!Interpreter.ProtectedCall(thread, call.Base + 1, 0, -1, call.Base)) return call.Return(LuaValue.False, call.State.TakeError());
        var results = thread.Stack.AsSpan(call.Base + 1, thread.Top - call.Base - 1);
        results.CopyTo(thread.Stack.AsSpan(call.Base));
        thread.Stack[call.Base - 1] = LuaValue.True;
        return results.Length + 1;
    }

    // The function of argument 0, or of the level it names. False: raised. A null function stands for level 0 of setfenv: the thread.
    internal static bool FunctionAt(ref LuaCall call, bool isOptional, out LuaFunction function)
    {
        function = null!;
        if (call[0].IsFunction)
        {
            function = call[0].AsFunction;
            return true;
        }
        var level = 1;
        if (!(isOptional ? call.OptInt(0, 1, out level) : call.CheckInt(0, out level))) return false;
        if (level < 0) return call.ArgumentError(0, "level must be non-negative") >= 0;
        var frame = DebugInfo.FrameAt(call.Thread, level);
        if (frame < 0) return call.ArgumentError(0, "invalid level") >= 0;
        if (frame == DebugInfo.LostTailCall) return call.Error($"no function environment for tail call at level {level}") >= 0;
        function = call.Thread.Stack[call.Thread.Frames[frame].Func].AsFunction;
        return true;
    }

    static int GetFenv(ref LuaCall call)
    {
        if (!FunctionAt(ref call, isOptional: true, out var function)) return LuaCall.Raised;
        return call.Return(function is LuaClosure closure ? closure.Environment! : call.Thread.Globals);
    }

    static int SetFenv(ref LuaCall call)
    {
        if (!call.CheckType(1, LuaType.Table)) return LuaCall.Raised;
        var environment = call[1].AsTable;
        if (!FunctionAt(ref call, isOptional: false, out var function)) return LuaCall.Raised;
        if (call[0].IsNumber && call[0].AsNumber == 0)
        {
            call.Thread.Globals = environment;
            return call.Return();
        }
        if (function is not LuaClosure) return call.Error("'setfenv' cannot change environment of given object");
        function.Environment = environment;
        return call.Return(function);
    }

    static int NewProxy(ref LuaCall call)
    {
        var valid = call.Callee.Upvalues[0].AsTable;
        var argument = call[0];
        var made = new LuaUserdata(null);
        if (!argument.IsTruthy) return call.Return(made);
        if (argument.IsBoolean)
        {
            made.Metatable = new LuaTable();
            valid.Set(made.Metatable, true);
        }
        else
        {
            var metatable = Interpreter.MetatableOf(call.State, argument);
            if (metatable is null || !valid.Get(metatable).IsTruthy) return call.ArgumentError(0, "boolean or proxy expected");
            made.Metatable = metatable;
        }
        call.State.Finalizers.Watch(made);
        call.State.NeedsWalks = true;
        return call.Return(made);
    }

    static int Print(ref LuaCall call)
    {
        if (!call.Index(call.Thread.Globals, WellKnown.ToStringName, out var toString)) return LuaCall.Raised;
        var output = call.State.Output;
        for (var i = 0; i < call.Count; i++)
        {
            if (!call.Call(toString, [call[i]], out var text)) return LuaCall.Raised;
            if (i > 0) output.WriteByte((byte)'\t');
            if (text.IsString) output.Write(UpToZero(text.AsString.Span));
            else if (text.IsNumber) output.Write(Coercion.ToByteString(call.State, text.AsNumber).Span);
            else return call.Error("'tostring' must return a string to 'print'");
        }
        output.WriteByte((byte)'\n');
        return call.Return();
    }

    // PUC 5.1 prints by fputs, which ends at a zero byte; io.write does not.
    static ReadOnlySpan<byte> UpToZero(ReadOnlySpan<byte> text) => text.IndexOf((byte)0) is >= 0 and var end ? text[..end] : text;
}
