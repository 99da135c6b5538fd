// The table library of PUC 5.1 (ltablib.c). All access is raw; stores honour read-only tables.
// Always: sort makes exactly PUC's comparisons in PUC's order, so inconsistent comparators give the same array or the same error.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class TableLibrary
{
    private const int StepsAtOnce = 256;

    /// <summary>In PUC's order, which decides the order of <c>pairs(table)</c>.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("concat", Concat),
        new("foreach", Foreach),
        new("foreachi", Foreachi),
        new("getn", GetN),
        new("maxn", MaxN),
        new("insert", Insert) { Kind = HostKind.Insert },
        new("remove", Remove) { Kind = HostKind.Remove },
        new("setn", SetN),
        new("sort", Sort),
    ];

    public static LuaTable Open(LuaState state) => LibraryTable.Make(state, Rows);

    private static int GetN(ref LuaCall call)
        => call.CheckTable(0, out var table) ? call.Return((double)table.Length) : LuaCall.Raised;

    private static int SetN(ref LuaCall call)
        => call.CheckTable(0, out _) ? call.Error("'setn' is obsolete") : LuaCall.Raised;

    private static int MaxN(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table))
        {
            return LuaCall.Raised;
        }

        var max = 0.0;
        var key = LuaValue.Nil;
        var position = 0;
        for (var seen = 1; table.NextAt(ref position, ref key, out _); seen++)
        {
            if (key.IsNumber && key.AsNumber > max)
            {
                max = key.AsNumber;
            }

            if (seen % StepsAtOnce == 0 && !call.Step(StepsAtOnce))
            {
                return LuaCall.Raised;
            }
        }

        return call.Return(max);
    }

    private static int Foreach(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table) || !call.CheckFunction(1, out var function))
        {
            return LuaCall.Raised;
        }

        var key = LuaValue.Nil;
        while (table.Next(ref key, out var value))
        {
            if (!call.Step(1) || !call.Call(function, [key, value], out var result))
            {
                return LuaCall.Raised;
            }

            if (!result.IsNil)
            {
                return call.Return(result);
            }
        }

        return key.IsNil ? call.Return() : call.Raise(LuaValue.FromText("invalid key to 'next'"));
    }

    private static int Foreachi(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table))
        {
            return LuaCall.Raised;
        }

        var count = table.Length;
        if (!call.CheckFunction(1, out var function))
        {
            return LuaCall.Raised;
        }

        for (var i = 1; i <= count; i++)
        {
            if (!call.Step(1) || !call.Call(function, [(double)i, table.GetInt(i)], out var result))
            {
                return LuaCall.Raised;
            }

            if (!result.IsNil)
            {
                return call.Return(result);
            }
        }

        return call.Return();
    }

    private static int Insert(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table))
        {
            return LuaCall.Raised;
        }

        var end = table.Length + 1;
        switch (call.Count)
        {
            case 2:
                return Append(ref call, table, end, call[1]);
            case 3:
                if (!call.CheckInt(1, out var position))
                {
                    return LuaCall.Raised;
                }

                for (var i = Math.Max(end, position); i > position; i--)
                {
                    if (!Move(ref call, table, i - 1, i))
                    {
                        return LuaCall.Raised;
                    }
                }

                return Append(ref call, table, position, call[2]);
            default:
                return call.Error("wrong number of arguments to 'insert'");
        }
    }

    private static int Append(ref LuaCall call, LuaTable table, int position, in LuaValue value)
        => call.Store(table, (double)position, value) ? call.Return() : LuaCall.Raised;

    private static int Remove(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table))
        {
            return LuaCall.Raised;
        }

        var end = table.Length;
        if (!call.OptInt(1, end, out var position))
        {
            return LuaCall.Raised;
        }

        if (position < 1 || position > end)
        {
            return call.Return();
        }

        var removed = table.GetInt(position);
        for (; position < end; position++)
        {
            if (!Move(ref call, table, position + 1, position))
            {
                return LuaCall.Raised;
            }
        }

        return call.Store(table, (double)end, LuaValue.Nil) ? call.Return(removed) : LuaCall.Raised;
    }

    private static bool Move(ref LuaCall call, LuaTable table, int from, int to)
        => (to % StepsAtOnce != 0 || call.Step(StepsAtOnce)) && Put(ref call, table, to, table.GetInt(from));

    private static bool Put(ref LuaCall call, LuaTable table, int index, in LuaValue value)
    {
        if (table.IsReadOnly || (uint)(index - 1) >= (uint)table.Array.Length)
        {
            return call.Store(table, (double)index, value);
        }

        table.Array[index - 1] = value;
        return true;
    }

    private static int Concat(ref LuaCall call)
    {
        if (!call.OptString(1, ByteString.Empty, out var separator)
            || !call.CheckTable(0, out var table)
            || !call.OptInt(2, 1, out var from)
            || !call.OptInt(3, table.Length, out var to))
        {
            return LuaCall.Raised;
        }

        var builder = new ByteBuilder();
        for (long i = from; i <= to; i++)
        {
            if ((i % StepsAtOnce == 0 && !call.Step(StepsAtOnce))
                || !AddField(ref call, ref builder, table, (int)i)
                || (i < to && !builder.Append(ref call, separator.Span)))
            {
                builder.Dispose();
                return LuaCall.Raised;
            }
        }

        return builder.Finish(ref call);
    }

    private static bool AddField(ref LuaCall call, ref ByteBuilder builder, LuaTable table, int index)
    {
        var value = table.GetInt(index);
        if (value.IsString)
        {
            return builder.Append(ref call, value.AsString.Span);
        }

        if (value.IsNumber)
        {
            return StringLibrary.AppendNumber(ref call, ref builder, value.AsNumber);
        }

        call.Error($"invalid value ({value.Type.Name()}) at index {index} in table for 'concat'");
        return false;
    }

    private static int Sort(ref LuaCall call)
    {
        if (!call.CheckTable(0, out var table))
        {
            return LuaCall.Raised;
        }

        var count = table.Length;
        LuaFunction? comparer = null;
        if (!call.IsNoneOrNil(1) && !call.CheckFunction(1, out comparer))
        {
            return LuaCall.Raised;
        }

        return new Sorter(table, comparer).Sort(ref call, 1, count) ? call.Return() : LuaCall.Raised;
    }

    /// <summary>PUC's auxsort: quicksort with a median of three as sentinel at both ends; the smaller half first, so that 32 waiting ranges are enough.</summary>
    private readonly ref struct Sorter(LuaTable table, LuaFunction? comparer)
    {
        private const int WaitingMax = 40;

        private readonly LuaTable _table = table;
        private readonly LuaFunction? _comparer = comparer;

        public bool Sort(ref LuaCall call, int low, int high)
        {
            // What PUC reaches by recursion into the smaller half waits here as the larger one.
            Span<(int Low, int High)> waiting = stackalloc (int, int)[WaitingMax];
            var depth = 0;
            while (true)
            {
                if (low < high)
                {
                    if (!Partition(ref call, low, high, out var pivot))
                    {
                        return false;
                    }

                    if (pivot > 0)
                    {
                        var lowerIsSmaller = pivot - low < high - pivot;
                        waiting[depth++] = lowerIsSmaller ? (pivot + 1, high) : (low, pivot - 1);
                        (low, high) = lowerIsSmaller ? (low, pivot - 1) : (pivot + 1, high);
                        continue;
                    }
                }

                if (depth == 0)
                {
                    return true;
                }

                (low, high) = waiting[--depth];
            }
        }

        /// <summary>Puts a pivot in its place; 0 when the range is sorted already (two or three elements).</summary>
        private bool Partition(ref LuaCall call, int low, int high, out int pivot)
        {
            pivot = 0;
            if (!Order(ref call, low, high))
            {
                return false;
            }

            if (high - low == 1)
            {
                return true;
            }

            var middle = (int)(((uint)low + (uint)high) / 2);
            LuaValue atMiddle = _table.GetInt(middle), atLow = _table.GetInt(low);
            if (!Less(ref call, atMiddle, atLow, out var less))
            {
                return false;
            }

            if (less)
            {
                if (!Put(ref call, middle, atLow, low, atMiddle))
                {
                    return false;
                }
            }
            else
            {
                var atHigh = _table.GetInt(high);
                if (!Less(ref call, atHigh, atMiddle, out less) || (less && !Put(ref call, middle, atHigh, high, atMiddle)))
                {
                    return false;
                }
            }

            if (high - low == 2)
            {
                return true;
            }

            var value = _table.GetInt(middle);
            return Put(ref call, middle, _table.GetInt(high - 1), high - 1, value) && Split(ref call, low, high, value, out pivot);
        }

        /// <summary>a[low] &lt;= P == a[high - 1] &lt;= a[high]: the sentinels that stop both scans, if the comparator is consistent.</summary>
        private bool Split(ref LuaCall call, int low, int high, in LuaValue value, out int pivot)
        {
            pivot = 0;
            int i = low, j = high - 1;
            while (true)
            {
                LuaValue atI, atJ;
                bool less;
                while (true)
                {
                    atI = _table.GetInt(++i);
                    if (!Less(ref call, atI, value, out less))
                    {
                        return false;
                    }

                    if (!less)
                    {
                        break;
                    }

                    if (i > high)
                    {
                        call.Error("invalid order function for sorting");
                        return false;
                    }
                }

                while (true)
                {
                    atJ = _table.GetInt(--j);
                    if (!Less(ref call, value, atJ, out less))
                    {
                        return false;
                    }

                    if (!less)
                    {
                        break;
                    }

                    if (j < low)
                    {
                        call.Error("invalid order function for sorting");
                        return false;
                    }
                }

                if (j < i)
                {
                    break;
                }

                if (!Put(ref call, i, atJ, j, atI))
                {
                    return false;
                }
            }

            pivot = i;
            LuaValue last = _table.GetInt(high - 1), found = _table.GetInt(i);
            return Put(ref call, high - 1, found, i, last);
        }

        private bool Order(ref LuaCall call, int low, int high)
        {
            LuaValue atLow = _table.GetInt(low), atHigh = _table.GetInt(high);
            return Less(ref call, atHigh, atLow, out var less) && (!less || Put(ref call, low, atHigh, high, atLow));
        }

        private bool Put(ref LuaCall call, int i, in LuaValue atI, int j, in LuaValue atJ)
            => TableLibrary.Put(ref call, _table, i, atI) && TableLibrary.Put(ref call, _table, j, atJ);

        private bool Less(ref LuaCall call, in LuaValue a, in LuaValue b, out bool less)
        {
            if (!call.Step(1))
            {
                less = false;
                return false;
            }

            if (_comparer is null)
            {
                if (a.IsNumber && b.IsNumber)
                {
                    less = a.AsNumber < b.AsNumber;
                    return true;
                }

                return call.LessThan(a, b, out less);
            }

            var called = call.Call(_comparer, a, b, out var result);
            less = result.IsTruthy;
            return called;
        }
    }
}
