// Argument checks with PUC's texts (lauxlib.c): false means that "bad argument #n to 'name' (…)" has been raised.
// Indexes count from 0 here and from 1 in the texts.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

public ref partial struct LuaCall
{
    /// <summary>A number, or a string that reads as one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool CheckNumber(int index, out double value)
    {
        var argument = this[index];
        if (argument.IsNumber)
        {
            value = argument.AsNumber;
            return true;
        }
        return CoerceNumber(index, argument, out value);
    }

    /// <summary>As <see cref="CheckNumber"/>, cut towards zero as x86-64 converts: out of range gives <see cref="long.MinValue"/>.</summary>
    public readonly bool CheckInteger(int index, out long value)
    {
        var ok = CheckNumber(index, out var number);
        value = Truncation.ToInt64(number);
        return ok;
    }

    /// <summary>The low 32 bits of <see cref="CheckInteger"/>, as C's cast to int does.</summary>
    public readonly bool CheckInt(int index, out int value)
    {
        var ok = CheckInteger(index, out var integer);
        value = (int)integer;
        return ok;
    }

    /// <summary>A string, or a number printed by %.14g.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool CheckString(int index, out ByteString value)
    {
        var argument = this[index];
        if (argument.IsString)
        {
            value = argument.AsString;
            return true;
        }
        return CoerceString(index, argument, out value);
    }

    public readonly bool CheckTable(int index, out LuaTable value)
    {
        var argument = this[index];
        value = argument.IsTable ? argument.AsTable : null!;
        return argument.IsTable || Refused(TypeError(index, "table"));
    }

    public readonly bool CheckFunction(int index, out LuaFunction value)
    {
        var argument = this[index];
        value = argument.IsFunction ? argument.AsFunction : null!;
        return argument.IsFunction || Refused(TypeError(index, "function"));
    }

    /// <summary>Any value, nil too, but one must be given.</summary>
    public readonly bool CheckAny(int index) => index < Count || Refused(ArgumentError(index, "value expected"));

    public readonly bool CheckType(int index, LuaType type)
    {
        if (index < Count && this[index].Type == type) return true;
        return Refused(TypeError(index, type.Name()));
    }

    /// <summary>True when argument i is missing or nil.</summary>
    public readonly bool IsNoneOrNil(int index) => this[index].IsNil;

    public readonly bool OptNumber(int index, double byDefault, out double value)
    {
        value = byDefault;
        return IsNoneOrNil(index) || CheckNumber(index, out value);
    }

    public readonly bool OptInteger(int index, long byDefault, out long value)
    {
        value = byDefault;
        return IsNoneOrNil(index) || CheckInteger(index, out value);
    }

    public readonly bool OptInt(int index, int byDefault, out int value)
    {
        value = byDefault;
        return IsNoneOrNil(index) || CheckInt(index, out value);
    }

    public readonly bool OptString(int index, ByteString byDefault, out ByteString value)
    {
        value = byDefault;
        return IsNoneOrNil(index) || CheckString(index, out value);
    }

    /// <summary>luaL_typename: "no value" beyond the last argument.</summary>
    public readonly string TypeNameOf(int index) => index < Count ? this[index].Type.Name() : "no value";

    /// <summary>Raises "expected expected, got …" for argument i.</summary>
    public readonly int TypeError(int index, string expected) => ArgumentError(index, $"{expected} expected, got {TypeNameOf(index)}");

    /// <summary>Raises "bad argument #n to 'name' (extra)", with the name the caller used and self not counted in a method call.</summary>
    public readonly int ArgumentError(int index, string extra)
    {
        var (name, kind) = DebugInfo.FunctionName(Thread, Thread.FrameIndex);
        var number = index + 1;
        if (kind == "method")
        {
            number--;
            if (number == 0) return Error($"calling '{name}' on bad self ({extra})");
        }
        return Error($"bad argument #{number} to '{name ?? "?"}' ({extra})");
    }

    /// <summary>Raises PUC's text for a store into a read-only table unless it may be written. For functions that write into a script's table.</summary>
    public readonly bool CheckWritable(LuaTable table) => !table.IsReadOnly || Refused(RaiseText(LuaTable.Describe(LuaTableError.ReadOnly)));

    /// <summary>A raw store into a script's table, with the errors a script can run into raised.</summary>
    public readonly bool Store(LuaTable table, in LuaValue key, in LuaValue value) =>
        table.TrySet(key, value, out var error) || Refused(RaiseText(LuaTable.Describe(error)));

    readonly bool CoerceNumber(int index, in LuaValue argument, out double value)
    {
        value = 0;
        if (argument.IsString && LuaNumber.TryParse(argument.AsString.Span, out value)) return true;
        return Refused(TypeError(index, "number"));
    }

    readonly bool CoerceString(int index, in LuaValue argument, out ByteString value)
    {
        if (argument.IsNumber)
        {
            value = Coercion.ToByteString(State, argument.AsNumber);
            return true;
        }
        value = ByteString.Empty;
        return Refused(TypeError(index, "string"));
    }

    // Errors return LuaCall.Raised for "return call.Error(…)"; inside a check that becomes false.
    static bool Refused(int raised) => raised >= 0;
}
