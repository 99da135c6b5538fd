// Errors raised by instructions: PUC's texts (ldebug.c), with what is known of the variable. Each returns false, so that a slow path ends with it.
namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>luaG_runerror: the text with the position of the running function, when that is a Lua function.</summary>
    internal static bool RaiseText(LuaThread thread, string message)
    {
        thread.State.SetError(Text.ToByteString(DebugInfo.Where(thread, 0) + message));
        return false;
    }

    /// <summary>luaL_error: the text with the position of the function that called the running host function.</summary>
    internal static bool RaiseWhere(LuaThread thread, string message)
    {
        thread.State.SetError(Text.ToByteString(DebugInfo.Where(thread, 1) + message));
        return false;
    }

    internal static bool RaiseTypeError(LuaThread thread, in LuaValue value, string operation)
    {
        var type = value.Type.Name();
        var variable = DebugInfo.DescribeOperand(thread, value);
        return RaiseText(thread, variable is null
            ? $"attempt to {operation} a {type} value"
            : $"attempt to {operation} {variable} (a {type} value)");
    }

    // luaG_aritherror: the second operand is to blame when the first is a number.
    internal static bool RaiseArithmeticError(LuaThread thread, in LuaValue a, in LuaValue b) =>
        RaiseTypeError(thread, TryToNumber(a, out _) ? b : a, "perform arithmetic on");

    internal static bool RaiseOrderError(LuaThread thread, in LuaValue a, in LuaValue b)
    {
        string first = a.Type.Name(), second = b.Type.Name();
        return RaiseText(thread, first[2] == second[2] // PUC compares the third letter
            ? $"attempt to compare two {first} values"
            : $"attempt to compare {first} with {second}");
    }
}
