// The fields and functions that compiled code refers to, found once.
// Always true: the offsets are those of the runtime's own layout, asked from it, so a change of a struct cannot go unnoticed.
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Compiled;

internal static class Members
{
    private const BindingFlags All = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, MethodInfo> s_interpreter = new(); // reflection searches long

    public static readonly FieldInfo Stack = Field(typeof(LuaThread), nameof(LuaThread.Stack));
    public static readonly FieldInfo StepsLeft = Field(typeof(LuaState), nameof(LuaState.StepsLeft));
    public static readonly FieldInfo Constants = Field(typeof(Executable), nameof(Executable.Constants));
    public static readonly FieldInfo Originals = Field(typeof(Executable), nameof(Executable.Originals));
    public static readonly FieldInfo Upvalues = Field(typeof(LuaClosure), nameof(LuaClosure.Upvalues));
    public static readonly FieldInfo TableArray = Field(typeof(LuaTable), nameof(LuaTable.Array));
    public static readonly FieldInfo TableNodes = Field(typeof(LuaTable), nameof(LuaTable.Nodes));
    public static readonly FieldInfo TableGuard = Field(typeof(LuaTable), "_guard");
    public static readonly FieldInfo Frames = Field(typeof(LuaThread), nameof(LuaThread.Frames));
    public static readonly FieldInfo FrameIndex = Field(typeof(LuaThread), nameof(LuaThread.FrameIndex));
    public static readonly FieldInfo StackLimit = Field(typeof(LuaThread), nameof(LuaThread.StackLimit));
    public static readonly FieldInfo FrameFunc = Field(typeof(CallInfo), nameof(CallInfo.Func));
    public static readonly FieldInfo FrameBase = Field(typeof(CallInfo), nameof(CallInfo.Base));
    public static readonly FieldInfo FrameWanted = Field(typeof(CallInfo), nameof(CallInfo.Wanted));
    public static readonly FieldInfo FrameKind = Field(typeof(CallInfo), nameof(CallInfo.Kind));
    public static readonly FieldInfo FramePc = Field(typeof(CallInfo), nameof(CallInfo.Pc));
    public static readonly FieldInfo ClosureConstants = Field(typeof(LuaClosure), nameof(LuaClosure.Constants));
    public static readonly FieldInfo ExecutableId = Field(typeof(Executable), nameof(Executable.Id));
    public static readonly FieldInfo Code = Field(typeof(LuaClosure), nameof(LuaClosure.Code));
    public static readonly FieldInfo HostKind = Field(typeof(LuaHostFunction), nameof(LuaHostFunction.Kind));
    public static readonly FieldInfo Body = Field(typeof(Executable), nameof(Executable.Body));
    public static readonly FieldInfo EntrySlots = Field(typeof(Executable), nameof(Executable.EntrySlots));
    public static readonly FieldInfo ParameterCount = Field(typeof(Executable), nameof(Executable.ParameterCount));
    public static readonly FieldInfo CleanUpTo = Field(typeof(Executable), nameof(Executable.CleanUpTo));
    public static readonly FieldInfo CompiledLevels = Field(typeof(LuaState), nameof(LuaState.CompiledLevels));
    public static readonly FieldInfo CompiledLevelsAllowed = Field(typeof(LuaState), nameof(LuaState.CompiledLevelsAllowed));

