// The string library of PUC 5.1 (lstrlib.c): byte semantics, the C locale, PUC's error texts.
// The rows and the plain functions; find, match, gmatch and gsub are in StringLibrary.Patterns.cs, %-conversions in StringFormat.cs.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static partial class StringLibrary
{
    private const int BytesPerStep = 64;

    /// <summary>In PUC's order, which decides the order of <c>pairs(string)</c>.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("byte", Byte) { Kind = HostKind.Byte },
        new("char", Char) { Kind = HostKind.Char },
        new("dump", Dump),
        new("find", Find),
        new("format", StringFormat.Format),
        new("gfind", GMatch),
        new("gmatch", GMatch),
        new("gsub", GSub),
        new("len", Len) { Kind = HostKind.Length },
        new("lower", Lower),
        new("match", Match),
        new("rep", Rep),
        new("reverse", Reverse),
        new("sub", Sub) { Kind = HostKind.Sub },
        new("upper", Upper),
    ];

    /// <summary>Makes the library and gives strings their metatable.</summary>
    public static LuaTable Open(LuaState state)
    {
        var table = LibraryTable.Make(state, Rows, LuaValue.LightUserdata(new MatcherPool()));
        table.SetString("gfind", table.GetString("gmatch"u8));      // one function under two names
        var metatable = new LuaTable(0, 1);
        metatable.SetString("__index", table);
        state.SetTypeMetatable(LuaType.String, metatable);
        return table;
    }

    /// <summary>Counts from the end when negative; 0 when it lies before the start.</summary>
    private static long Relative(long position, int length)
    {
        position += position < 0 ? (long)length + 1 : 0;
        return Math.Max(position, 0);
    }

    private static int Len(ref LuaCall call)
        => call.CheckString(0, out var text) ? call.Return(text.Length) : LuaCall.Raised;

    private static int Sub(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text) || !call.CheckInteger(1, out var from) || !call.OptInteger(2, -1, out var to))
        {
            return LuaCall.Raised;
        }

        var first = Math.Max(Relative(from, text.Length), 1);
        var last = Math.Min(Relative(to, text.Length), text.Length);
        if (first > last)
        {
            return call.Return(ByteString.Empty);
        }

        return first == 1 && last == text.Length
            ? call.Return(text)
            : Strings.Return(ref call, text.Span[((int)first - 1)..(int)last]);
    }

    private static int Reverse(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text) || !Copy(ref call, text, out var copy))
        {
            return LuaCall.Raised;
        }

        copy.AsSpan().Reverse();
        return call.Return(ByteString.Own(copy));
    }

    private static int Lower(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text) || !Copy(ref call, text, out var copy))
        {
            return LuaCall.Raised;
        }

        foreach (ref var c in copy.AsSpan())
        {
            c = c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
        }

        return call.Return(ByteString.Own(copy));
    }

    private static int Upper(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text) || !Copy(ref call, text, out var copy))
        {
            return LuaCall.Raised;
        }

        foreach (ref var c in copy.AsSpan())
        {
            c = c is >= (byte)'a' and <= (byte)'z' ? (byte)(c & ~0x20) : c;
        }

        return call.Return(ByteString.Own(copy));
    }

    private static bool Copy(ref LuaCall call, ByteString text, out byte[] copy)
    {
        if (!Strings.MakeBuffer(ref call, text.Length, out copy) || !call.Step(text.Length / BytesPerStep))
        {
            return false;
        }

        text.Span.CopyTo(copy);
        return true;
    }

    private static int Rep(ref LuaCall call)
    {
        // The count is a C int: 2^31 wraps to a negative one and gives the empty string.
        if (!call.CheckString(0, out var text) || !call.CheckInt(1, out var count))
        {
            return LuaCall.Raised;
        }

        if (count <= 0 || text.Length == 0)
        {
            return call.Return(ByteString.Empty);
        }

        var length = (long)text.Length * count;
        if (!Strings.MakeBuffer(ref call, length, out var buffer) || !call.Step(length / BytesPerStep))
        {
            return LuaCall.Raised;
        }

        if (text.Length == 1)
        {
            buffer.AsSpan().Fill(text[0]);
            return call.Return(ByteString.Own(buffer));
        }

        text.Span.CopyTo(buffer);
        for (var filled = text.Length; filled < buffer.Length;)
        {
            var more = Math.Min(filled, buffer.Length - filled);
            buffer.AsSpan(0, more).CopyTo(buffer.AsSpan(filled));
            filled += more;
        }

        return call.Return(ByteString.Own(buffer));
    }

    private static int Byte(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text) || !call.OptInteger(1, 1, out var from))
        {
            return LuaCall.Raised;
        }

        var first = Relative(from, text.Length);
        if (call.Count < 3 && first > 0 && first <= text.Length)
        {
            return call.Return((double)text[(int)first - 1]);
        }

        if (!call.OptInteger(2, first, out var to))
        {
            return LuaCall.Raised;
        }

        var last = Math.Min(Relative(to, text.Length), text.Length);
        first = Math.Max(first, 1);
        if (first > last)
        {
            return call.Return();
        }

        var count = (int)(last - first) + 1;
        if (!call.HasStackRoom(count))
        {
            return call.Error("stack overflow (string slice too long)");
        }

        var results = call.Results(count);
        for (var i = 0; i < count; i++)
        {
            results[i] = (double)text[(int)first - 1 + i];
        }

        return count;
    }

    private static int Char(ref LuaCall call)
    {
        var count = call.Count;
        if (!Strings.MakeBuffer(ref call, count, out var buffer))
        {
            return LuaCall.Raised;
        }

        for (var i = 0; i < count; i++)
        {
            if (!call.CheckInt(i, out var code))
            {
                return LuaCall.Raised;
            }

            if (code != (byte)code)
            {
                return call.ArgumentError(i, "invalid value");
            }

            buffer[i] = (byte)code;
        }

        return call.Return(ByteString.Own(buffer));
    }

    // PUC's binary form, byte for byte. Whether it may be loaded again is the loader's affair: a sandbox reads source text only.
    private static int Dump(ref LuaCall call)
    {
        if (!call.CheckFunction(0, out var function))
        {
            return LuaCall.Raised;
        }

        if (function is not LuaClosure closure)
        {
            return call.Error("unable to dump given function");
        }

        var bytes = Bytecode.Dump.Of(closure.Prototype);
        return call.Allocate(bytes.Length) ? call.Return(ByteString.Own(bytes)) : LuaCall.Raised;
    }

    internal static bool AppendNumber(ref LuaCall call, ref ByteBuilder builder, double number)
    {
        if (!builder.Reserve(ref call, LuaNumber.MaxTextLength))
        {
            return false;
        }

        builder.Advance(LuaNumber.Format(number, builder.Free));
        return true;
    }
}
