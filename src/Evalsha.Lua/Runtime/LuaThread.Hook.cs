// What a coroutine knows of its hook (Hooks).
namespace Evalsha.Lua.Runtime;

public sealed partial class LuaThread
{
    internal HookEvents HookEvents;
    internal LuaFunction? HookFunction;

    /// <summary>Instructions between two count events, and how many are left until the next.</summary>
    internal int HookInterval;
    internal int HookCountdown;

    /// <summary>The hook runs now.</summary>
    internal bool IsInHook;

    /// <summary>Where the instruction stood that was completed by the return of a call: the position alone would hide its jump back.</summary>
    internal int HookJumpedFrom;

    /// <summary>The next instruction was begun, interrupted, and is done again: its hooks have run.</summary>
    internal bool IsInstructionRetried;

    /// <summary>The call event of the next function entered has been given: it was tail-called.</summary>
    internal bool IsEntryReported;

    internal bool IsHooked => HookEvents != HookEvents.None && HookFunction is not null;
}
