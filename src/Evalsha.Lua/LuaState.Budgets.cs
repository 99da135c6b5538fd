// The budgets of a state: steps, interrupts, live bytes.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    /// <summary>Runs about every 100,000 instructions and library steps, inside the running program's turn. It must not call into this state.</summary>
    public Func<LuaState, LuaInterrupt>? InterruptHook { get; set; }

    internal bool OnStepsSpent()
    {
        StepsLeft = LuaLimits.InterruptInterval;
        if (InterruptHook?.Invoke(this) is not { IsRaised: true } interrupt) return true;
        SetError(interrupt.Error);
        return false;
    }

    internal bool TryAllocate(long bytes)
    {
        if (bytes <= LuaLimits.StringLengthMax) return true;
        SetError(WellKnown.NotEnoughMemory);
        return false;
    }
}
