// Reads replies, RESP2 and RESP3, from bytes as they come.
// Always: every byte given is taken in once, also in the middle of a reply, so the receive buffer never grows with a reply;
// memory grows with bytes received, never with a declared length; attributes are read and dropped; streamed types are refused.
// One reader belongs to one connection and one thread at a time. After an exception it is of no more use.
// HOT: no await, no LINQ; allocates only what the reply keeps. Measured by benches/Evalsha.Bench/Resp/FramerBench.cs
using System.Buffers.Text;

namespace Evalsha.Resp;

public sealed class RespReader(RespLimits? limits = null)
{
    private const int TrustedLength = 64 * 1024; // A string up to this long is allocated at once; a longer one grows with what arrives.
    private const int TrustedItems = 256; // The same for aggregates.
    private const int KeptLine = 4 * 1024;

    private readonly RespLimits _limits = limits ?? RespLimits.Default;
    private readonly RespBuffer _line = new(64); // the start of a line whose end has not come
    private Open[] _open = new Open[4]; // aggregates begun and not finished, outermost first
    private int _depth;
    private byte[]? _bulk; // the string being filled
    private int _bulkFilled;
    private int _bulkLength;
    private byte _bulkMarker;
    private int _tail; // bytes of the CRLF behind the string that were seen

    /// <summary>True between replies, when a close of the stream loses nothing.</summary>
    public bool AtBoundary => _depth == 0 && _bulk is null && _line.Length == 0;

    /// <summary>
    /// Takes in bytes until one reply is whole. False: all bytes were taken in and more are needed; true: the first <paramref name="consumed"/>
    /// bytes were taken in and <paramref name="value"/> is the reply. Throws <see cref="RespProtocolException"/>.
    /// </summary>
    public bool TryRead(ReadOnlySpan<byte> bytes, out int consumed, out RespValue value)
    {
        consumed = 0;
        while (true)
        {
            if (!TryElement(bytes, ref consumed, out value, out var complete))
            {
                return false;
            }

            if (!complete)
            {
                continue; // An aggregate began; its elements follow.
            }

            while (true)
            {
                if (_depth == 0)
                {
                    return true;
                }

                ref var open = ref _open[_depth - 1];
                open.Add(value);
                if (!open.IsFull)
                {
                    break;
                }

                var finished = open;
                open = default;
                _depth--;
                if (finished.Marker == '|')
                {
                    break; // Attributes are no element: what they describe comes next.
                }

                value = finished.ToValue();
            }
        }
    }

    // One scalar (complete), or the header of an aggregate (not complete unless it is empty).
    private bool TryElement(ReadOnlySpan<byte> bytes, ref int at, out RespValue value, out bool complete)
    {
        complete = true;
        if (_bulk is not null)
        {
            return TryFill(bytes, ref at, out value);
        }

        value = default;
        var rest = bytes[at..];
        var end = rest.IndexOf((byte)'\n');
        if (end < 0)
        {
            KeepLine(rest);
            at = bytes.Length;
            return false;
        }

        at += end + 1;
        ReadOnlySpan<byte> line;
        if (_line.Length == 0)
        {
            line = rest[..end];
        }
        else
        {
            KeepLine(rest[..end]);
            line = _line.Written;
        }

        if (line.Length < 2 || line[^1] != '\r')
        {
            throw new RespProtocolException("A reply line is empty or does not end in CR LF.");
        }

        var marker = line[0];
        var body = line[1..^1];
        switch (marker)
        {
            case (byte)'+':
                value = RespValue.Text(RespKind.SimpleString, body.SequenceEqual("OK"u8) ? Ok : body.ToArray());
                break;
            case (byte)'-':
                value = RespValue.Text(RespKind.Error, body.ToArray());
                break;
            case (byte)':':
                value = RespValue.Integer(Number(body));
                break;
            case (byte)'$' or (byte)'=' or (byte)'!':
                var length = Number(body);
                if (length == -1 && marker == '$')
                {
                    break;
                }

                if (length < 0 || length > _limits.MaxBulkLength || length > Array.MaxLength)
                {
                    throw new RespProtocolException($"A reply string of {length} bytes is outside the limit of {_limits.MaxBulkLength}.");
                }

                _line.Clear();
                _bulkMarker = marker;
                _bulkLength = (int)length;
                _bulk = length == 0 ? [] : new byte[Math.Min(_bulkLength, TrustedLength)];
                _bulkFilled = 0;
                _tail = 0;
                return TryFill(bytes, ref at, out value);
            case (byte)'*' or (byte)'~' or (byte)'>' or (byte)'%' or (byte)'|':
                complete = Begin(marker, Number(body), out value);
                break;
            case (byte)'_' when body.IsEmpty:
                break;
            case (byte)'#' when body.Length == 1 && body[0] is (byte)'t' or (byte)'f':
                value = RespValue.Boolean(body[0] == 't');
                break;
            case (byte)',':
                value = RespDouble.TryParse(body, out var number) ? RespValue.Double(number) : throw new RespProtocolException("A reply double is no number.");
                break;
            case (byte)'(':
                value = RespValue.Text(RespKind.BigNumber, body.ToArray());
                break;
            default:
                throw new RespProtocolException(marker is (byte)';' or (byte)'.' ? "Streamed replies are not supported." : $"A reply begins with byte 0x{marker:x2}, which no RESP type has.");
        }

        _line.Clear();
        return true;
    }

