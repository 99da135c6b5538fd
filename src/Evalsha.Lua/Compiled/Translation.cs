// One function in IL, and then in machine code: the second step is the long one, and needs nothing of the state.
// Always: Body is there once Finish has returned; until then the function runs as it did before.
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Compiled;

/// <param name="entries">Positions at which the method may be entered; the beginning first.</param>
internal sealed class Translation(Executable code, DynamicMethod method, int[] entries)
{
    public Executable Code { get; } = code;

    public CompiledBody? Body { get; private set; }

    public ReadOnlySpan<int> Entries => entries;

    /// <summary>Makes the method; the runtime compiles it when it is first called.</summary>
    public void Finish() => Body = method.CreateDelegate<CompiledBody>(Code);

    /// <summary>Makes the method and has the runtime compile it here, on any thread.</summary>
    public void FinishAtOnce()
    {
        Finish();
        RuntimeHelpers.PrepareDelegate(Body!);
    }
}
