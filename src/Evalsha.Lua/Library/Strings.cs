// New string values for library functions, paid from the call's memory budget before they are made.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal static class Strings
{
    /// <summary>What a string costs beside its bytes: object and array headers.</summary>
    private const int Overhead = 48;

    /// <summary>A string of these bytes. False: "not enough memory" was raised.</summary>
    public static bool Make(ref LuaCall call, scoped ReadOnlySpan<byte> bytes, out LuaValue value)
    {
        if (!call.Allocate(bytes.Length + Overhead))
        {
            value = default;
            return false;
        }

        value = call.State.Strings.Get(bytes);
        return true;
    }

    /// <summary>A string of these bytes as the only result.</summary>
    public static int Return(ref LuaCall call, scoped ReadOnlySpan<byte> bytes)
        => Make(ref call, bytes, out var value) ? call.Return(value) : LuaCall.Raised;

    /// <summary>A string's bytes for the caller to fill before it is seen by anyone; the caller then passes the array to <see cref="ByteString.Own"/>.</summary>
    public static bool MakeBuffer(ref LuaCall call, long length, out byte[] buffer)
    {
        if (!call.Allocate(length + Overhead))
        {
            buffer = [];
            return false;
        }

        buffer = GC.AllocateUninitializedArray<byte>((int)length);
        return true;
    }
}
