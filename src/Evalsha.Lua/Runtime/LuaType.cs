// The nine kinds of Lua value, in PUC's order (lua.h LUA_TNIL …), so that a number printed by one engine means the same in the other.
namespace Evalsha.Lua.Runtime;

public enum LuaType : byte
{
    Nil = 0,
    Boolean = 1,
    LightUserdata = 2,
    Number = 3,
    String = 4,
    Table = 5,
    Function = 6,
    Userdata = 7,
    Thread = 8,
}

/// <summary>The names that <c>type()</c> and every error text use.</summary>
public static class LuaTypeNames
{
    static readonly string[] Names = ["nil", "boolean", "userdata", "number", "string", "table", "function", "userdata", "thread"];

    static readonly ByteString[] Bytes = Array.ConvertAll(Names, ByteString.FromUtf8);

    public static string Name(this LuaType type) => Names[(int)type];

    internal static ByteString NameBytes(LuaType type) => Bytes[(int)type];
}