    // True when the aggregate is complete, which only an empty or null one is.
    private bool Begin(byte marker, long count, out RespValue value)
    {
        value = default;
        if (count == -1 && marker == '*')
        {
            return true;
        }

        if (count < 0 || count > _limits.MaxMultibulkLength)
        {
            throw new RespProtocolException($"A reply of {count} elements is outside the limit of {_limits.MaxMultibulkLength}.");
        }

        if (count == 0)
        {
            value = Open.Empty(marker);
            return marker != '|';
        }

        if (_depth == _limits.MaxDepth)
        {
            throw new RespProtocolException($"A reply is nested deeper than {_limits.MaxDepth}.");
        }

        if (_depth == _open.Length)
        {
            Array.Resize(ref _open, _depth * 2);
        }

        var slots = marker is (byte)'%' or (byte)'|' ? count * 2 : count;
        _open[_depth++] = new Open(marker, (int)slots, new RespValue[(int)Math.Min(slots, TrustedItems)]);
        return false;
    }

    private bool TryFill(ReadOnlySpan<byte> bytes, ref int at, out RespValue value)
    {
        value = default;
        var bulk = _bulk!;
        var take = Math.Min(_bulkLength - _bulkFilled, bytes.Length - at);
        if (_bulkFilled + take > bulk.Length)
        {
            var grown = Math.Min(_bulkLength, Math.Max(2L * bulk.Length, _bulkFilled + (long)take));
            Array.Resize(ref bulk, (int)grown);
            _bulk = bulk;
        }

        bytes.Slice(at, take).CopyTo(bulk.AsSpan(_bulkFilled));
        _bulkFilled += take;
        at += take;
        while (_bulkFilled == _bulkLength && at < bytes.Length)
        {
            if (bytes[at++] != (_tail == 0 ? '\r' : '\n'))
            {
                throw new RespProtocolException("A reply string does not end in CR LF.");
            }

            if (++_tail == 2)
            {
                _bulk = null;
                value = _bulkMarker switch
                {
                    (byte)'$' => RespValue.Text(RespKind.BulkString, bulk),
                    (byte)'!' => RespValue.Text(RespKind.BulkError, bulk),
                    _ when bulk.Length >= 4 && bulk[3] == ':' => RespValue.Text(RespKind.VerbatimString, bulk[4..]),
                    _ => throw new RespProtocolException("A verbatim reply has no format."),
                };
                return true;
            }
        }

        return false;
    }

    private void KeepLine(ReadOnlySpan<byte> part)
    {
        if (_line.Length + (long)part.Length > _limits.MaxBulkLength)
        {
            throw new RespProtocolException($"A reply line is longer than {_limits.MaxBulkLength} bytes.");
        }

        part.CopyTo(_line.GetSpan(Math.Max(part.Length, KeptLine)));
        _line.Advance(part.Length);
    }

    private static long Number(ReadOnlySpan<byte> body)
    {
        if (body.Length == 1 && (uint)(body[0] - '0') <= 9)
        {
            return body[0] - '0';
        }

        if (body.Length > 1 && body[0] == '+')
        {
            body = body[1..];
        }

        if (!Utf8Parser.TryParse(body, out long value, out var used) || used != body.Length)
        {
            throw new RespProtocolException(body.SequenceEqual("?"u8) ? "Streamed replies are not supported." : "A reply has a number that is none.");
        }

        return value;
    }

    private static readonly byte[] Ok = "OK"u8.ToArray();

    // An aggregate under construction.
    private struct Open(byte marker, int slots, RespValue[] items)
    {
        private RespValue[] _items = items;
        private int _filled;

        public readonly byte Marker => marker;

        public readonly bool IsFull => _filled == slots;

        public void Add(RespValue value)
        {
            if (_filled == _items.Length)
            {
                Array.Resize(ref _items, (int)Math.Min(slots, 2L * _items.Length));
            }

            _items[_filled++] = value;
        }

        public readonly RespValue ToValue() => RespValue.Aggregate(KindOf(marker), _items);

        public static RespValue Empty(byte marker) => RespValue.Aggregate(KindOf(marker), []);

        private static RespKind KindOf(byte marker) => marker switch
        {
            (byte)'~' => RespKind.Set,
            (byte)'>' => RespKind.Push,
            (byte)'%' or (byte)'|' => RespKind.Map,
            _ => RespKind.Array,
        };
    }
}
