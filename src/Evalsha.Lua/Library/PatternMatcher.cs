// Lua 5.1's patterns: one attempt to match a pattern at one place of a subject, with PUC's choices and PUC's error texts.
// Backtracking keeps its own stack, so no pattern can exhaust the C# stack; its depth is bounded by the number of pattern items.
// Always: work is paid from _fuel. At zero the matcher stops with OutOfFuel, remembers where it was, and Resume goes on: the caller
// decides whether a long match may continue. Both texts are passed to each call and never kept. As in C, a NUL ends the pattern.
// One file because an item, its quantifier and the way back from it are one thing.
using System.Diagnostics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal sealed class PatternMatcher
{
    public const int NoMatch = -1;
    public const int Failed = -2;
    public const int OutOfFuel = -3;

    /// <summary>Steps between two questions whether to go on.</summary>
    public const int FuelSlice = 10_000;

    /// <summary>LUA_MAXCAPTURES.</summary>
    public const int MaxCaptures = 32;

    /// <summary>Pattern items that may be open to another try at once. PUC's C stack ends near 50,000.</summary>
    public const int MaxDepth = 200_000;

    private const int CaptureIsOpen = -1;
    private const int CaptureIsPosition = -2;
    private const int PlainMembersMax = 5;              // of a set that is searched for as it stands
    private const int BytesPerStep = 16;                // one step pays for so many bytes looked at in a tight loop

    private readonly int[] _starts = new int[MaxCaptures];
    private readonly int[] _lengths = new int[MaxCaptures];
    private LuaValue[]? _values;
    private Retry[] _retries = new Retry[8];
    private int _depth;
    private int _fuel = FuelSlice;
    private int _subjectAt;
    private int _patternAt;

    private enum RetryKind : byte
    {
        Longest,        // * and +: one byte less
        Shortest,       // -: one byte more
        Optional,       // ?: without the byte
        Opened,         // forget the capture
        Closed,         // open the capture again
    }

    /// <summary>Room for the captures of one match as values; for callers that pass them on.</summary>
    public LuaValue[] Values => _values ??= new LuaValue[MaxCaptures];

    /// <summary>Captures of the last match.</summary>
    public int CaptureCount { get; private set; }

    /// <summary>Why <see cref="Failed"/> was returned.</summary>
    public string? Error { get; private set; }

    /// <summary>What is left of a pattern when it ends at the first NUL, as it does in C.</summary>
    public static ReadOnlySpan<byte> Effective(ReadOnlySpan<byte> pattern)
    {
        var nul = pattern.IndexOf((byte)0);
        return nul < 0 ? pattern : pattern[..nul];
    }

    /// <summary>True when the text means itself in <c>string.find</c>: no magic character before its first NUL.</summary>
    public static bool IsPlain(ReadOnlySpan<byte> pattern) => Effective(pattern).IndexOfAny(Magic) < 0;

    /// <summary>
    /// The item that every match must begin with, as the slice from start to end, when it is one of a byte, a class or a set that must occur. Lets a
    /// search skip to the next place where it can succeed. False: a match may begin anywhere.
    /// </summary>
    public static bool TryHead(ReadOnlySpan<byte> pattern, out Range head)
    {
        head = default;
        var start = 0;
        while (start < CapturesSkipped && start + 1 < pattern.Length && pattern[start] == '(' && pattern[start + 1] != ')')
        {
            start++;
        }

        if (start >= pattern.Length)
        {
            return false;
        }

        int end;
        switch (pattern[start])
        {
            case (byte)'%':
                if (start + 1 >= pattern.Length || pattern[start + 1] is (byte)'b' or (byte)'f' or (>= (byte)'0' and <= (byte)'9'))
                {
                    return false;
                }

                end = start + 2;
                break;
            case (byte)'[':
                end = SetEnd(pattern, start + 1);
                if (end < 0)
                {
                    return false;
                }

                break;
            case (byte)'(' or (byte)')' or (byte)'.' or (byte)'$' or (byte)'*' or (byte)'+' or (byte)'?' or (byte)'-':
                return false;
            default:
                end = start + 1;
                break;
        }

        if (end < pattern.Length && pattern[end] is (byte)'*' or (byte)'?' or (byte)'-')
        {
            return false;
        }

        head = start..end;
        return true;
    }

    /// <summary>Opening parentheses that <see cref="TryHead"/> looks behind: fewer than the limit of captures, which has an error of its own.</summary>
    private const int CapturesSkipped = 8;

    /// <summary>The first byte that such an item matches, or -1.</summary>
    public static int IndexOf(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> item) => item[0] switch
    {
        (byte)'%' => CharacterClass.IndexOf(subject, item[1], belongs: true),
        (byte)'[' => IndexInSet(subject, item, belongs: true),
        var literal => subject.IndexOf(literal),
    };

    /// <summary>Tries to match <paramref name="pattern"/> (without its anchor, already <see cref="Effective"/>) at one place. Returns the end of the match, or one of the three constants.</summary>
    public int Match(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, int at)
    {
        CaptureCount = 0;
        Error = null;
        _depth = 0;
        return Run(subject, pattern, at, 0);
    }

    /// <summary>Goes on after <see cref="OutOfFuel"/>, with the same texts.</summary>
    public int Resume(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern)
    {
        _fuel = FuelSlice;
        return Run(subject, pattern, _subjectAt, _patternAt);
    }

    /// <summary>Forgets what is under way, so that the object can serve another search.</summary>
    public void Reset()
    {
        _depth = 0;
        CaptureCount = 0;
        Error = null;
        if (_values is not null)
        {
            _values.AsSpan().Clear();                   // what waits in a pool must keep no string alive
        }

        if (_retries.Length > 1024)
        {
            _retries = new Retry[8];
        }
    }

    /// <summary>Capture <paramref name="index"/> of a match that spans from..to: a position (1-based, <paramref name="length"/> -1) or a slice of the subject. False: <see cref="Error"/> says why not.</summary>
    public bool TryCapture(int index, int from, int to, out int start, out int length)
    {
        if (index >= CaptureCount)
        {
            (start, length) = (from, to - from);            // no captures at all: the whole match is the first
            if (index == 0)
            {
                return true;
            }

            Error = "invalid capture index";
            return false;
        }

        start = _starts[index];
        length = _lengths[index];
        if (length == CaptureIsOpen)
        {
            Error = "unfinished capture";
            return false;
        }

        if (length == CaptureIsPosition)
        {
            (start, length) = (start + 1, -1);
        }

        return true;
    }

    private int Run(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, int s, int p)
    {
        for (; ; )
        {
            if (--_fuel <= 0)
            {
                (_subjectAt, _patternAt) = (s, p);
                return OutOfFuel;
            }

            if ((uint)p >= (uint)pattern.Length)
            {
                return s;
            }

            bool stillMatching;
            switch (pattern[p])
            {
                case (byte)'(':
                    stillMatching = Open(pattern, s, ref p);
                    break;
                case (byte)')':
                    stillMatching = Close(s, ref p);
                    break;
                case (byte)'%' when p + 1 < pattern.Length && pattern[p + 1] is (byte)'b' or (byte)'f' or (>= (byte)'0' and <= (byte)'9'):
                    stillMatching = Escape(subject, pattern, ref s, ref p);
                    break;
                case (byte)'$' when p + 1 == pattern.Length:
                    stillMatching = s == subject.Length;
                    p++;
                    break;
                default:
                    stillMatching = Item(subject, pattern, ref s, ref p);
                    break;
            }

            if (!stillMatching && (Error is not null || !Backtrack(subject, pattern, ref s, ref p)))
            {
                return Error is null ? NoMatch : Failed;
            }
        }
    }

    private bool Open(ReadOnlySpan<byte> pattern, int s, ref int p)
    {
        if (CaptureCount >= MaxCaptures)
        {
            return Fail("too many captures");
        }

        var position = p + 1 < pattern.Length && pattern[p + 1] == ')';
        _starts[CaptureCount] = s;
        _lengths[CaptureCount++] = position ? CaptureIsPosition : CaptureIsOpen;
        p += position ? 2 : 1;
        return Push(new(RetryKind.Opened, 0, 0, 0, 0));
    }

    private bool Close(int s, ref int p)
    {
        var level = CaptureCount - 1;
        while (level >= 0 && _lengths[level] != CaptureIsOpen)
        {
            level--;
        }

        if (level < 0)
        {
            return Fail("invalid pattern capture");
        }

        _lengths[level] = s - _starts[level];
        p++;
        return Push(new(RetryKind.Closed, level, 0, 0, 0));
    }

    /// <summary>%b, %f and back references.</summary>
    private bool Escape(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, ref int s, ref int p)
    {
        switch (pattern[p + 1])
        {
            case (byte)'b':
                if (p + 3 >= pattern.Length)
                {
                    return Fail("unbalanced pattern");
                }

                s = Balanced(subject, s, pattern[p + 2], pattern[p + 3]);
                p += 4;
                return s >= 0;
            case (byte)'f':
                p += 2;
                if (p >= pattern.Length || pattern[p] != '[')
                {
                    return Fail("missing '[' after '%f' in pattern");
                }

                var end = ItemEnd(pattern, p);
                if (end < 0)
                {
                    return false;
                }

                var set = pattern[p..end];
                var previous = s == 0 ? (byte)0 : subject[s - 1];
                var next = s < subject.Length ? subject[s] : (byte)0;
                p = end;
                return !MatchesSet(previous, set) && MatchesSet(next, set);
            default:
                var index = pattern[p + 1] - '1';
                if (index < 0 || index >= CaptureCount || _lengths[index] == CaptureIsOpen)
                {
                    return Fail("invalid capture index");
                }

                p += 2;
                var length = _lengths[index];
                if (length == CaptureIsPosition || subject.Length - s < length)
                {
                    return false;
                }

                _fuel -= length / BytesPerStep;
                var same = subject.Slice(_starts[index], length).SequenceEqual(subject.Slice(s, length));
                s += length;
                return same;
        }
    }

    private int Balanced(ReadOnlySpan<byte> subject, int s, byte open, byte close)
    {
        if (s >= subject.Length || subject[s] != open)
        {
            return NoMatch;
        }

        var level = 1;
        for (var at = s + 1; at < subject.Length; at++)
        {
            var c = subject[at];
            if (c == close)
            {
                if (--level == 0)
                {
                    _fuel -= (at - s) / BytesPerStep;
                    return at + 1;
                }
            }
            else if (c == open)
            {
                level++;
            }
        }

        _fuel -= (subject.Length - s) / BytesPerStep;
        return NoMatch;
    }

    /// <summary>One single-character item with its quantifier.</summary>
    private bool Item(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, ref int s, ref int p)
    {
        var end = ItemEnd(pattern, p);
        if (end < 0)
        {
            return false;
        }

        var quantifier = end < pattern.Length ? pattern[end] : (byte)0;
        switch (quantifier)
        {
            case (byte)'?':
                if (s < subject.Length && MatchesItem(subject[s], pattern, p, end))
                {
                    if (!Push(new(RetryKind.Optional, s, 0, p, end)))
                    {
                        return false;
                    }

                    s++;
                }

                p = end + 1;
                return true;
            case (byte)'*':
            case (byte)'+':
                var count = CountMatching(subject[s..], pattern, p, end);
                _fuel -= count / BytesPerStep;
                var least = quantifier == '+' ? 1 : 0;
                if (count < least)
                {
                    return false;
                }

                // Nothing to give back, or nothing follows that could ask for it.
                if (count > least && end + 1 < pattern.Length && !Push(new(RetryKind.Longest, s + least, count - least, p, end)))
                {
                    return false;
                }

                s += count;
                p = end + 1;
                return true;
            case (byte)'-':
                if (!Push(new(RetryKind.Shortest, s, 0, p, end)))
                {
                    return false;
                }

                p = end + 1;
                return true;
            default:
                if (s >= subject.Length || !MatchesItem(subject[s], pattern, p, end))
                {
                    return false;
                }

                s++;
                p = end;
                return true;
        }
    }

    /// <summary>How many bytes from the start of <paramref name="subject"/> the item matches.</summary>
    private static int CountMatching(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, int p, int end)
    {
        var other = pattern[p] switch
        {
            (byte)'.' => -1,
            (byte)'%' => CharacterClass.IndexOf(subject, pattern[p + 1], belongs: false),
            (byte)'[' => IndexInSet(subject, pattern[p..end], belongs: false),
            var literal => subject.IndexOfAnyExcept(literal),
        };
        return other < 0 ? subject.Length : other;
    }

    private static int IndexInSet(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> set, bool belongs)
    {
        // A few bytes that mean themselves: many places are looked at in one step.
        var members = set[1..^1];
        if (members.Length <= PlainMembersMax && members.IndexOfAny((byte)'%', (byte)'-', (byte)'^') < 0)
        {
            return belongs ? subject.IndexOfAny(members) : subject.IndexOfAnyExcept(members);
        }

        for (var i = 0; i < subject.Length; i++)
        {
            if (MatchesSet(subject[i], set) == belongs)
            {
                return i;
            }
        }

        return -1;
    }

    private bool Backtrack(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> pattern, ref int s, ref int p)
    {
        while (_depth > 0)
        {
            ref var retry = ref _retries[_depth - 1];
            switch (retry.Kind)
            {
                case RetryKind.Opened:
                    CaptureCount--;
                    _depth--;
                    continue;
                case RetryKind.Closed:
                    _lengths[retry.At] = CaptureIsOpen;
                    _depth--;
                    continue;
                case RetryKind.Optional:
                    (s, p) = (retry.At, retry.ItemEnd + 1);
                    _depth--;
                    return true;
                case RetryKind.Longest:
                    retry.Extra--;
                    (s, p) = (retry.At + retry.Extra, retry.ItemEnd + 1);
                    if (retry.Extra == 0)
                    {
                        _depth--;
                    }

                    return true;
                default:
                    Debug.Assert(retry.Kind == RetryKind.Shortest);
                    if (retry.At >= subject.Length || !MatchesItem(subject[retry.At], pattern, retry.Item, retry.ItemEnd))
                    {
                        _depth--;
                        continue;
                    }

                    retry.At++;
                    (s, p) = (retry.At, retry.ItemEnd + 1);
                    return true;
            }
        }

        return false;
    }

    private bool Push(Retry retry)
    {
        if (_depth == _retries.Length)
        {
            if (_depth >= MaxDepth)
            {
                return Fail("pattern too complex");
            }

            Array.Resize(ref _retries, _depth * 2);
        }

        _retries[_depth++] = retry;
        return true;
    }

    private bool Fail(string error)
    {
        Error = error;
        return false;
    }

    /// <summary>Where the item that begins at p ends, its quantifier not included; -1 when it is malformed.</summary>
    private int ItemEnd(ReadOnlySpan<byte> pattern, int p)
    {
        switch (pattern[p++])
        {
            case (byte)'%':
                if (p < pattern.Length)
                {
                    return p + 1;
                }

                Fail("malformed pattern (ends with '%')");
                return -1;
            case (byte)'[':
                p = SetEnd(pattern, p);
                if (p < 0)
                {
                    Fail("malformed pattern (missing ']')");
                }

                return p;
            default:
                return p;
        }
    }

    // The place behind a set whose opening bracket is before p; -1 when it is not closed.
    private static int SetEnd(ReadOnlySpan<byte> pattern, int p)
    {
        if (p < pattern.Length && pattern[p] == '^')
        {
            p++;
        }

        do
        {
            if (p >= pattern.Length)
            {
                return -1;
            }

            if (pattern[p++] == '%' && p < pattern.Length)
            {
                p++;                            // an escape, %] for example
            }
        }
        while (p >= pattern.Length || pattern[p] != ']');
        return p + 1;
    }

    private static bool MatchesItem(byte c, ReadOnlySpan<byte> pattern, int p, int end) => pattern[p] switch
    {
        (byte)'.' => true,
        (byte)'%' => CharacterClass.Matches(c, pattern[p + 1]),
        (byte)'[' => MatchesSet(c, pattern[p..end]),
        var literal => literal == c,
    };

    /// <summary><paramref name="set"/> is the whole of it, brackets included.</summary>
    private static bool MatchesSet(byte c, ReadOnlySpan<byte> set)
    {
        var last = set.Length - 1;                          // the closing bracket
        var at = 1;
        var positive = true;
        if (set[at] == '^')
        {
            positive = false;
            at++;
        }

        for (; at < last; at++)
        {
            if (set[at] == '%')
            {
                at++;
                if (CharacterClass.Matches(c, set[at]))
                {
                    return positive;
                }
            }
            else if (set[at + 1] == '-' && at + 2 < last)
            {
                if (set[at] <= c && c <= set[at + 2])
                {
                    return positive;
                }

                at += 2;
            }
            else if (set[at] == c)
            {
                return positive;
            }
        }

        return !positive;
    }

    private static ReadOnlySpan<byte> Magic => "^$*+?.([%-"u8;

    /// <summary>Where and how to try again. At: place in the subject, or a capture for Closed. Extra: bytes that can be given back.</summary>
    private record struct Retry(RetryKind Kind, int At, int Extra, int Item, int ItemEnd);
}
