// The debug library, for stand-alone programs: tracebacks, what is known of functions and calls, locals and upvalues, raw metatables.
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class DebugLibrary
{
    public static readonly LuaFunctionRow[] Rows =
    [
        new("getfenv", GetFenv),
        new("gethook", GetHook),
        new("getinfo", GetInfo),
        new("getlocal", GetLocal),
        new("getregistry", GetRegistry),
        new("getmetatable", GetMetatable),
        new("getupvalue", GetUpvalue),
        new("setfenv", SetFenv),
        new("sethook", SetHook),
        new("setlocal", SetLocal),
        new("setmetatable", SetMetatable),
        new("setupvalue", SetUpvalue),
        new("traceback", TracebackText),
    ];

    public static LuaTable Open(LuaState state) => LibraryTable.Make(state, Rows);

    // The coroutine of argument 0, if it is one, and how many arguments that takes.
    static LuaThread ThreadOf(ref LuaCall call, out int shift)
    {
        shift = call[0].IsThread ? 1 : 0;
        return shift == 1 ? call[0].AsThread : call.Thread;
    }

    static int TracebackText(ref LuaCall call)
    {
        var thread = ThreadOf(ref call, out var shift);
        var level = ReferenceEquals(thread, call.Thread) ? 1 : 0;
        // As PUC does it on its stack: a level takes the last argument away, a message that is none gives back the last one, and whatever
        // stands after the message is joined to it.
        var count = call.Count;
        if (Interpreter.TryToNumber(call[shift + 1], out var number))
        {
            level = unchecked((int)Truncation.ToInt64(number));
            count--;
        }
        if (count <= shift) return call.Return(Text.ToByteString(Traceback.Of(thread, level)));
        if (!call[shift].IsString && !call[shift].IsNumber) return call.Return(call[count - 1]);
        var text = new List<byte>();
        for (var i = shift; i < count; i++)
        {
            if (call[i].IsString) text.AddRange(call[i].AsString.Span);
            else if (call[i].IsNumber) text.AddRange(Coercion.ToByteString(call.State, call[i].AsNumber).Span);
            else return call.RaiseText($"attempt to concatenate a {call[i].Type.Name()} value");
        }
        text.Add((byte)'\n');
        text.AddRange(Text.ToByteString(Traceback.Of(thread, level)).Span);
        return call.Return(ByteString.Own([.. text]));
    }

    static int GetInfo(ref LuaCall call)
    {
        var thread = ThreadOf(ref call, out var shift);
        if (!call.OptString(shift + 1, AllInfo, out var options)) return LuaCall.Raised;
        if (options.Span.Contains((byte)0)) options = ByteString.From(PatternMatcher.Effective(options.Span));
        LuaFunction? function;
        var frame = -1;
        if (call[shift].IsNumber || (call[shift].IsString && LuaNumber.TryParse(call[shift].AsString.Span, out _)))
        {
            if (!call.CheckInt(shift, out var level)) return LuaCall.Raised;
            frame = DebugInfo.FrameAt(thread, level); // a negative level is taken for a lost tail call, as in PUC
            if (frame < 0) return call.Return(LuaValue.Nil);
            function = frame == DebugInfo.LostTailCall ? null : thread.Stack[thread.Frames[frame].Func].AsFunction;
        }
        else if (call[shift].IsFunction)
        {
            function = call[shift].AsFunction;
            if (options.Span.Contains((byte)'>')) return call.ArgumentError(shift + 1, "invalid option");
        }
        else
        {
            return call.ArgumentError(shift, "function or level expected");
        }
        // Of a lost tail call PUC answers before it looks at what is asked.
        foreach (var option in function is null ? default : options.Span)
        {
            if ("SlnufL"u8.IndexOf(option) < 0) return call.ArgumentError(shift + 1, "invalid option");
        }

        var info = new LuaTable(0, 2);
        var prototype = (function as LuaClosure)?.Prototype;
        if (options.Span.Contains((byte)'S'))
        {
            info.SetString("source", prototype is not null ? prototype.Source : Text.ToByteString(function is null ? "=(tail call)" : "=[C]"));
            info.SetString("short_src", Text.ToByteString(prototype is not null ? DebugInfo.ShortSource(prototype) : function is null ? "(tail call)" : "[C]"));
            info.SetString("linedefined", (double)(prototype?.LineDefined ?? -1));
            info.SetString("lastlinedefined", (double)(prototype?.LastLineDefined ?? -1));
            info.SetString("what", LuaValue.FromText(function is null ? "tail" : prototype is null ? "C" : prototype.LineDefined == 0 ? "main" : "Lua"));
        }
        if (options.Span.Contains((byte)'l')) info.SetString("currentline", (double)(frame > 0 ? DebugInfo.CurrentLine(thread, frame) : -1));
        if (options.Span.Contains((byte)'u'))
        {
            info.SetString("nups", (double)(function is LuaClosure closure ? closure.Upvalues.Length : (function as LuaHostFunction)?.Upvalues.Length ?? 0));
        }
        if (options.Span.Contains((byte)'n'))
        {
            var (name, kind) = frame > 0 ? DebugInfo.FunctionName(thread, frame) : (null, "");
            if (function is null) name = "";
            info.SetString("name", name is null ? LuaValue.Nil : Text.ToByteString(name)); // a nil takes its place in the table too
            info.SetString("namewhat", LuaValue.FromText(kind));
        }
        if (options.Span.Contains((byte)'L')) info.SetString("activelines", prototype is null ? LuaValue.Nil : ActiveLines(prototype));
        if (options.Span.Contains((byte)'f')) info.SetString("func", function);
        return call.Return(info);
    }

    static readonly ByteString AllInfo = ByteString.FromUtf8("flnSu");

    static LuaTable ActiveLines(Prototype prototype)
    {
        var lines = new LuaTable();
        foreach (var line in prototype.Lines) lines.SetInt(line, true);
        return lines;
    }

    // The frame of argument "level"; false: raised.
    static bool LocalFrame(ref LuaCall call, LuaThread thread, int shift, out int frame)
    {
        frame = -1;
        if (!call.CheckInt(shift, out var level)) return false;
        frame = DebugInfo.FrameAt(thread, level);
        return frame >= 0 || call.ArgumentError(shift, "level out of range") >= 0;
    }

    // luaF_getlocalname, or "(*temporary)" for any other slot that the call uses.
    static ByteString? LocalAt(LuaThread thread, int frame, int number, out int slot)
    {
        slot = 0;
        if (frame <= 0 || number <= 0) return null;
        ref var call = ref thread.Frames[frame];
        slot = call.Base + number - 1;
        if (call.IsLua && DebugInfo.ClosureAt(thread, frame).Prototype.LocalName(number, DebugInfo.CurrentPc(thread, frame)) is { } name) return name;
        var limit = frame == thread.FrameIndex ? thread.Top : thread.Frames[frame + 1].Func;
        return slot < limit ? Temporary : null;
    }

    static readonly ByteString Temporary = ByteString.FromUtf8("(*temporary)");

    static int GetLocal(ref LuaCall call)
    {
        var thread = ThreadOf(ref call, out var shift);
        if (!LocalFrame(ref call, thread, shift, out var frame) || !call.CheckInt(shift + 1, out var number)) return LuaCall.Raised;
        return LocalAt(thread, frame, number, out var slot) is { } name ? call.Return(name, thread.Stack[slot]) : call.Return(LuaValue.Nil);
    }

    static int SetLocal(ref LuaCall call)
    {
        var thread = ThreadOf(ref call, out var shift);
        if (!LocalFrame(ref call, thread, shift, out var frame) || !call.CheckAny(shift + 2) || !call.CheckInt(shift + 1, out var number)) return LuaCall.Raised;
        if (LocalAt(thread, frame, number, out var slot) is not { } name) return call.Return(LuaValue.Nil);
        thread.Stack[slot] = call[shift + 2];
        call.State.IsCompiledOff = true;
        return call.Return(name);
    }

    static int GetUpvalue(ref LuaCall call)
    {
        if (!call.CheckInt(1, out var number) || !call.CheckFunction(0, out var function)) return LuaCall.Raised;
        if (function is not LuaClosure closure || number < 1 || number > closure.Upvalues.Length) return call.Return();
        return call.Return(closure.Prototype.UpvalueNames[number - 1], closure.GetUpvalue(number - 1));
    }

    static int SetUpvalue(ref LuaCall call)
    {
        if (!call.CheckAny(2) || !call.CheckInt(1, out var number) || !call.CheckFunction(0, out var function)) return LuaCall.Raised;
        if (function is not LuaClosure closure || number < 1 || number > closure.Upvalues.Length) return call.Return();
        closure.SetUpvalue(number - 1, call[2]);
        return call.Return(closure.Prototype.UpvalueNames[number - 1]);
    }

    static int GetMetatable(ref LuaCall call) =>
        call.CheckAny(0) ? call.Return((LuaValue)Interpreter.MetatableOf(call.State, call[0])) : LuaCall.Raised;

    static int SetMetatable(ref LuaCall call)
    {
        if (call.Count < 2 || !(call[1].IsNil || call[1].IsTable)) return call.ArgumentError(1, "nil or table expected");
        var metatable = call[1].IsNil ? null : call[1].AsTable;
        var value = call[0];
        switch (value.Type)
        {
            case LuaType.Table:
                if (!call.CheckWritable(value.AsTable)) return LuaCall.Raised;
                value.AsTable.Metatable = metatable;
                break;
            case LuaType.Userdata:
                value.AsUserdata.Metatable = metatable;
                break;
            case var type:
                call.State.SetTypeMetatable(type, metatable);
                break;
        }
        return call.Return(true);
    }

    static int GetRegistry(ref LuaCall call) => call.Return(call.State.Registry);

    static int GetFenv(ref LuaCall call)
    {
        if (!call.CheckAny(0)) return LuaCall.Raised;
        LuaTable? environment = call[0].Type switch
        {
            LuaType.Function => call[0].AsFunction.Environment,
            LuaType.Userdata => call[0].AsUserdata.Environment ?? call.State.Globals,
            LuaType.Thread => call[0].AsThread.Globals,
            _ => null,
        };
        return call.Return((LuaValue)environment);
    }

    static int SetFenv(ref LuaCall call)
    {
        if (!call.CheckType(1, LuaType.Table)) return LuaCall.Raised;
        var environment = call[1].AsTable;
        switch (call[0].Type)
        {
            case LuaType.Function:
                call[0].AsFunction.Environment = environment;
                break;
            case LuaType.Userdata:
                call[0].AsUserdata.Environment = environment;
                break;
            case LuaType.Thread:
                call[0].AsThread.Globals = environment;
                break;
            default:
                return call.Error("'setfenv' cannot change environment of given object");
        }
        return call.Return(call[0]);
    }

    static int GetHook(ref LuaCall call)
    {
        var thread = ThreadOf(ref call, out _);
        var mask = new List<byte>(3);
        if ((thread.HookEvents & HookEvents.Call) != 0) mask.Add((byte)'c');
        if ((thread.HookEvents & HookEvents.Return) != 0) mask.Add((byte)'r');
        if ((thread.HookEvents & HookEvents.Line) != 0) mask.Add((byte)'l');
        return call.Return((LuaValue)thread.HookFunction, ByteString.From([.. mask]), (double)thread.HookInterval);
    }

    static int SetHook(ref LuaCall call)
    {
        var thread = ThreadOf(ref call, out var shift);
        if (call.IsNoneOrNil(shift))
        {
            Hooks.Set(thread, null, HookEvents.None, 0);
            return call.Return();
        }
        if (!call.CheckString(shift + 1, out var mask) || !call.CheckFunction(shift, out var function) || !call.OptInt(shift + 2, 0, out var count)) return LuaCall.Raised;
        var letters = PatternMatcher.Effective(mask.Span);
        var events = HookEvents.None;
        if (letters.Contains((byte)'c')) events |= HookEvents.Call;
        if (letters.Contains((byte)'r')) events |= HookEvents.Return;
        if (letters.Contains((byte)'l')) events |= HookEvents.Line;
        if (count > 0) events |= HookEvents.Count;
        Hooks.Set(thread, function, events, events == HookEvents.None ? 0 : count);
        return call.Return();
    }
}
