// A call from compiled code to a compiled function, written out: the same steps in the same order as Interpreter.CallFromCompiled, which
// remains for functions with many calls. Always true: the frame of the running call is at _mine in the thread's list for as long as the method
// runs, and whatever is not the plain case is left to CallOther before anything but the step was counted.
using System.Reflection;
using System.Reflection.Emit;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Il = System.Reflection.Emit.OpCodes;

namespace Evalsha.Lua.Compiled;

internal sealed partial class Translator
{
    /// <summary>Calls that are written out in one function; with more of them the method grows beyond what the runtime optimises.</summary>
    private const int DirectCallsMax = 24;

    private bool InlinesCalls => _calls is > 0 and <= DirectCallsMax;

    // Interpreter.CallFromCompiled written out, step by step: a C# frame less in every Lua call.
    private void CallDirectly(Instruction i)
    {
        var il = _il!;
        var (arguments, wanted) = (i.B - 1, i.C - 1);
        var slow = il.DefineLabel();
        var ended = il.DefineLabel();
        var clean = il.DefineLabel();
        var ready = il.DefineLabel();
        var done = il.DefineLabel();
        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Ldfld, Members.Frames);
        il.Emit(Il.Call, Members.FirstFrame);
        il.Emit(Il.Ldloc, _mine!);
        il.Emit(Il.Conv_I);
        il.Emit(Il.Ldc_I4, Members.FrameSize);
        il.Emit(Il.Conv_I);
        il.Emit(Il.Mul);
        il.Emit(Il.Add);
        il.Emit(Il.Stloc, _frame!);
        SetInFrame(Members.FramePc, _pc + 1);
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldfld, Members.StepsLeft);
        il.Emit(Il.Ldc_I4_1);
        il.Emit(Il.Conv_I8);
        il.Emit(Il.Sub);
        il.Emit(Il.Dup);
        il.Emit(Il.Stloc, _steps!);
        il.Emit(Il.Stfld, Members.StepsLeft);
        il.Emit(Il.Ldloc, _steps!);
        il.Emit(Il.Ldc_I4_0);
        il.Emit(Il.Conv_I8);
        il.Emit(Il.Blt, slow);
        LoadBits(i.A);
        il.Emit(Il.Ldc_I8, LuaValue.FunctionTag);
        il.Emit(Il.Bne_Un, slow);
        Address(_bottom!, i.A * Members.ValueSize + Members.RefOffset);
        il.Emit(Il.Ldind_Ref);
        il.Emit(Il.Isinst, typeof(LuaClosure));
        il.Emit(Il.Stloc, _callee!);
        il.Emit(Il.Ldloc, _callee!);
        il.Emit(Il.Brfalse, slow);
        il.Emit(Il.Ldloc, _callee!);
        il.Emit(Il.Ldfld, Members.Code);
        il.Emit(Il.Stloc, _calleeCode!);
        il.Emit(Il.Ldloc, _calleeCode!);
        il.Emit(Il.Ldfld, Members.Body);
        il.Emit(Il.Stloc, _body!);
        il.Emit(Il.Ldloc, _body!);
        il.Emit(Il.Brfalse, slow);
        PushSlotNumber(i.A);
        il.Emit(Il.Ldloc, _calleeCode!);
        il.Emit(Il.Ldfld, Members.EntrySlots);
        il.Emit(Il.Add);
        BranchUnlessThereIsRoom(slow);
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldfld, Members.CompiledLevels);
        il.Emit(Il.Ldloc, _state!);
        il.Emit(Il.Ldfld, Members.CompiledLevelsAllowed);
        il.Emit(Il.Bge, slow);

        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Ldloc, _mine!);
        il.Emit(Il.Ldc_I4_1);
        il.Emit(Il.Add);
        il.Emit(Il.Stfld, Members.FrameIndex);
        il.Emit(Il.Ldloc, _frame!);
        il.Emit(Il.Ldc_I4, Members.FrameSize);
        il.Emit(Il.Add);
        il.Emit(Il.Stloc, _frame!);
        il.Emit(Il.Ldloc, _frame!);
        PushSlotNumber(i.A);
        il.Emit(Il.Stfld, Members.FrameFunc);
        il.Emit(Il.Ldloc, _frame!);
        PushSlotNumber(i.A + 1);
        il.Emit(Il.Stfld, Members.FrameBase);
        SetInFrame(Members.FrameWanted, wanted);
        SetInFrame(Members.FrameKind, 0);
        SetInFrame(Members.FramePc, 0);
        il.Emit(Il.Ldc_I4, arguments);
        il.Emit(Il.Ldloc, _calleeCode!);
        il.Emit(Il.Ldfld, Members.ParameterCount);
        il.Emit(Il.Call, Members.Least);
        il.Emit(Il.Ldloc, _calleeCode!);
        il.Emit(Il.Ldfld, Members.CleanUpTo);
        il.Emit(Il.Blt, clean);
        il.MarkLabel(ready);
        CountLevel(Il.Add);
        il.Emit(Il.Ldloc, _body!);
        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Ldloc, _callee!);
        PushSlotNumber(i.A + 1);
        il.Emit(Il.Ldc_I4, wanted switch { 0 => Interpreter.CalledForNone, 1 => Interpreter.CalledForOne, _ => 0 });
        il.Emit(Il.Callvirt, Members.Invoke);
        il.Emit(Il.Stloc, _status!);
        CountLevel(Il.Sub);
        il.Emit(Il.Ldloc, _status!);
        il.Emit(Il.Brtrue, ended);
        il.Emit(Il.Ldarg_1);
        il.Emit(Il.Ldloc, _mine!);
        il.Emit(Il.Stfld, Members.FrameIndex);
        Reload();
        il.MarkLabel(done);
        Cold(() =>
        {
            il.MarkLabel(clean);
            Address(i.A);
            il.Emit(Il.Ldc_I4, arguments);
            il.Emit(Il.Ldloc, _calleeCode!);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.CleanRegisters)));
            il.Emit(Il.Br, ready);
            il.MarkLabel(slow);
            il.Emit(Il.Ldarg_1);
            PushSlotNumber(i.A);
            il.Emit(Il.Ldc_I4, arguments);
            il.Emit(Il.Ldc_I4, wanted);
            il.Emit(Il.Ldloc, _mine!);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.CallOther)));
            LeaveUnlessDone();
            il.Emit(Il.Br, done);
            il.MarkLabel(ended);
            il.Emit(Il.Ldarg_1);
            il.Emit(Il.Ldloc, _mine!);
            il.Emit(Il.Ldloc, _status!);
            il.Emit(Il.Call, Members.Interpreter(nameof(Interpreter.AfterCallee)));
            LeaveUnlessDone();
            il.Emit(Il.Br, done);
        });
    }

    // With the number of slots that a callee needs on the IL stack: room for them, and for its frame.
    private void BranchUnlessThereIsRoom(Label elsewhere)
    {
        _il!.Emit(Il.Ldarg_1);
        _il.Emit(Il.Ldfld, Members.StackLimit);
        _il.Emit(Il.Bge, elsewhere);
        _il.Emit(Il.Ldloc, _mine!);
        _il.Emit(Il.Ldc_I4_1);
        _il.Emit(Il.Add);
        _il.Emit(Il.Ldarg_1);
        _il.Emit(Il.Ldfld, Members.Frames);
        _il.Emit(Il.Ldlen);
        _il.Emit(Il.Conv_I4);
        _il.Emit(Il.Bge, elsewhere);
    }

    private void SetInFrame(FieldInfo field, int value)
    {
        _il!.Emit(Il.Ldloc, _frame!);
        _il.Emit(Il.Ldc_I4, value);
        _il.Emit(Il.Stfld, field);
    }

    private void CountLevel(System.Reflection.Emit.OpCode step)
    {
        _il!.Emit(Il.Ldloc, _state!);
        _il.Emit(Il.Ldloc, _state!);
        _il.Emit(Il.Ldfld, Members.CompiledLevels);
        _il.Emit(Il.Ldc_I4_1);
        _il.Emit(step);
        _il.Emit(Il.Stfld, Members.CompiledLevels);
    }
}