    public static readonly MethodInfo State = Getter(typeof(LuaThread), nameof(LuaThread.State));
    public static readonly MethodInfo Environment = Getter(typeof(LuaFunction), nameof(LuaFunction.Environment));
    public static readonly MethodInfo UpvalueSlot = Getter(typeof(UpValue), nameof(UpValue.Slot));
    public static readonly MethodInfo StringLength = Getter(typeof(ByteString), nameof(ByteString.Length));
    public static readonly MethodInfo Copy = Method(typeof(LuaValue), nameof(LuaValue.Copy));
    public static readonly MethodInfo Store = Method(typeof(LuaValue), nameof(LuaValue.Store));
    public static readonly MethodInfo Floor = typeof(Math).GetMethod(nameof(Math.Floor), [typeof(double)])!;
    public static readonly MethodInfo Ceiling = typeof(Math).GetMethod(nameof(Math.Ceiling), [typeof(double)])!;
    public static readonly MethodInfo SquareRoot = typeof(Math).GetMethod(nameof(Math.Sqrt))!;
    public static readonly MethodInfo Absolute = typeof(Math).GetMethod(nameof(Math.Abs), [typeof(double)])!;
    public static readonly MethodInfo Pow = typeof(Math).GetMethod(nameof(Math.Pow))!;
    public static readonly MethodInfo Least = typeof(Math).GetMethod(nameof(Math.Min), [typeof(int), typeof(int)])!;
    public static readonly MethodInfo Invoke = Method(typeof(CompiledBody), nameof(CompiledBody.Invoke));
    public static readonly MethodInfo Deoptimise = Method(typeof(Hotness), nameof(Hotness.Deoptimise));
    public static readonly MethodInfo DeoptimiseWrittenOut = Method(typeof(Hotness), nameof(Hotness.DeoptimiseWrittenOut));
    public static readonly MethodInfo Refuse = Method(typeof(Hotness), nameof(Hotness.Refuse));

    public static readonly MethodInfo FirstValue = FirstOf(typeof(LuaValue));
    public static readonly MethodInfo FirstFrame = FirstOf(typeof(CallInfo));
    public static readonly MethodInfo FirstNode = FirstOf(typeof(LuaTable.Node));
    public static readonly MethodInfo FirstUpvalue = FirstOf(typeof(UpValue));
    public static readonly MethodInfo FirstWord = FirstOf(typeof(ulong));
    public static readonly MethodInfo ToInteger = typeof(double).GetMethod(nameof(double.ConvertToIntegerNative))!.MakeGenericMethod(typeof(int));

    public static readonly int ValueSize = Unsafe.SizeOf<LuaValue>();
    public static readonly int FrameSize = Unsafe.SizeOf<CallInfo>();
    public static readonly int NodeSize = Unsafe.SizeOf<LuaTable.Node>();
    public static readonly int BitsOffset = OffsetOfBits();
    public static readonly int RefOffset = OffsetOfRef();
    public static readonly int NodeKey = OffsetOfKey();
    public static readonly int NodeValue = OffsetOfValue();

    /// <summary>A function of the interpreter that compiled code calls.</summary>
    public static MethodInfo Interpreter(string name) => s_interpreter.GetOrAdd(name, static name => Method(typeof(Interpreter), name));

    private static FieldInfo Field(Type type, string name) => type.GetField(name, All) ?? throw new MissingFieldException(type.Name, name);

    private static MethodInfo Method(Type type, string name) => type.GetMethod(name, All) ?? throw new MissingMethodException(type.Name, name);

    private static MethodInfo Getter(Type type, string name) =>
        type.GetProperty(name, All)?.GetMethod ?? throw new MissingMethodException(type.Name, name);

    private static MethodInfo FirstOf(Type element) => typeof(MemoryMarshal).GetMethods()
        .First(method => method.Name == nameof(MemoryMarshal.GetArrayDataReference) && method.IsGenericMethod).MakeGenericMethod(element);

    private static int OffsetOfBits()
    {
        LuaValue value = default;
        return (int)Unsafe.ByteOffset(ref Unsafe.As<LuaValue, byte>(ref value), ref Unsafe.As<long, byte>(ref Unsafe.AsRef(in value.Bits)));
    }

    private static int OffsetOfRef()
    {
        LuaValue value = default;
        return (int)Unsafe.ByteOffset(ref Unsafe.As<LuaValue, byte>(ref value), ref Unsafe.As<object?, byte>(ref Unsafe.AsRef(in value.Ref)));
    }

    private static int OffsetOfKey()
    {
        LuaTable.Node node = default;
        return (int)Unsafe.ByteOffset(ref Unsafe.As<LuaTable.Node, byte>(ref node), ref Unsafe.As<LuaValue, byte>(ref node.Key));
    }

    private static int OffsetOfValue()
    {
        LuaTable.Node node = default;
        return (int)Unsafe.ByteOffset(ref Unsafe.As<LuaTable.Node, byte>(ref node), ref Unsafe.As<LuaValue, byte>(ref node.Value));
    }
}
