// cjson 2.1.0 as Redis has it: the functions a script sees, and the settings of one instance.
// Encoding is JsonEncoder's work and decoding JsonDecoder's; both keep explicit stacks, so nesting costs no C# stack.
// Always: settings belong to the instance (the library itself, or what cjson.new returned) and outlive a script, as in Redis.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class CjsonLibrary
{
    private static readonly string[] OffOn = ["off", "on"];
    private static readonly string[] OffOnNull = ["off", "on", "null"];

    /// <summary>In cjson's order, which decides the order of <c>pairs(cjson)</c>.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("encode", Encode),
        new("decode", Decode),
        new("encode_sparse_array", EncodeSparseArray),
        new("encode_max_depth", static (ref LuaCall call) => Begin(ref call, 1) ? Integer(ref call, 0, ref SettingsOf(ref call).EncodeMaxDepth, 1, int.MaxValue) : LuaCall.Raised),
        new("decode_max_depth", static (ref LuaCall call) => Begin(ref call, 1) ? Integer(ref call, 0, ref SettingsOf(ref call).DecodeMaxDepth, 1, int.MaxValue) : LuaCall.Raised),
        new("encode_number_precision", static (ref LuaCall call) => Begin(ref call, 1) ? Integer(ref call, 0, ref SettingsOf(ref call).NumberPrecision, 1, 14) : LuaCall.Raised),
        new("encode_keep_buffer", static (ref LuaCall call) => Begin(ref call, 1) ? Choice(ref call, 0, ref SettingsOf(ref call).KeepBuffer, OffOn) : LuaCall.Raised),
        new("encode_invalid_numbers", static (ref LuaCall call) => Begin(ref call, 1) ? Choice(ref call, 0, ref SettingsOf(ref call).EncodeInvalidNumbers, OffOnNull) : LuaCall.Raised),
        new("decode_invalid_numbers", static (ref LuaCall call) => Begin(ref call, 1) ? Choice(ref call, 0, ref SettingsOf(ref call).DecodeInvalidNumbers, OffOn) : LuaCall.Raised),
        new("new", New),
    ];

    /// <summary>What stands for JSON's null: the light userdata of C's NULL, which prints as "userdata: (nil)".</summary>
    public static LuaValue Null => new(LuaValue.LightUserdataTag, null);

    public static LuaTable Open(LuaState state)
    {
        var table = new LuaTable();
        LibraryTable.Add(state, table, Rows, LuaValue.LightUserdata(new CjsonSettings()));
        table.SetString("null", Null);
        table.SetString("_NAME", LuaValue.FromText("cjson"));
        table.SetString("_VERSION", LuaValue.FromText("2.1.0"));
        return table;
    }

    private static CjsonSettings SettingsOf(ref LuaCall call) => (CjsonSettings)call.Callee.Upvalues[0].AsLightUserdata;

    private static int New(ref LuaCall call) => call.Allocate(4096) ? call.Return(Open(call.State)) : LuaCall.Raised;

    private static int Encode(ref LuaCall call)
    {
        if (call.Count != 1)
        {
            return call.ArgumentError(0, "expected 1 argument");
        }

        var builder = new ByteBuilder();
        if (JsonEncoder.Encode(ref call, ref builder, SettingsOf(ref call), call[0]))
        {
            return builder.Finish(ref call);
        }

        builder.Dispose();
        return LuaCall.Raised;
    }

    private static int Decode(ref LuaCall call)
    {
        if (call.Count != 1)
        {
            return call.ArgumentError(0, "expected 1 argument");
        }

        if (!call.CheckString(0, out var text))
        {
            return LuaCall.Raised;
        }

        if (text.Length >= 2 && (text[0] == 0 || text[1] == 0))
        {
            return call.Error("JSON parser does not support UTF-16 or UTF-32");
        }

        var decoder = new JsonDecoder(text.Span, SettingsOf(ref call));
        return decoder.Decode(ref call, out var value) ? call.Return(value) : LuaCall.Raised;
    }

    private static int EncodeSparseArray(ref LuaCall call)
    {
        var settings = SettingsOf(ref call);
        if (!Begin(ref call, 3)
            || !SetChoice(ref call, 0, ref settings.SparseConvert, OffOn)
            || !SetInteger(ref call, 1, ref settings.SparseRatio, 0, int.MaxValue)
            || !SetInteger(ref call, 2, ref settings.SparseSafe, 0, int.MaxValue))
        {
            return LuaCall.Raised;
        }

        return call.Return(settings.SparseConvert != 0, (double)settings.SparseRatio, (double)settings.SparseSafe);
    }

    private static bool Begin(ref LuaCall call, int argumentsMax)
    {
        if (call.Count <= argumentsMax)
        {
            return true;
        }

        call.ArgumentError(argumentsMax, "found too many arguments");
        return false;
    }

    private static int Integer(ref LuaCall call, int index, ref int setting, int min, int max)
        => SetInteger(ref call, index, ref setting, min, max) ? call.Return((double)setting) : LuaCall.Raised;

    private static bool SetInteger(ref LuaCall call, int index, ref int setting, int min, int max)
    {
        if (call.IsNoneOrNil(index))
        {
            return true;
        }

        if (!call.CheckInt(index, out var value))
        {
            return false;
        }

        if (value < min || value > max)
        {
            call.ArgumentError(0, $"expected integer between {min} and {max}");     // always "argument #1", as in cjson
            return false;
        }

        setting = value;
        return true;
    }

    private static int Choice(ref LuaCall call, int index, ref int setting, string[] names)
    {
        if (!SetChoice(ref call, index, ref setting, names))
        {
            return LuaCall.Raised;
        }

        return setting <= 1 ? call.Return(setting == 1) : call.Return(LuaValue.FromText(names[setting]));
    }

    private static bool SetChoice(ref LuaCall call, int index, ref int setting, string[] names)
    {
        if (call.IsNoneOrNil(index))
        {
            return true;
        }

        if (call[index].IsBoolean)
        {
            setting = call[index].AsBoolean ? 1 : 0;
            return true;
        }

        if (!call.CheckString(index, out var name))
        {
            return false;
        }

        var found = Array.IndexOf(names, Text.FromBytes(PatternMatcher.Effective(name.Span)));
        if (found < 0)
        {
            call.ArgumentError(index, $"invalid option '{Text.FromBytes(PatternMatcher.Effective(name.Span))}'");
            return false;
        }

        setting = found;
        return true;
    }
}

/// <summary>Settings of one cjson instance, with cjson's defaults. Fields, because the option functions set them by reference.</summary>
internal sealed class CjsonSettings
{
    public int SparseConvert;
    public int SparseRatio = 2;
    public int SparseSafe = 10;
    public int EncodeMaxDepth = 1000;
    public int DecodeMaxDepth = 1000;
    public int NumberPrecision = 14;
    public int KeepBuffer = 1;
    public int EncodeInvalidNumbers;
    public int DecodeInvalidNumbers = 1;
}
