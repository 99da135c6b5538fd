// load, loadstring, loadfile and dofile: from text to function. A failure to compile is nil and the message, as in lbaselib.c.
// New chunks take the globals of the running coroutine as their environment.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal static class Chunks
{
    static readonly ByteString LoadName = ByteString.FromUtf8("=(load)");

    public static int LoadString(ref LuaCall call)
    {
        if (!call.CheckString(0, out var source) || !call.OptString(1, source, out var name)) return LuaCall.Raised;
        return Finish(ref call, source.Span, name);
    }

    public static int Load(ref LuaCall call)
    {
        if (!call.OptString(1, LoadName, out var name) || !call.CheckType(0, LuaType.Function)) return LuaCall.Raised;
        var reader = call[0];
        var source = new MemoryStream();
        var isFirst = true;
        while (true)
        {
            // lua_load is a protected call: an error of the reader is a failure to load.
            if (!call.Call(reader, [], out var piece))
            {
                call.Thread.ErrorCaught(call.Thread.FrameIndex);
                return call.Return(LuaValue.Nil, call.State.TakeError());
            }
            if (piece.IsNil && isFirst)
            {
                isFirst = false; // PUC asks again when the first answer is the end
                continue;
            }
            isFirst = false;
            if (piece.IsNil) break;
            if (piece.IsNumber) piece = Coercion.ToByteString(call.State, piece.AsNumber);
            if (!piece.IsString)
            {
                // The parser raises it inside the protected call, so the handler of an xpcall around load hears of it.
                Interpreter.RaiseWhere(call.Thread, "reader function must return a string");
                if (call.Thread.Handler != 0) Interpreter.CallHandler(call.Thread);
                call.Thread.ErrorCaught(call.Thread.FrameIndex);
                return call.Return(LuaValue.Nil, call.State.TakeError());
            }
            if (piece.AsString.Length == 0) break;
            if (!call.Step(1) || !call.Allocate(source.Length + piece.AsString.Length)) return LuaCall.Raised;
            source.Write(piece.AsString.Span);
        }
        return Finish(ref call, source.GetBuffer().AsSpan(0, (int)source.Length), name);
    }

    public static int LoadFile(ref LuaCall call)
    {
        if (!TryRead(ref call, out var source, out var name, out var failure)) return LuaCall.Raised;
        return failure.IsNil ? Finish(ref call, source.Span, name) : call.Return(LuaValue.Nil, failure);
    }

    public static int DoFile(ref LuaCall call)
    {
        if (!TryRead(ref call, out var source, out var name, out var failure)) return LuaCall.Raised;
        if (!failure.IsNil) return call.Raise(failure);
        if (!TryLoad(ref call, source.Span, name, out var function, out failure)) return call.Raise(failure);
        var thread = call.Thread;
        var at = thread.Top;
        thread.Room(at + 1)[at] = function;
        thread.Top = at + 1;
        if (!Interpreter.Call(thread, at, 0, -1)) return LuaCall.Raised;
        return call.Return(thread.Stack.AsSpan(at, thread.Top - at));
    }

    /// <summary>luaL_loadfile: false with the message.</summary>
    public static bool TryLoadFile(ref LuaCall call, ByteString path, out LuaClosure function, out LuaValue failure)
    {
        function = null!;
        ReadFile(path, isInput: false, out var source, out var name, out failure);
        return failure.IsNil && TryLoad(ref call, source.Span, name, out function, out failure);
    }

    static bool TryRead(ref LuaCall call, out ReadOnlyMemory<byte> source, out ByteString name, out LuaValue failure)
    {
        source = default;
        failure = LuaValue.Nil;
        if (!call.OptString(0, ByteString.Empty, out var path)) // a missing name is the standard input
        {
            name = ByteString.Empty;
            return false;
        }
        ReadFile(path, call.IsNoneOrNil(0), out source, out name, out failure);
        return true;
    }

    static void ReadFile(ByteString path, bool isInput, out ReadOnlyMemory<byte> source, out ByteString name, out LuaValue failure)
    {
        source = default;
        failure = LuaValue.Nil;
        name = isInput ? ByteString.FromUtf8("=stdin") : ByteString.Own([(byte)'@', .. PatternMatcher.Effective(path.Span)]);
        try
        {
            source = isInput ? ReadToEnd(Console.OpenStandardInput()) : File.ReadAllBytes(Paths.FromBytes(path));
            if (source.Length > 0 && source.Span[0] == '#')
            {
                // A first line for the Unix shell; its end stays, so that lines are counted right.
                var end = source.Span.IndexOf((byte)'\n');
                source = end < 0 ? default : source[end..];
            }
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            failure = Text.ToByteString($"cannot open {Text.FromBytes(PatternMatcher.Effective(path.Span))}: {FileErrors.Describe(e).Text}");
        }
    }

    static byte[] ReadToEnd(Stream stream)
    {
        var all = new MemoryStream();
        stream.CopyTo(all);
        return all.ToArray();
    }

    static int Finish(ref LuaCall call, ReadOnlySpan<byte> source, ByteString name) =>
        TryLoad(ref call, source, name, out var function, out var failure)
            ? call.Return((LuaValue)function)
            : call.Return(LuaValue.Nil, failure);

    static bool TryLoad(ref LuaCall call, ReadOnlySpan<byte> source, ByteString name, out LuaClosure function, out LuaValue failure)
    {
        function = null!;
        failure = LuaValue.Nil;
        // A name is a C string there: a byte of zero ends it.
        if (!call.State.TryCompile(source, name.Span.Contains((byte)0) ? ByteString.From(PatternMatcher.Effective(name.Span)) : name, out var prototype, out var error))
        {
            failure = error.Value;
            return false;
        }
        function = call.State.Instantiate(prototype, call.Thread.Globals);
        return true;
    }
}
