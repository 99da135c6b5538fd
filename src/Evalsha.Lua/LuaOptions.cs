// How a state is made: budgets, sources of time and chance, and which libraries it opens.
namespace Evalsha.Lua;

/// <summary>The libraries that a new state may open.</summary>
[Flags]
public enum LuaLibraries
{
    None = 0,
    Base = 1 << 0,
    Coroutine = 1 << 1,
    String = 1 << 2,
    Table = 1 << 3,
    Math = 1 << 4,
    Bit = 1 << 5,
    Struct = 1 << 6,
    Cjson = 1 << 7,
    Cmsgpack = 1 << 8,
    Os = 1 << 9,
    Io = 1 << 10,
    Debug = 1 << 11,
    Package = 1 << 12,

    /// <summary>What a script inside the server sees.</summary>
    Sandbox = Base | Coroutine | String | Table | Math | Bit | Struct | Cjson | Cmsgpack,

    /// <summary>What the stand-alone interpreter offers.</summary>
    All = Sandbox | Os | Io | Debug | Package,
}

public sealed record LuaOptions
{
    public LuaLimits Limits { get; init; } = LuaLimits.None;

    public LuaLibraries Libraries { get; init; } = LuaLibraries.All;

    /// <summary>
    /// The sandbox: no files (dofile, loadfile), no print, no process; math.random is Redis's 48-bit generator. Without it the base library is whole.
    /// </summary>
    public bool Sandbox { get; init; }

    /// <summary>In a sandbox: also getfenv, setfenv and newproxy, which patched Redis versions hide.</summary>
    public bool DeprecatedFunctions { get; init; }

    /// <summary>Where math.random starts; null is the start of the C library (or of Redis, in a sandbox).</summary>
    public long? Seed { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How functions are run. The environment variable EVALSHA_LUA_TIER (automatic, interpreted, compiled) sets what is taken when nothing is said here.</summary>
    public LuaTier Tier { get; init; } = DefaultTier;

    // Written out: looking a name up among an enum's costs a program's start as much as opening the libraries.
    static readonly LuaTier DefaultTier = Environment.GetEnvironmentVariable("EVALSHA_LUA_TIER")?.ToLowerInvariant() switch
    {
        "interpreted" => LuaTier.Interpreted,
        "compiled" => LuaTier.Compiled,
        _ => LuaTier.Automatic,
    };

    /// <summary>
    /// With <see cref="LuaTier.Automatic"/>: hot functions become machine code on a thread of the pool, while the interpreter goes on with them,
    /// so that a call never waits for the runtime's compiler. What a program does is the same; only when a function gets faster depends on time.
    /// </summary>
    public bool CompilesInBackground { get; init; }

    /// <summary>What os.exit does, given the exit code; null refuses it. A host's process is not a script's to end.</summary>
    public Action<int>? Exit { get; init; }

    /// <summary>Where print and io.write go; null is the process's standard output.</summary>
    public Stream? Output { get; init; }
}
