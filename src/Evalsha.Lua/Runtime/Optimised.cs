// When the few functions are compiled in which nearly all time is spent.
// Always: they are never run in unoptimised form. Their frames would be several times larger, and nested host levels must fit a small stack.
// Where the library is loaded as it is, the runtime optimises them at their first call. Where everything was compiled beforehand (PRECOMPILED,
// see Directory.Build.props), the machine code is at hand: asking for AggressiveOptimization would throw it away, and a program would begin
// by waiting for the loop to be compiled, which takes longer than all else that starts it (./bench lua).
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

internal static class Optimised
{
#if PRECOMPILED
    public const MethodImplOptions AtOnce = 0;
#else
    public const MethodImplOptions AtOnce = MethodImplOptions.AggressiveOptimization;
#endif
}
