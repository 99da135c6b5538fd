// Finds whole requests in a session's receive buffer and says where their arguments lie. Copies nothing.
// Always: bytes of a partial request are looked at once (a value that arrives in a thousand pieces is not scanned a thousand times);
// no declared length makes it allocate: the table of slices grows with arguments that have arrived. Errors are Redis's, letter for letter.
// Lengths that are not in the usual form, whole inline requests and errors are next door in RespFramer.SlowPaths.cs.
// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Resp/FramerBench.cs
using System.Runtime.CompilerServices;

namespace Evalsha.Resp;

public sealed partial class RespFramer(RespLimits? limits = null)
{
    /// <summary>The error of a request longer than <see cref="RespLimits.MaxRequestLength"/>.</summary>
    public const string TooBigRequest = "Protocol error: too big request";

    private const int UnknownLength = -1;
    private const int KeptSlices = 1024; // A larger table is dropped after its request.

    private RespLimits _limits = limits ?? RespLimits.Default;
    private int _plainArguments = (limits ?? RespLimits.Default).MaxMultibulkLength; // above these two, a closer look
    private long _plainLength = (limits ?? RespLimits.Default).MaxBulkLength;
    private RespSlice[] _slices = new RespSlice[16];
    private int _count; // slices found so far
    private int _remaining; // arguments still to come; 0 between requests
    private int _position; // the next byte to look at
    private int _bulkLength = UnknownLength; // length of the argument at _position, once its own line has been read
    private bool _delivered; // the last call found a request, so the next begins a new one

    /// <summary>The arguments of the request that the last <see cref="Next"/> found; 0 is the command's name. Valid until the next call.</summary>
    public ReadOnlySpan<RespSlice> Arguments => _slices.AsSpan(0, _delivered ? _count : 0);

    /// <summary>Bytes the found request takes from the start of the buffer; the next request begins there.</summary>
    public int Consumed => _delivered ? _position : 0;

    /// <summary>Redis's text after a <see cref="FrameStatus.ProtocolError"/>, without the code <c>ERR</c>; each character is one byte (Latin-1).</summary>
    public string Error { get; private set; } = "";

    /// <summary>After <see cref="FrameStatus.NeedMore"/>: the least length the buffer must have before another look can help. A hint to grow towards, never to allocate at once.</summary>
    public long Needed => _bulkLength == UnknownLength ? (long)_position + 1 : (long)_position + _bulkLength + 2;

    /// <summary>The limits from the next look on; a request whose beginning has been found keeps what was found.</summary>
    public RespLimits Limits
    {
        get => _limits;
        set
        {
            _limits = value;
            Unauthenticated = Unauthenticated; // takes its share of them
        }
    }

    /// <summary>While true, Redis's smaller limits for clients that have not authenticated hold: 10 arguments of 16,384 bytes.</summary>
    public bool Unauthenticated
    {
        get;
        set
        {
            field = value;
            _plainArguments = value ? UnauthenticatedArguments : _limits.MaxMultibulkLength;
            _plainLength = value ? UnauthenticatedLength : _limits.MaxBulkLength;
        }
    }

    /// <summary>
    /// Looks for the next request. <paramref name="buffer"/> begins at the first byte of that request: after <see cref="FrameStatus.Request"/>
    /// drop <see cref="Consumed"/> bytes; after <see cref="FrameStatus.NeedMore"/> pass the same bytes (they may have moved) with more behind them.
    /// The session owns the buffer, and a quoted inline argument is unescaped in place.
    /// </summary>
    public FrameStatus Next(Span<byte> buffer)
    {
        if (_delivered)
        {
            Forget();
        }

        if (_remaining == 0)
        {
            if (buffer.IsEmpty)
            {
                return FrameStatus.NeedMore;
            }

            if (buffer[0] != '*')
            {
                return Inline(buffer);
            }

            var count = Length(buffer, ref _position);
            if (count < 0)
            {
                var status = OddCount(buffer, out count);
                if (status != FrameStatus.Request)
                {
                    return status;
                }
            }

            if (count > _plainArguments && CountError(count) is { } error)
            {
                return Fail(error);
            }

            if (count == 0)
            {
                _delivered = true;
                return FrameStatus.Request;
            }

            _remaining = count;
        }

        return FindArguments(buffer);
    }

    private FrameStatus FindArguments(ReadOnlySpan<byte> buffer)
    {
        var position = _position;
        var slices = _slices;
        var count = _count;
        var last = count + _remaining;
        var length = _bulkLength;
        while (count < last)
        {
            if (length == UnknownLength)
            {
                if ((uint)position >= (uint)buffer.Length || buffer[position] != '$' || (length = Length(buffer, ref position)) < 0)
                {
                    Keep(position, count, last, UnknownLength);
                    var status = OddLength(buffer, out length);
                    if (status != FrameStatus.Request)
                    {
                        return status;
                    }

                    position = _position;
                }

                if (length > _plainLength && LengthError(length) is { } error)
                {
                    return Fail(error);
                }
            }

            if (buffer.Length - position - 2 < length)
            {
                Keep(position, count, last, length);
                return length <= _limits.MaxRequestLength - position ? FrameStatus.NeedMore : Fail(TooBigRequest);
            }

            if ((uint)count >= (uint)slices.Length)
            {
                Array.Resize(ref _slices, slices.Length * 2);
                slices = _slices;
            }

            slices[count++] = new RespSlice(position, length);
            position += length + 2; // Redis does not look at the two bytes behind an argument.
            length = UnknownLength;
        }

        Keep(position, count, last, UnknownLength);
        _delivered = true;
        return FrameStatus.Request;
    }

    private void Keep(int position, int count, int last, int bulkLength)
    {
        _position = position;
        _count = count;
        _remaining = last - count;
        _bulkLength = bulkLength;
    }

    // The usual form: marker, a number below 100,000,000 without sign or leading zero, CR and one byte more. Anything else is -1 and goes the slow way.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Length(ReadOnlySpan<byte> buffer, ref int position)
    {
        if (buffer.Length - position < 4)
        {
            return -1;
        }

        var value = buffer[position + 1] - '0';
        var next = buffer[position + 2] - '0';
        if ((uint)value <= 9 && next == '\r' - '0')
        {
            position += 4;
            return value;
        }

        if ((uint)(value - 1) <= 8 && (uint)next <= 9 && buffer[position + 3] == '\r' && buffer.Length - position > 4)
        {
            position += 5;
            return (value * 10) + next;
        }

        return LongerLength(buffer, ref position, value);
    }

    private static int LongerLength(ReadOnlySpan<byte> buffer, ref int position, int value)
    {
        if ((uint)(value - 1) > 8)
        {
            return -1;
        }

        var at = position + 2;
        for (; at < buffer.Length; at++)
        {
            var digit = buffer[at] - '0';
            if ((uint)digit > 9)
            {
                break;
            }

            if (value >= 10_000_000)
            {
                return -1;
            }

            value = (value * 10) + digit;
        }

        if (at + 1 >= buffer.Length || buffer[at] != '\r')
        {
            return -1;
        }

        position = at + 2;
        return value;
    }
}
