// A number cut to an integer by one machine instruction, as C does it in PUC: what does not fit is anything, but always the same.
// Always: callers compare the result with the number, or take what C takes. Written with the processor's own name where there is one, because
// double.ConvertToIntegerNative, which says the same, is a call in code that was compiled beforehand.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Evalsha.Lua.Runtime;

internal static class Truncation
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int ToInt32(double number) =>
        Sse2.IsSupported ? Sse2.ConvertToInt32WithTruncation(Vector128.CreateScalarUnsafe(number)) : double.ConvertToIntegerNative<int>(number);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ToInt64(double number) =>
        Sse2.X64.IsSupported ? Sse2.X64.ConvertToInt64WithTruncation(Vector128.CreateScalarUnsafe(number)) : double.ConvertToIntegerNative<long>(number);
}
