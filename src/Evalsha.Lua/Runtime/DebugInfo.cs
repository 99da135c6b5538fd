// What is known of the active calls: names by which they were called, positions, tracebacks.
namespace Evalsha.Lua.Runtime;

internal static partial class DebugInfo
{
    /// <summary>The name by which the call at this frame was made, and its kind ("global", "local", "method", "field", "upvalue"); null when unknown.</summary>
    public static (string? Name, string Kind) FunctionName(LuaThread thread, int frame) => (null, "");

    /// <summary>luaL_where: "chunk:line: " of the Lua function this many levels up; empty for host functions.</summary>
    public static string Where(LuaThread thread, int level) => "";

    /// <summary>"local 'x'", "field 'y'", … for an operand of the running instruction; null when nothing is known.</summary>
    public static string? DescribeOperand(LuaThread thread, in LuaValue value) => null;
}
