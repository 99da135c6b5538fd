// A Lua function with its upvalues and environment.
using Evalsha.Lua.Bytecode;

namespace Evalsha.Lua.Runtime;

public sealed class LuaClosure : LuaFunction
{
    internal readonly Executable Code;

    // Code's own, a step nearer: calls and returns wait for them.
    internal readonly ulong[] Words;
    internal readonly LuaValue[] Constants;
    internal readonly UpValue[] Upvalues;

    internal LuaClosure(Executable code, LuaTable environment, UpValue[] upvalues)
        : base(environment)
    {
        Code = code;
        Words = code.Words;
        Constants = code.Constants;
        Upvalues = upvalues;
    }

    /// <summary>A main function: it has no upvalues.</summary>
    public LuaClosure(Prototype prototype, LuaTable environment)
        : this(new Executable(prototype), environment, MakeUpvalues(prototype.UpvalueCount))
    {
    }

    public Prototype Prototype => Code.Prototype;

    /// <summary>The value of upvalue i, from 0.</summary>
    public LuaValue GetUpvalue(int index) => Upvalues[index].Slot;

    public void SetUpvalue(int index, LuaValue value) => LuaValue.Store(ref Upvalues[index].Slot, in value);

    static UpValue[] MakeUpvalues(int count)
    {
        if (count == 0) return [];
        var upvalues = new UpValue[count];
        for (var i = 0; i < count; i++) upvalues[i] = new UpValue { Value = LuaValue.Nil };
        return upvalues;
    }
}
