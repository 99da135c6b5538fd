// The framer's detours: lengths in an unusual form, inline requests with Redis's quoting, limits and errors.
// Always: same decisions as Redis's processMultibulkBuffer, processInlineBuffer and sdssplitargs, including their habits:
// a line is searched only up to a NUL byte, LF after CR is skipped unseen, a length has no plus sign and no leading zero.
namespace Evalsha.Resp;

public sealed partial class RespFramer
{
    private const int UnauthenticatedArguments = 10;
    private const int UnauthenticatedLength = 16 * 1024;

    private FrameStatus OddCount(ReadOnlySpan<byte> buffer, out int count)
    {
        count = 0;
        switch (Line(buffer, out var line))
        {
            case LineStatus.TooLong:
                return Fail("Protocol error: too big mbulk count string");
            case LineStatus.Partial:
                return FrameStatus.NeedMore;
        }

        if (!TryNumber(line[1..], out var number) || number > int.MaxValue)
        {
            return Fail("Protocol error: invalid multibulk length");
        }

        _position += line.Length + 2;
        count = (int)Math.Max(number, 0); // A negative count is an empty request.
        return FrameStatus.Request;
    }

    private FrameStatus OddLength(ReadOnlySpan<byte> buffer, out int length)
    {
        length = 0;
        switch (Line(buffer, out var line))
        {
            case LineStatus.TooLong:
                return Fail("Protocol error: too big bulk count string");
            case LineStatus.Partial:
                return FrameStatus.NeedMore;
        }

        if (buffer[_position] != '$')
        {
            return Fail(buffer[_position] is (byte)'\r' or (byte)'\n'
                ? "Protocol error: expected '$', got ' '"
                : $"Protocol error: expected '$', got '{(char)buffer[_position]}'");
        }

        if (!TryNumber(line[1..], out var number) || number < 0 || number > _limits.MaxBulkLength || number > int.MaxValue)
        {
            return Fail("Protocol error: invalid bulk length");
        }

        _position += line.Length + 2;
        length = (int)number;
        return FrameStatus.Request;
    }

    private string? CountError(int count) =>
        count > _limits.MaxMultibulkLength ? "Protocol error: invalid multibulk length"
        : Unauthenticated && count > UnauthenticatedArguments ? "Protocol error: unauthenticated multibulk length"
        : null;

    private string? LengthError(int length) =>
        length > _limits.MaxBulkLength ? "Protocol error: invalid bulk length"
        : Unauthenticated && length > UnauthenticatedLength ? "Protocol error: unauthenticated bulk length"
        : null;

    private enum LineStatus
    {
        Whole,
        Partial,
        TooLong,
    }

    // The line at _position without its CR and the byte behind it.
    private LineStatus Line(ReadOnlySpan<byte> buffer, out ReadOnlySpan<byte> line)
    {
        var rest = buffer[_position..];
        var end = rest.IndexOfAny((byte)'\r', (byte)0);
        if (end < 0 || rest[end] == 0)
        {
            line = default;
            return rest.Length > _limits.MaxInlineLength ? LineStatus.TooLong : LineStatus.Partial;
        }

        line = rest[..end];
        return end + 2 > rest.Length ? LineStatus.Partial : LineStatus.Whole;
    }

    // Redis's string2ll: the one spelling of each 64-bit integer.
    private static bool TryNumber(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        if (text.Length == 1 && text[0] == '0')
        {
            return true;
        }

        var negative = text[0] == '-';
        var digits = negative ? text[1..] : text;
        if (digits.IsEmpty || digits[0] is < (byte)'1' or > (byte)'9' || digits.Length > 19)
        {
            return false;
        }

        ulong sum = 0;
        foreach (var b in digits)
        {
            if ((uint)(b - '0') > 9)
            {
                return false;
            }

            sum = (sum * 10) + (uint)(b - '0'); // 19 digits stay below 2^64.
        }

        if (sum > (negative ? 1UL << 63 : long.MaxValue))
        {
            return false;
        }

        value = negative ? (long)(0 - sum) : (long)sum;
        return true;
    }

    private FrameStatus Inline(Span<byte> buffer)
    {
        var end = buffer.IndexOfAny((byte)'\n', (byte)0);
        if (end < 0 || buffer[end] == 0)
        {
            return buffer.Length > _limits.MaxInlineLength ? Fail("Protocol error: too big inline request") : FrameStatus.NeedMore;
        }

        var line = buffer[..(end > 0 && buffer[end - 1] == '\r' ? end - 1 : end)];
        if (!TrySplit(line))
        {
            return Fail("Protocol error: unbalanced quotes in request");
        }

        _position = end + 1;
        _delivered = true;
        return FrameStatus.Request;
    }

    // Splits at blanks; "…" knows \xHH \n \r \t \b \a and \any, '…' knows \'; a closing quote must be followed by a blank or the end.
    private bool TrySplit(Span<byte> line)
    {
        var at = 0;
        while (true)
        {
            while (at < line.Length && IsSpace(line[at]))
            {
                at++;
            }

            if (at == line.Length)
            {
                return true;
            }

            var start = at;
            var to = at; // Unescaping only shortens, so it can be written where it was read.
            var done = false;
            while (!done)
            {
                if (at == line.Length)
                {
                    break;
                }

                var b = line[at];
                switch (b)
                {
                    case (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t':
                        done = true;
                        at++;
                        break;
                    case (byte)'"' or (byte)'\'':
                        at++;
                        if (!TryQuoted(line, b, ref at, ref to))
                        {
                            return false;
                        }

                        done = true;
                        break;
                    default:
                        line[to++] = b;
                        at++;
                        break;
                }
            }

            if (_count == _slices.Length)
            {
                Array.Resize(ref _slices, _slices.Length * 2);
            }

            _slices[_count++] = new RespSlice(start, to - start);
        }
    }

    private static bool TryQuoted(Span<byte> line, byte quote, ref int at, ref int to)
    {
        while (at < line.Length)
        {
            var b = line[at];
            var next = at + 1 < line.Length ? line[at + 1] : (byte)0;
            if (b == '\\' && quote == '\'' && next == '\'')
            {
                line[to++] = (byte)'\'';
                at += 2;
            }
            else if (b == '\\' && quote == '"' && next == 'x' && at + 3 < line.Length && char.IsAsciiHexDigit((char)line[at + 2]) && char.IsAsciiHexDigit((char)line[at + 3]))
            {
                line[to++] = (byte)((HexValue(line[at + 2]) << 4) | HexValue(line[at + 3]));
                at += 4;
            }
            else if (b == '\\' && quote == '"' && at + 1 < line.Length)
            {
                line[to++] = next switch { (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', (byte)'t' => (byte)'\t', (byte)'b' => (byte)'\b', (byte)'a' => (byte)'\a', _ => next };
                at += 2;
            }
            else if (b == quote)
            {
                at++;
                return at == line.Length || IsSpace(line[at]);
            }
            else
            {
                line[to++] = b;
                at++;
            }
        }

        return false;
    }

    private static bool IsSpace(byte b) => b is (byte)' ' or (>= 9 and <= 13);

    private static int HexValue(byte b) => b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10;

    private FrameStatus Fail(string error)
    {
        Error = error;
        return FrameStatus.ProtocolError;
    }

    private void Forget()
    {
        if (_slices.Length > KeptSlices)
        {
            _slices = new RespSlice[16];
        }

        _delivered = false;
        _count = 0;
        _remaining = 0;
        _position = 0;
        _bulkLength = UnknownLength;
    }
}
