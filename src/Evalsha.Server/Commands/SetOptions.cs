// The options of SET and GETEX, which share their deadlines: EX PX EXAT PXAT, and KEEPTTL or PERSIST.
// Always: at most one of the deadline words was given, and never together with KEEPTTL or PERSIST; NX and XX exclude each other.
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Commands;

internal struct SetOptions
{
    private int _deadlineAt; // the argument with the number; 0 = none
    private bool _inSeconds;
    private bool _isRelative;

    public bool IfMissing { get; private set; }

    public bool IfPresent { get; private set; }

    public bool Get { get; private set; }

    public bool KeepTtl { get; private set; }

    public bool Persist { get; private set; }

    public readonly bool HasDeadline => _deadlineAt != 0;

    public static bool TryParse(CommandContext c, int i, bool isSet, out SetOptions options)
    {
        options = default;
        for (; i < c.Count; i++)
        {
            var isFree = !options.HasDeadline && !options.KeepTtl && !options.Persist;
            if (isSet && c.Is(i, "NX"u8) && !options.IfPresent)
            {
                options.IfMissing = true;
            }
            else if (isSet && c.Is(i, "XX"u8) && !options.IfMissing)
            {
                options.IfPresent = true;
            }
            else if (isSet && c.Is(i, "GET"u8))
            {
                options.Get = true;
            }
            else if (isSet && c.Is(i, "KEEPTTL"u8) && !options.HasDeadline)
            {
                options.KeepTtl = true;
            }
            else if (!isSet && c.Is(i, "PERSIST"u8) && !options.HasDeadline)
            {
                options.Persist = true;
            }
            else if (isFree && i + 1 < c.Count && options.TryDeadlineWord(c, i))
            {
                options._deadlineAt = ++i;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }

        return true;
    }

    /// <summary>The deadline in unix milliseconds; meaningless when there is none. False: an error has been replied.</summary>
    public readonly bool TryDeadline(CommandContext c, out long deadline)
    {
        deadline = 0;
        return !HasDeadline || TryDeadline(c, _deadlineAt, _inSeconds, _isRelative, out deadline);
    }

    /// <summary>Reads a time to live or a point in time as unix milliseconds; it must be positive and fit.</summary>
    public static bool TryDeadline(CommandContext c, int i, bool inSeconds, bool isRelative, out long deadline)
    {
        if (!c.TryInteger(i, out deadline))
        {
            return false;
        }

        if (deadline <= 0 || (inSeconds && deadline > long.MaxValue / 1000))
        {
            InvalidExpire(c);
            return false;
        }

        deadline *= inSeconds ? 1000 : 1;
        if (isRelative)
        {
            if (deadline > long.MaxValue - c.Now)
            {
                InvalidExpire(c);
                return false;
            }

            deadline += c.Now;
        }

        deadline = Math.Min(deadline, long.MaxValue - 1); // the very last number means "never"
        return true;
    }

    internal static void InvalidExpire(CommandContext c) => c.Reply.Error($"ERR invalid expire time in '{c.Row.FullName}' command");

    private bool TryDeadlineWord(CommandContext c, int i)
    {
        (_inSeconds, _isRelative) = c.Is(i, "EX"u8) ? (true, true)
            : c.Is(i, "EXAT"u8) ? (true, false)
            : (false, c.Is(i, "PX"u8));
        return _inSeconds || _isRelative || c.Is(i, "PXAT"u8);
    }
}
