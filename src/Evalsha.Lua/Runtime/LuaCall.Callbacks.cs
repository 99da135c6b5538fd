// The way back into Lua from a host function: calls, and operations that honour metamethods. Each call counts one host level of 200.
// False: an error was raised; return LuaCall.Raised.
namespace Evalsha.Lua.Runtime;

public ref partial struct LuaCall
{
    /// <summary>Calls a value and keeps its first result (nil when there is none). Allocates nothing.</summary>
    public readonly bool Call(in LuaValue function, ReadOnlySpan<LuaValue> arguments, out LuaValue first)
    {
        var at = Push(function, arguments);
        var ok = Interpreter.Call(Thread, at, arguments.Length, 1);
        first = ok ? Thread.Stack[at] : LuaValue.Nil;
        Thread.Top = at;
        return ok;
    }

    /// <summary>Calls a value with two arguments and keeps its first result: the form of comparators and replacements.</summary>
    public readonly bool Call(in LuaValue function, in LuaValue a, in LuaValue b, out LuaValue first)
    {
        var at = Thread.Top;
        LuaValue callee = LuaValue.Read(in function), left = LuaValue.Read(in a), right = LuaValue.Read(in b); // any of them may lie in the stack
        var stack = Thread.Room(at + 3);
        stack[at] = callee;
        stack[at + 1] = left;
        stack[at + 2] = right;
        Thread.Top = at + 3;
        var ok = Interpreter.Call(Thread, at, 2, 1);
        first = ok ? Thread.Stack[at] : LuaValue.Nil;
        Thread.Top = at;
        return ok;
    }

    /// <summary>Calls a value and keeps as many results as fit; <paramref name="count"/> is how many it gave.</summary>
    public readonly bool Call(in LuaValue function, ReadOnlySpan<LuaValue> arguments, Span<LuaValue> results, out int count)
    {
        count = 0;
        var at = Push(function, arguments);
        var top = Thread.Top;
        if (!Interpreter.Call(Thread, at, arguments.Length, -1)) return false;
        count = Thread.Top - at;
        Thread.Stack.AsSpan(at, Math.Min(count, results.Length)).CopyTo(results);
        Thread.Top = top;
        return true;
    }

    /// <summary>t[k] with __index.</summary>
    public readonly bool Index(in LuaValue table, in LuaValue key, out LuaValue value) => Interpreter.Index(Thread, table, key, out value);

    /// <summary>t[k] = v with __newindex.</summary>
    public readonly bool SetIndex(in LuaValue table, in LuaValue key, in LuaValue value) => Interpreter.SetIndex(Thread, table, key, value);

    /// <summary>a &lt; b with __lt; values that do not compare raise "attempt to compare …".</summary>
    public readonly bool LessThan(in LuaValue a, in LuaValue b, out bool result) => Interpreter.LessThan(Thread, a, b, out result);

    /// <summary>a == b with __eq.</summary>
    public readonly bool Equal(in LuaValue a, in LuaValue b, out bool result) => Interpreter.Equal(Thread, a, b, out result);

    /// <summary>What tostring(v) gives: __tostring, else the plain text; raises when __tostring gives no string.</summary>
    public readonly bool ToStringMeta(in LuaValue value, out ByteString text) => Interpreter.ToStringMeta(Thread, value, out text);

    /// <summary>
    /// Counts long-running library work as that many instructions: against the step budget, the interrupt hook and the live-byte limit.
    /// </summary>
    public readonly bool Step(long cost)
    {
        if ((State.StepsLeft -= cost) >= 0) return true;
        return State.OnStepsSpent();
    }

    /// <summary>To be asked BEFORE allocating anything whose size a script decides; false: "not enough memory" was raised.</summary>
    public readonly bool Allocate(long bytes) => State.TryAllocate(bytes);

    // Puts a function and its arguments above everything this call uses. The arguments may lie in the stack itself.
    readonly int Push(in LuaValue function, ReadOnlySpan<LuaValue> arguments)
    {
        var at = Thread.Top;
        var callee = function;
        var stack = Thread.Room(at + arguments.Length + 1);
        arguments.CopyTo(stack.AsSpan(at + 1));
        stack[at] = callee;
        Thread.Top = at + 1 + arguments.Length;
        return at;
    }
}
