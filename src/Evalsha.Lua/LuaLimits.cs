// Every limit of the engine by name. The depth limits are PUC's and are constants, because error texts and programs depend on them;
// the budgets are the host's choice.
namespace Evalsha.Lua;

public sealed record LuaLimits
{
    /// <summary>Nested C levels: pcall, metamethods, iterators, callbacks of library functions, resumes (LUAI_MAXCCALLS).</summary>
    public const int HostLevelsMax = 200;

    /// <summary>Nested calls in one coroutine (LUAI_MAXCALLS).</summary>
    public const int CallsMax = 20_000;

    /// <summary>The least <see cref="MaxDepth"/>: what a coroutine begins with.</summary>
    public const int DepthMin = 8;

    /// <summary>Slots of one coroutine's stack: as many as the nested calls could need, each with the most registers a function can have.</summary>
    public const int StackSlotsMax = CallsMax * 250;

    /// <summary>Values one host function may hold on the stack (LUAI_MAXCSTACK).</summary>
    public const int HostStackSlotsMax = 8_000;

    /// <summary>Tables in one chain of __index or __newindex (MAXTAGLOOP).</summary>
    public const int MetatableChainMax = 100;

    /// <summary>Longest string in bytes that the engine makes; .NET's arrays end a little below 2^31.</summary>
    public const int StringLengthMax = 0x7FFF_FFC7;

    /// <summary>Instructions (and library steps) between two calls of the interrupt hook, as in Redis.</summary>
    public const int InterruptInterval = 100_000;

    /// <summary>Instructions and library steps one outermost call may use; 0 is no limit.</summary>
    public long MaxSteps { get; init; }

    /// <summary>Bytes that may be alive at once, found by marking; 0 is no limit. Garbage does not count.</summary>
    public long MaxLiveBytes { get; init; }

    /// <summary>Time one outermost call may take on the clock of <see cref="LuaOptions.Time"/>; zero is no limit.</summary>
    public TimeSpan MaxTime { get; init; }

    /// <summary>Nested Lua calls in one coroutine, then "stack overflow" is raised; 0 is <see cref="CallsMax"/>, and no value goes beyond it or below <see cref="DepthMin"/>.</summary>
    public int MaxDepth { get; init; }

    public static LuaLimits None { get; } = new();
}
