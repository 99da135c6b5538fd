// What a host function sees of its call: arguments, results, errors, and the way back into Lua.
// Arguments lie in the stack of the running coroutine from Base on; result 0 goes to Base - 1, where the function lay, so that returning
// copies nothing. After Return(…) the arguments beyond the first results may be overwritten.
// Methods that can fail return false and have then raised the error: return LuaCall.Raised at once.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Runtime;

public ref partial struct LuaCall
{
    /// <summary>Up to this many values are copied one by one, which costs less than a call for all.</summary>
    const int SmallCount = 8;

    /// <summary>What a body returns when an error value was set.</summary>
    public const int Raised = -1;

    /// <summary>What the yield of a coroutine returns; the loop that runs the coroutine understands it.</summary>
    internal const int Yielded = -2;

    internal readonly int Base;

    /// <param name="wanted">How many results the caller takes; -1: all.</param>
    internal LuaCall(LuaThread thread, LuaHostFunction callee, int @base, int count, int wanted = -1)
    {
        Thread = thread;
        Callee = callee;
        Base = @base;
        Count = count;
        NeedsResults = wanted != 0;
    }

    public LuaThread Thread { get; }

    public readonly LuaState State => Thread.State;

    /// <summary>The function being called, with its upvalues.</summary>
    public LuaHostFunction Callee { get; }

    /// <summary>How many arguments were given.</summary>
    public int Count { get; }

    /// <summary>False when the call is a statement: what is returned is dropped, so a body need not make it.</summary>
    public bool NeedsResults { get; }

    /// <summary>Argument i, counted from 0; nil beyond the last.</summary>
    public readonly LuaValue this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)index < (uint)Count ? LuaValue.Read(ref Thread.Stack[Base + index]) : LuaValue.Nil;
    }

    /// <summary>The arguments where they lie. Valid until the next call into Lua or the first Return: the stack may move or be overwritten.</summary>
    public readonly Span<LuaValue> Arguments => Thread.Stack.AsSpan(Base, Count);

    public readonly int Return() => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Return(LuaValue value)
    {
        Thread.Stack[Base - 1] = value;
        return 1;
    }

    // By value, so that call.Return(call[1], call[0]) is safe although both lie where the results go.
    public readonly int Return(LuaValue first, LuaValue second)
    {
        var stack = Thread.Room(Base + 1);
        stack[Base - 1] = first;
        stack[Base] = second;
        return 2;
    }

    public readonly int Return(LuaValue first, LuaValue second, LuaValue third)
    {
        var stack = Thread.Room(Base + 2);
        stack[Base - 1] = first;
        stack[Base] = second;
        stack[Base + 1] = third;
        return 3;
    }

    /// <summary>Any number of results; they may lie in <see cref="Arguments"/>.</summary>
    public readonly int Return(ReadOnlySpan<LuaValue> values)
    {
        var results = Thread.Room(Base + values.Length).AsSpan(Base - 1, values.Length);
        if (values.Length > SmallCount) values.CopyTo(results);
        else
        {
            // Upwards, as results lie below the arguments they may come from.
            for (var n = 0; n < results.Length; n++) LuaValue.Copy(ref results[n], in values[n]);
        }
        return values.Length;
    }

    /// <summary>
    /// Room for results that the caller fills itself, then returns <paramref name="count"/>. Overwrites the arguments from the second result on.
    /// Ask <see cref="HasStackRoom"/> first when a script decides the count.
    /// </summary>
    public readonly Span<LuaValue> Results(int count) => Thread.Room(Base + count).AsSpan(Base - 1, count);

    /// <summary>lua_checkstack: a host function may hold 8000 values at most, arguments included. Raises nothing.</summary>
    public readonly bool HasStackRoom(int extra) => extra <= LuaLimits.HostStackSlotsMax && Count + extra <= LuaLimits.HostStackSlotsMax;

    // The shorter forms: most bodies return one value.
    public readonly int Return(double value)
    {
        LuaValue v = value;
        return Return(v);
    }

    public readonly int Return(bool value)
    {
        LuaValue v = value;
        return Return(v);
    }

    public readonly int Return(ByteString value)
    {
        LuaValue v = value;
        return Return(v);
    }

    public readonly int Return(LuaTable value)
    {
        LuaValue v = value;
        return Return(v);
    }

    /// <summary>A string result through the state's pool, so that short ones are usually not allocated again.</summary>
    public readonly int Return(ReadOnlySpan<byte> value)
    {
        LuaValue v = State.Strings.Get(value);
        return Return(v);
    }
}
