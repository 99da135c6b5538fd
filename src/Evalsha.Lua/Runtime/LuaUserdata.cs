// A full userdata: a host object with a metatable (files of io, what newproxy makes). Equality is identity.
namespace Evalsha.Lua.Runtime;

public sealed class LuaUserdata(object? content) : LuaObject
{
    /// <summary>The host's object; Lua code never sees it.</summary>
    public object? Content { get; set; } = content;

    public LuaTable? Metatable { get; set; }

    /// <summary>The environment that getfenv-like debug calls see; null is the state's globals.</summary>
    public LuaTable? Environment { get; set; }

}
