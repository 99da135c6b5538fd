// The math library of PUC 5.1 (lmathlib.c) on the C library's functions, which .NET calls too.
// random draws from Redis's generator in a sandbox and from the C library's outside (RandomNumbers).
// Always: random draws its number before it looks at its arguments, as PUC does, so a refused call also moves the sequence.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class MathLibrary
{
    private const double RadiansPerDegree = Math.PI / 180;

    /// <summary>In PUC's order, which decides the order of <c>pairs(math)</c>.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("abs", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Abs(x)) : LuaCall.Raised) { Kind = HostKind.Absolute },
        new("acos", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Acos(x)) : LuaCall.Raised),
        new("asin", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Asin(x)) : LuaCall.Raised),
        new("atan2", static (ref LuaCall call) => TwoNumbers(ref call, out var y, out var x) ? call.Return(Math.Atan2(y, x)) : LuaCall.Raised),
        new("atan", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Atan(x)) : LuaCall.Raised),
        new("ceil", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Ceiling(x)) : LuaCall.Raised) { Kind = HostKind.Ceiling },
        new("cosh", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Cosh(x)) : LuaCall.Raised),
        new("cos", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Cos(x)) : LuaCall.Raised),
        new("deg", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(x / RadiansPerDegree) : LuaCall.Raised),
        new("exp", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Exp(x)) : LuaCall.Raised),
        new("floor", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Floor(x)) : LuaCall.Raised) { Kind = HostKind.Floor },
        new("fmod", static (ref LuaCall call) => TwoNumbers(ref call, out var x, out var y) ? call.Return(x % y) : LuaCall.Raised),
        new("frexp", Frexp),
        new("ldexp", static (ref LuaCall call) => call.CheckInt(1, out var e) && call.CheckNumber(0, out var x) ? call.Return(Math.ScaleB(x, e)) : LuaCall.Raised),
        new("log10", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Log10(x)) : LuaCall.Raised),
        new("log", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(x < 0 ? double.NaN : Math.Log(x)) : LuaCall.Raised),    // glibc's NaN is the negative one
        new("max", Max) { Kind = HostKind.Maximum },
        new("min", Min) { Kind = HostKind.Minimum },
        new("modf", Modf),
        new("pow", static (ref LuaCall call) => TwoNumbers(ref call, out var x, out var y) ? call.Return(Math.Pow(x, y)) : LuaCall.Raised),
        new("rad", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(x * RadiansPerDegree) : LuaCall.Raised),
        new("random", Random),
        new("randomseed", RandomSeed),
        new("sinh", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Sinh(x)) : LuaCall.Raised),
        new("sin", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Sin(x)) : LuaCall.Raised),
        new("sqrt", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Sqrt(x)) : LuaCall.Raised) { Kind = HostKind.SquareRoot },
        new("tanh", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Tanh(x)) : LuaCall.Raised),
        new("tan", static (ref LuaCall call) => call.CheckNumber(0, out var x) ? call.Return(Math.Tan(x)) : LuaCall.Raised),
    ];

    public static LuaTable Open(LuaState state)
    {
        var table = LibraryTable.Make(state, Rows, LuaValue.LightUserdata(RandomNumbers.For(state.Options)));
        table.SetString("pi", Math.PI);
        table.SetString("huge", double.PositiveInfinity);
        table.SetString("mod", table.GetString("fmod"u8));
        return table;
    }

    // The second is looked at first, because the C compilers that build Lua evaluate arguments from the last: it decides which one an error names.
    private static bool TwoNumbers(ref LuaCall call, out double first, out double second)
    {
        first = 0;
        return call.CheckNumber(1, out second) && call.CheckNumber(0, out first);
    }

    private static int Max(ref LuaCall call)
    {
        if (!call.CheckNumber(0, out var max))
        {
            return LuaCall.Raised;
        }

        for (var i = 1; i < call.Count; i++)
        {
            if (!call.CheckNumber(i, out var x))
            {
                return LuaCall.Raised;
            }

            max = x > max ? x : max;        // not Math.Max: a NaN is passed over unless it is the first
        }

        return call.Return(max);
    }

    private static int Min(ref LuaCall call)
    {
        if (!call.CheckNumber(0, out var min))
        {
            return LuaCall.Raised;
        }

        for (var i = 1; i < call.Count; i++)
        {
            if (!call.CheckNumber(i, out var x))
            {
                return LuaCall.Raised;
            }

            min = x < min ? x : min;
        }

        return call.Return(min);
    }

    private static int Modf(ref LuaCall call)
    {
        if (!call.CheckNumber(0, out var x))
        {
            return LuaCall.Raised;
        }

        var whole = Math.Truncate(x);
        var fraction = double.IsInfinity(x) ? 0 : x - whole;
        return call.Return(whole, Math.CopySign(fraction, x));
    }

    private static int Frexp(ref LuaCall call)
    {
        if (!call.CheckNumber(0, out var x))
        {
            return LuaCall.Raised;
        }

        if (x == 0 || !double.IsFinite(x))
        {
            return call.Return(x, 0.0);
        }

        var exponent = Math.ILogB(x) + 1;
        // In two halves: 2^-exponent itself may lie outside the range of doubles.
        var half = -exponent / 2;
        return call.Return(Math.ScaleB(Math.ScaleB(x, half), -exponent - half), (double)exponent);
    }

    private static int Random(ref LuaCall call)
    {
        var r = NumbersOf(ref call).Next();
        switch (call.Count)
        {
            case 0:
                return call.Return(r);
            case 1:
                if (!call.CheckInt(0, out var upper))
                {
                    return LuaCall.Raised;
                }

                return upper < 1
                    ? call.ArgumentError(0, "interval is empty")
                    : call.Return(Math.Floor(r * upper) + 1);
            case 2:
                if (!call.CheckInt(0, out var from) || !call.CheckInt(1, out var to))
                {
                    return LuaCall.Raised;
                }

                return from > to
                    ? call.ArgumentError(1, "interval is empty")
                    : call.Return(Math.Floor(r * unchecked(to - from + 1)) + from);
            default:
                return call.Error("wrong number of arguments");
        }
    }

    private static int RandomSeed(ref LuaCall call)
    {
        if (!call.CheckInt(0, out var seed))
        {
            return LuaCall.Raised;
        }

        NumbersOf(ref call).Seed(seed);
        return call.Return();
    }

    private static RandomNumbers NumbersOf(ref LuaCall call) => (RandomNumbers)call.Callee.Upvalues[0].AsLightUserdata;
}
