// An error that left Lua: the value, and where it came from when the traceback was asked for. LuaException carries it past the outermost border.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

/// <summary>What kind of failure ended a call.</summary>
public enum LuaErrorKind : byte
{
    /// <summary>An error value raised by the program or by an instruction.</summary>
    Runtime,

    /// <summary>The source did not compile.</summary>
    Syntax,

    /// <summary>"not enough memory", raised by the live-byte limit.</summary>
    Memory,

    /// <summary>The step budget or the interrupt hook ended it.</summary>
    Killed,
}

public readonly record struct LuaError(LuaErrorKind Kind, LuaValue Value, string? Traceback)
{
    /// <summary>The value as text when it is a string or number, else "(error object is a … value)" as the stand-alone interpreter prints.</summary>
    public string Message => Value.IsString ? Value.AsString.ToString()
        : Value.IsNumber ? LuaNumber.ToText(Value.AsNumber)
        : $"(error object is a {Value.Type.Name()} value)";
}

public sealed class LuaException(LuaError error) : Exception(error.Message)
{
    public LuaError Error { get; } = error;
}
