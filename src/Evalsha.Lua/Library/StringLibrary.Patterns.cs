// find, match, gmatch and gsub of the string library: PUC's loops around one attempt of PatternMatcher.
// Matchers are kept per state in an upvalue and borrowed for one call, because a callback of gsub may search in turn.
// Always: each attempt is paid from the state's budget, and a match that takes long can be killed between two slices of fuel.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static partial class StringLibrary
{
    /// <summary>Bytes of a plain search between two questions whether to go on, at worst.</summary>
    private const int SearchWork = 1 << 20;

    private static int Find(ref LuaCall call) => Search(ref call, find: true);

    private static int Match(ref LuaCall call) => Search(ref call, find: false);

    private static int Search(ref LuaCall call, bool find)
    {
        if (!call.CheckString(0, out var text) || !call.CheckString(1, out var patternText) || !call.OptInteger(2, 1, out var start))
        {
            return LuaCall.Raised;
        }

        var subject = text.Span;
        var at = (int)Math.Clamp(Relative(start, text.Length) - 1, 0, text.Length);
        if (find && (call[3].IsTruthy || PatternMatcher.IsPlain(patternText.Span)))
        {
            if (!PlainFind(ref call, subject[at..], patternText.Span, out var found))
            {
                return LuaCall.Raised;
            }

            return found < 0 ? call.Return(LuaValue.Nil) : call.Return((double)(at + found + 1), (double)(at + found + patternText.Length));
        }

        var pool = PoolOf(ref call);
        var matcher = pool.Rent();
        var results = SearchPattern(ref call, matcher, subject, PatternMatcher.Effective(patternText.Span), at, find);
        pool.Return(matcher);
        return results;
    }

    private static int SearchPattern(ref LuaCall call, PatternMatcher matcher, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, int at, bool find)
    {
        var anchored = pattern.Length > 0 && pattern[0] == '^';
        pattern = anchored ? pattern[1..] : pattern;
        var head = default(Range);
        var skips = !anchored && PatternMatcher.TryHead(pattern, out head);
        do
        {
            if (skips)
            {
                var skip = PatternMatcher.IndexOf(subject[at..], pattern[head]);
                if (skip < 0)
                {
                    break;
                }

                at += skip;
                if (!call.Step(skip / BytesPerStep))
                {
                    return LuaCall.Raised;
                }
            }

            if (!TryMatch(ref call, matcher, subject, pattern, at, out var end))
            {
                return LuaCall.Raised;
            }

            if (end >= 0)
            {
                return find ? ReturnFound(ref call, matcher, subject, at, end) : ReturnCaptures(ref call, matcher, subject, at, end);
            }
        }
        while (at++ < subject.Length && !anchored);
        return call.Return(LuaValue.Nil);
    }

    private static int ReturnFound(ref LuaCall call, PatternMatcher matcher, ReadOnlySpan<byte> subject, int from, int to)
    {
        var captures = matcher.CaptureCount;
        var results = call.Results(captures + 2);
        results[0] = (double)(from + 1);
        results[1] = (double)to;
        for (var i = 0; i < captures; i++)
        {
            if (!Capture(ref call, matcher, subject, i, from, to, out var value))
            {
                return LuaCall.Raised;
            }

            results[i + 2] = value;
        }

        return captures + 2;
    }

    private static int ReturnCaptures(ref LuaCall call, PatternMatcher matcher, ReadOnlySpan<byte> subject, int from, int to)
    {
        var captures = Math.Max(matcher.CaptureCount, 1);
        var results = call.Results(captures);
        for (var i = 0; i < captures; i++)
        {
            if (!Capture(ref call, matcher, subject, i, from, to, out var value))
            {
                return LuaCall.Raised;
            }

            results[i] = value;
        }

        return captures;
    }

    private static int GMatch(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text) || !call.CheckString(1, out var pattern))
        {
            return LuaCall.Raised;
        }

        return call.Return((LuaFunction)call.State.Function("gmatch_aux", GMatchNext, call.Callee.Upvalues[0], text, pattern, 0.0));
    }

    private static int GMatchNext(ref LuaCall call)
    {
        var upvalues = call.Callee.Upvalues;
        var subject = upvalues[1].AsString.Span;
        var pattern = PatternMatcher.Effective(upvalues[2].AsString.Span);
        var pool = PoolOf(ref call);
        var matcher = pool.Rent();
        var results = GMatchFrom(ref call, matcher, subject, pattern, (int)upvalues[3].AsNumber, out var next);
        upvalues[3] = (double)next;
        pool.Return(matcher);
        return results;
    }

    private static int GMatchFrom(ref LuaCall call, PatternMatcher matcher, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, int at, out int next)
    {
        next = at;
        var skips = PatternMatcher.TryHead(pattern, out var head);
        for (; at <= subject.Length; at++)
        {
            if (skips)
            {
                var skip = PatternMatcher.IndexOf(subject[at..], pattern[head]);
                if (skip < 0)
                {
                    break;
                }

                at += skip;
            }

            if (!TryMatch(ref call, matcher, subject, pattern, at, out var end))
            {
                return LuaCall.Raised;
            }

            if (end >= 0)
            {
                next = end == at ? end + 1 : end;            // an empty match goes at least one position on
                return ReturnCaptures(ref call, matcher, subject, at, end);
            }
        }

        return call.Return();
    }

    private static int GSub(ref LuaCall call)
    {
        if (!call.CheckString(0, out var text) || !call.CheckString(1, out var pattern) || !call.OptInt(3, text.Length + 1, out var limit))
        {
            return LuaCall.Raised;
        }

        var replacement = call[2];
        if (replacement.Type is not (LuaType.Number or LuaType.String or LuaType.Function or LuaType.Table))
        {
            return call.ArgumentError(2, "string/function/table expected");
        }

        if (replacement.IsNumber)
        {
            call.CheckString(2, out var printed);
            replacement = printed;
        }

        var pool = PoolOf(ref call);
        var matcher = pool.Rent();
        var builder = new ByteBuilder();
        var ok = Substitute(ref call, matcher, ref builder, text, PatternMatcher.Effective(pattern.Span), replacement, limit, out var count);
        pool.Return(matcher);
        if (!ok)
        {
            builder.Dispose();
            return LuaCall.Raised;
        }

        LuaValue result = text;
        ok = count == 0 || Strings.Make(ref call, builder.Written, out result);
        builder.Dispose();
        return ok ? call.Return(result, (double)count) : LuaCall.Raised;
    }

    private static bool Substitute(
        ref LuaCall call, PatternMatcher matcher, ref ByteBuilder builder, ByteString text, ReadOnlySpan<byte> pattern, in LuaValue replacement, int limit, out int count)
    {
        var subject = text.Span;
        var anchored = pattern.Length > 0 && pattern[0] == '^';
        pattern = anchored ? pattern[1..] : pattern;
        var head = default(Range);
        var skips = !anchored && PatternMatcher.TryHead(pattern, out head);
        var at = 0;
        count = 0;
        while (count < limit)
        {
            if (skips)
            {
                var skip = PatternMatcher.IndexOf(subject[at..], pattern[head]);
                if (skip < 0)
                {
                    break;
                }

                if (!builder.Append(ref call, subject.Slice(at, skip)))
                {
                    return false;
                }

                at += skip;
            }

            if (!TryMatch(ref call, matcher, subject, pattern, at, out var end))
            {
                return false;
            }

            if (end >= 0)
            {
                count++;
                if (!AddReplacement(ref call, matcher, ref builder, subject, at, end, replacement))
                {
                    return false;
                }
            }

            if (end > at)
            {
                at = end;
            }
            else if (at < subject.Length)
            {
                if (!builder.Append(ref call, subject[at++]))
                {
                    return false;
                }
            }
            else
            {
                break;
            }

            if (anchored)
            {
                break;
            }
        }

        return count == 0 || builder.Append(ref call, subject[at..]);
    }

    private static bool AddReplacement(
        ref LuaCall call, PatternMatcher matcher, ref ByteBuilder builder, ReadOnlySpan<byte> subject, int from, int to, in LuaValue replacement)
    {
        LuaValue value;
        switch (replacement.Type)
        {
            case LuaType.String:
                return AddTemplate(ref call, matcher, ref builder, subject, from, to, replacement.AsString.Span);
            case LuaType.Table:
                if (!Capture(ref call, matcher, subject, 0, from, to, out var key) || !call.Index(replacement, key, out value))
                {
                    return false;
                }

                break;
            default:
                var captures = Math.Max(matcher.CaptureCount, 1);
                var arguments = matcher.Values;
                for (var i = 0; i < captures; i++)
                {
                    if (!Capture(ref call, matcher, subject, i, from, to, out arguments[i]))
                    {
                        return false;
                    }
                }

                if (!call.Call(replacement, arguments.AsSpan(0, captures), out value))
                {
                    return false;
                }

                break;
        }

        if (!value.IsTruthy)
        {
            return builder.Append(ref call, subject[from..to]);
        }

        if (value.IsString)
        {
            return builder.Append(ref call, value.AsString.Span);
        }

        if (!value.IsNumber)
        {
            call.Error($"invalid replacement value (a {value.Type.Name()})");
            return false;
        }

        return AppendNumber(ref call, ref builder, value.AsNumber);
    }

    private static bool AddTemplate(
        ref LuaCall call, PatternMatcher matcher, ref ByteBuilder builder, ReadOnlySpan<byte> subject, int from, int to, ReadOnlySpan<byte> template)
    {
        while (true)
        {
            var escape = template.IndexOf((byte)'%');
            if (escape < 0)
            {
                return builder.Append(ref call, template);
            }

            if (!builder.Append(ref call, template[..escape]))
            {
                return false;
            }

            // A '%' at the very end stands for the NUL that ends a C string, as in PUC.
            var c = escape + 1 < template.Length ? template[escape + 1] : (byte)0;
            template = template[Math.Min(escape + 2, template.Length)..];
            if (c is < (byte)'0' or > (byte)'9')
            {
                if (!builder.Append(ref call, c))
                {
                    return false;
                }

                continue;
            }

            int start = from, length = to - from;
            if (c != '0' && !matcher.TryCapture(c - '1', from, to, out start, out length))
            {
                call.Error(matcher.Error!);
                return false;
            }

            if (!(length < 0 ? AppendNumber(ref call, ref builder, start) : builder.Append(ref call, subject.Slice(start, length))))
            {
                return false;
            }
        }
    }

    private static bool Capture(ref LuaCall call, PatternMatcher matcher, ReadOnlySpan<byte> subject, int index, int from, int to, out LuaValue value)
    {
        if (!matcher.TryCapture(index, from, to, out var start, out var length))
        {
            value = default;
            call.Error(matcher.Error!);
            return false;
        }

        if (length < 0)
        {
            value = (double)start;
            return true;
        }

        return Strings.Make(ref call, subject.Slice(start, length), out value);
    }

    private static bool TryMatch(ref LuaCall call, PatternMatcher matcher, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, int at, out int end)
    {
        end = matcher.Match(subject, pattern, at);
        while (end == PatternMatcher.OutOfFuel)
        {
            if (!call.Step(PatternMatcher.FuelSlice))
            {
                return false;
            }

            end = matcher.Resume(subject, pattern);
        }

        if (end != PatternMatcher.Failed)
        {
            return true;
        }

        call.Error(matcher.Error!);
        return false;
    }

    /// <summary>Vectorised, in windows small enough that even the worst text can be interrupted.</summary>
    private static bool PlainFind(ref LuaCall call, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> text, out int found)
    {
        var window = Math.Max(1, SearchWork / Math.Max(1, text.Length));
        for (var start = 0; ; start += window)
        {
            var slice = subject[start..];
            var isLast = slice.Length <= (long)window + text.Length - 1;
            found = (isLast ? slice : slice[..(window + text.Length - 1)]).IndexOf(text);
            if (found >= 0)
            {
                found += start;
                return true;
            }

            if (isLast)
            {
                return call.Step(slice.Length / BytesPerStep);
            }

            if (!call.Step(16 + (window / BytesPerStep)))
            {
                return false;
            }
        }
    }

    private static MatcherPool PoolOf(ref LuaCall call) => (MatcherPool)call.Callee.Upvalues[0].AsLightUserdata;

    /// <summary>Matchers of one state that wait for their next search.</summary>
    private sealed class MatcherPool
    {
        private const int Kept = 8;
        private readonly Stack<PatternMatcher> _free = new();

        public PatternMatcher Rent() => _free.TryPop(out var matcher) ? matcher : new PatternMatcher();

        public void Return(PatternMatcher matcher)
        {
            matcher.Reset();
            if (_free.Count < Kept)
            {
                _free.Push(matcher);
            }
        }
    }
}
