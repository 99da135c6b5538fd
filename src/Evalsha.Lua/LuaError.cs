// An error that left Lua: the value, and where it came from when that was asked for. LuaException carries it past the outermost border.
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

/// <summary>What kind of failure ended a call.</summary>
public enum LuaErrorKind : byte
{
    /// <summary>An error value raised by the program, by an instruction or by a host function.</summary>
    Runtime,

    /// <summary>The source did not compile.</summary>
    Syntax,

    /// <summary>"not enough memory", raised by the live-byte limit.</summary>
    Memory,

    /// <summary>The interrupt hook ended it, or it caught "not enough memory" again and again.</summary>
    Killed,

    /// <summary>The step budget is used up.</summary>
    StepLimit,

    /// <summary>The time budget is used up.</summary>
    TimeLimit,

    /// <summary>The call's cancellation token was cancelled.</summary>
    Cancelled,

    /// <summary>The call went well, but its result is not of the type that was asked for.</summary>
    Result,
}

/// <param name="Value">What was raised: any value, most often a string that begins with the position.</param>
public readonly record struct LuaError(LuaErrorKind Kind, LuaValue Value)
{
    /// <summary>One reference, so that a call that goes well has little to clear.</summary>
    internal LuaErrorOrigin? Origin { get; init; }

    /// <summary>
    /// As the stand-alone interpreter prints it, one char for each byte; null when the call did not ask for it, and for errors that no handler sees (memory).
    /// </summary>
    public string? Traceback => Origin?.Traceback;

    /// <summary>The chunk in which it was raised, as messages name it (<c>demo.lua</c>, <c>[string "return x"]</c>); null where the traceback is, but for syntax errors.</summary>
    public string? Chunk => Origin?.Chunk;

    /// <summary>The line in <see cref="Chunk"/>, from 1; 0 when unknown.</summary>
    public int Line => Origin?.Line ?? 0;

    /// <summary>What a typed host function threw, when that is what ended the call.</summary>
    public Exception? Cause => Origin?.Cause;

    /// <summary>The value as text when it is a string or number, else "(error object is a … value)" as the stand-alone interpreter prints.</summary>
    public string Message => Value.IsString ? Value.AsString.ToString()
        : Value.IsNumber ? LuaNumber.ToText(Value.AsNumber)
        : $"(error object is a {Value.Type.Name()} value)";
}

internal sealed record LuaErrorOrigin(string? Traceback, string? Chunk, int Line, Exception? Cause);

/// <summary>The one exception of the border: every throwing form throws it for every failure of a program, and each has a form that returns a <see cref="LuaError"/>.</summary>
public sealed class LuaException(LuaError error) : Exception(error.Message, error.Cause)
{
    public LuaError Error { get; } = error;

    public LuaErrorKind Kind => Error.Kind;

    /// <inheritdoc cref="LuaError.Chunk"/>
    public string? Chunk => Error.Chunk;

    /// <inheritdoc cref="LuaError.Line"/>
    public int Line => Error.Line;

    /// <summary>The calls that were active where it was raised, as <c>debug.traceback</c> prints them; null when unknown.</summary>
    public string? Traceback { get; } = error.Traceback is { } bytes ? Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes)) : null;

    /// <summary>With Lua's calls before .NET's.</summary>
    public override string ToString() => Traceback is null ? base.ToString() : $"{Message}\n{Traceback}\n{base.ToString()}";
}
