// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Lua/LoopBench.cs (base64, json, varargs).
// Library functions that programs call by the million and that do little: answered where their arguments lie, without a frame, a LuaCall
// and a delegate. Only calls whose arguments need no conversion are; what is left goes to the function's body, which also raises every
// error. So a shortcut never fails, calls nothing and is seen by no hook: with a hook set, all calls go the long way.
// The call is one that a Lua function makes, so there is room for the results it wants.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Evalsha.Lua.Runtime;

internal static partial class Interpreter
{
    /// <summary>string.char takes the short way up to this many characters: they are collected in one word.</summary>
    const int ShortCharsMax = sizeof(ulong);

    /// <summary>unpack takes it up to this many values; above, the limits of host functions are asked.</summary>
    const int ShortUnpackMax = 256;

    /// <summary>Calls a host function from a Lua function. The slot is that of the function; arguments follow it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static CallOutcome CallShort(LuaThread thread, LuaHostFunction function, ref LuaValue slot, int func, int arguments, int wanted)
    {
        if (function.Kind < HostKind.Select)
        {
            if (function.Kind == HostKind.Next && TryNext(thread, ref slot, func, arguments, wanted)) return CallOutcome.Completed;
            return function.Kind == HostKind.Plain ? CallHost(thread, function, func, arguments, wanted) : PrepareCall(thread, func, arguments, wanted, 0);
        }
        if (function.Kind >= HostKind.Yield)
        {
            return function.Kind == HostKind.Yield ? CallYield(thread, function, func, arguments, wanted) : CallResume(thread, function, func, arguments, wanted, 0);
        }
        if (arguments == 0 || thread.HookEvents != HookEvents.None) return CallHost(thread, function, func, arguments, wanted);
        ref var first = ref Unsafe.Add(ref slot, 1);
        switch (function.Kind)
        {
            case HostKind.Select:
            {
                if (first.IsNumber)
                {
                    var index = Truncation.ToInt32(first.AsNumber);
                    if (index < 1 || index != first.AsNumber) break;
                    if (index > arguments) index = arguments;
                    return Place(thread, ref slot, ref Unsafe.Add(ref first, index), arguments - index, func, wanted);
                }
                if (!first.IsString || first.AsString.Length == 0 || first.AsString[0] != '#') break;
                LuaValue.WriteNumber(ref slot, arguments - 1);
                return PlaceOne(thread, ref slot, func, wanted);
            }

            case HostKind.Type:
                slot = new LuaValue(LuaValue.StringTag, LuaTypeNames.NameBytes(first.Type));
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.ToNumber:
                if (arguments != 1 || !first.IsNumber) break;
                LuaValue.WriteNumber(ref slot, first.AsNumber);
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.ToString:
                if (first.IsString) slot = new LuaValue(LuaValue.StringTag, first.Ref);
                else if (first.IsNumber) slot = new LuaValue(LuaValue.StringTag, Coercion.ToByteString(thread.State, first.AsNumber));
                else break;
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.SetMetatable:
            {
                if (arguments != 2 || !first.IsTable || !Unsafe.Add(ref first, 1).IsTable) break;
                var table = first.AsTable;
                var metatable = Unsafe.Add(ref first, 1).AsTable;
                if (!table.IsPlain || !metatable.GetMetamethod(Metamethod.Mode).IsNil) break;
                table.Metatable = metatable;
                slot = new LuaValue(LuaValue.TableTag, table);
                return PlaceOne(thread, ref slot, func, wanted);
            }

            case HostKind.Unpack:
            {
                if (arguments != 1 || !first.IsTable) break;
                var table = first.AsTable;
                var count = table.Length;
                var array = table.Array;
                if (count > Math.Min(array.Length, ShortUnpackMax) || func + count >= thread.StackLimit) break;
                return Place(thread, ref slot, ref MemoryMarshal.GetArrayDataReference(array), count, func, wanted);
            }

            case HostKind.Length:
                if (!first.IsString) break;
                LuaValue.WriteNumber(ref slot, first.AsString.Length);
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.Floor:
                if (!first.IsNumber) break;
                LuaValue.WriteNumber(ref slot, Math.Floor(first.AsNumber));
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.Ceiling:
                if (!first.IsNumber) break;
                LuaValue.WriteNumber(ref slot, Math.Ceiling(first.AsNumber));
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.SquareRoot:
                if (!first.IsNumber) break;
                LuaValue.WriteNumber(ref slot, Math.Sqrt(first.AsNumber));
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.Absolute:
                if (!first.IsNumber) break;
                LuaValue.WriteNumber(ref slot, Math.Abs(first.AsNumber));
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.Maximum:
                if (arguments != 2 || !first.IsNumber || !Unsafe.Add(ref first, 1).IsNumber) break;
                LuaValue.WriteNumber(ref slot, Greater(first.AsNumber, Unsafe.Add(ref first, 1).AsNumber));
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.Minimum:
                if (arguments != 2 || !first.IsNumber || !Unsafe.Add(ref first, 1).IsNumber) break;
                LuaValue.WriteNumber(ref slot, Lesser(first.AsNumber, Unsafe.Add(ref first, 1).AsNumber));
                return PlaceOne(thread, ref slot, func, wanted);

            case HostKind.Insert:
            {
                // At the end, where the array part has room.
                if (arguments != 2 || !first.IsTable || first.AsTable.IsReadOnly) break;
                var table = first.AsTable;
                var end = table.Length;
                if ((uint)end >= (uint)table.Array.Length) break;
                LuaValue.Store(ref table.Array[end], ref Unsafe.Add(ref first, 1));
                return Pad(thread, ref slot, 0, func, wanted);
            }

            case HostKind.Remove:
            {
                // The last one, when it lies in the array part.
                if (arguments != 1 || !first.IsTable || first.AsTable.IsReadOnly) break;
                var table = first.AsTable;
                var end = table.Length - 1;
                if ((uint)end >= (uint)table.Array.Length) break;
                ref var last = ref table.Array[end];
                LuaValue.Copy(ref slot, ref last);
                last = LuaValue.Nil;
                return PlaceOne(thread, ref slot, func, wanted);
            }

            case HostKind.Byte:
            {
                if (!first.IsString || !TryRange(ref first, arguments, isToEnd: false, out var from, out var to)) break;
                var bytes = first.AsString.Span[from..to];
                // What the arguments leave free holds the results.
                if (bytes.Length > arguments + 1) break;
                if (bytes.Length == 1)
                {
                    LuaValue.WriteNumber(ref slot, bytes[0]);
                    return PlaceOne(thread, ref slot, func, wanted);
                }
                for (var n = 0; n < bytes.Length; n++) LuaValue.WriteNumber(ref Unsafe.Add(ref slot, n), bytes[n]);
                return Pad(thread, ref slot, bytes.Length, func, wanted);
            }

            case HostKind.Sub:
            {
                if (arguments < 2 || !first.IsString || !TryRange(ref first, arguments, isToEnd: true, out var from, out var to)) break;
                var text = first.AsString;
                // Longer ones are paid for before they are made.
                if (to - from > StringPool.LengthMax && to - from != text.Length) break;
                slot = new LuaValue(LuaValue.StringTag, to - from == text.Length ? text : thread.State.Strings.Get(text.Span[from..to]));
                return PlaceOne(thread, ref slot, func, wanted);
            }

            case HostKind.Char:
            {
                if (arguments > ShortCharsMax) break;
                var characters = 0UL;
                for (var n = arguments - 1; n >= 0; n--)
                {
                    ref var character = ref Unsafe.Add(ref first, n);
                    if (!character.IsNumber) goto default;
                    var code = Truncation.ToInt64(character.AsNumber);
                    if ((ulong)code > byte.MaxValue) goto default;
                    characters = characters << 8 | (ulong)code;
                }
                slot = new LuaValue(LuaValue.StringTag, thread.State.Strings.Get(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(ref characters))[..arguments]));
                return PlaceOne(thread, ref slot, func, wanted);
            }

            default:
                break;
        }
        return CallHost(thread, function, func, arguments, wanted);
    }

    /// <summary>math.max and math.min of two: not those of .NET, as a NaN is passed over unless it is the first.</summary>
    internal static double Greater(double a, double b) => b > a ? b : a;

    internal static double Lesser(double a, double b) => b < a ? b : a;

    // next(t) and next(t, k) with a key that is there.
    static bool TryNext(LuaThread thread, ref LuaValue slot, int func, int arguments, int wanted)
    {
        ref var first = ref Unsafe.Add(ref slot, 1);
        if (arguments is not (1 or 2) || !first.IsTable || thread.HookEvents != HookEvents.None) return false;
        var table = first.AsTable;
        var position = arguments == 1 ? 0 : table.FindPosition(Unsafe.Add(ref first, 1));
        if (position < 0) return false;
        ref var found = ref table.AdvanceTo(ref position, ref slot);
        var isEnd = Unsafe.IsNullRef(ref found);
        if (isEnd) LuaValue.WriteBits(ref slot, LuaValue.NilTag);
        else LuaValue.Copy(ref first, ref found);
        Pad(thread, ref slot, isEnd ? 1 : 2, func, wanted);
        return true;
    }

    // The part of the string that arguments 2 and 3 name, as offsets. False: they are no numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool TryRange(ref LuaValue text, int arguments, bool isToEnd, out int from, out int to)
    {
        var length = text.AsString.Length;
        (from, to) = (0, isToEnd ? length : Math.Min(1, length));
        if (arguments == 1) return true;
        ref var second = ref Unsafe.Add(ref text, 1);
        if (!second.IsNumber) return false;
        var start = Truncation.ToInt64(second.AsNumber);
        if (start < 0) start = Math.Max(start + length + 1, 0);
        var end = isToEnd ? length : start;
        if (arguments > 2)
        {
            ref var third = ref Unsafe.Add(ref text, 2);
            if (!third.IsNumber) return false;
            end = Truncation.ToInt64(third.AsNumber);
            if (end < 0) end += length + 1;
        }
        if (end > length) end = length;
        if (start < 1) start = 1;
        // Nothing lies between them: an empty range that begins inside the string.
        (from, to) = start > end ? (0, 0) : ((int)start - 1, (int)end);
        return true;
    }

    // The one result lies where the function lay.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static CallOutcome PlaceOne(LuaThread thread, ref LuaValue slot, int func, int wanted)
    {
        if (wanted == 1) return CallOutcome.Completed;
        return Pad(thread, ref slot, 1, func, wanted);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static CallOutcome Place(LuaThread thread, ref LuaValue slot, ref LuaValue source, int count, int func, int wanted)
    {
        var copied = wanted >= 0 && wanted < count ? wanted : count;
        for (var n = 0; n < copied; n++) LuaValue.Copy(ref Unsafe.Add(ref slot, n), ref Unsafe.Add(ref source, n));
        return Pad(thread, ref slot, count, func, wanted);
    }

    static CallOutcome Pad(LuaThread thread, ref LuaValue slot, int count, int func, int wanted)
    {
        if (wanted < 0) thread.Top = func + count;
        for (var n = count; n < wanted; n++) LuaValue.WriteBits(ref Unsafe.Add(ref slot, n), LuaValue.NilTag);
        return CallOutcome.Completed;
    }
}
