// What the interrupt hook answers: go on, raise an ordinary error, or kill.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

public readonly record struct LuaInterrupt
{
    LuaInterrupt(bool isRaised, bool isKill, LuaValue error)
    {
        IsRaised = isRaised;
        IsKill = isKill;
        Error = error;
    }

    public bool IsRaised { get; }

    public bool IsKill { get; }

    public LuaValue Error { get; }

    public static LuaInterrupt Continue => default;

    /// <summary>Raises this value as an error that the program may catch and go on from.</summary>
    public static LuaInterrupt Raise(LuaValue error) => new(true, false, error);

    /// <summary>Raises this value and keeps raising it at every following check: one pcall may still see it, a loop of pcalls cannot go on.</summary>
    public static LuaInterrupt Kill(LuaValue error) => new(true, true, error);
}
