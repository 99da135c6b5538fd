// Finds the commands in one file of the log, strictly: every mark, length and line end is looked at, because a wrong one is damage.
// Always: a file that simply ends too early is Torn, anything else that is not a command is Corrupt, and Offset says where that command began.
// A length that points behind the end of the file could be either; it is damage when whole commands follow up to the end.
using System.Diagnostics;
using Evalsha.Resp;
using Microsoft.Win32.SafeHandles;

namespace Evalsha.Server.Persistence;

internal enum AofStatus
{
    Command,
    End,
    Torn,
    Corrupt,
}

internal sealed class AofReader(SafeFileHandle file)
{
    private const int FirstRead = 1024 * 1024;
    private const int NotANumber = -1;
    private const int Incomplete = -2;
    private const int LengthDigitsMax = 10;

    private readonly long _fileLength = RandomAccess.GetLength(file);
    private byte[] _buffer = new byte[FirstRead];
    private RespSlice[] _slices = new RespSlice[16];
    private int _count;
    private int _start;
    private int _end;
    private long _read;
    private int _consumed;

    /// <summary>Where in the file the command began that was found last, or where the file stops making sense.</summary>
    public long Offset { get; private set; }

    /// <summary>The bytes the arguments lie in, from <see cref="Base"/> on; valid until the next call.</summary>
    public byte[] Buffer => _buffer;

    public int Base => _start;

    public ReadOnlySpan<RespSlice> Arguments => _slices.AsSpan(0, _count);

    /// <exception cref="InvalidDataException">One command is longer than memory can hold.</exception>
    public AofStatus Next()
    {
        _start += _consumed;
        Offset += _consumed;
        _consumed = 0;
        while (true)
        {
            var bytes = _buffer.AsSpan(_start, _end - _start);
            var consumed = Parse(bytes, out var isAnnotation);
            if (consumed > 0 && isAnnotation)
            {
                _start += consumed;
                Offset += consumed;
            }
            else if (consumed > 0)
            {
                _consumed = consumed;
                return AofStatus.Command;
            }
            else if (consumed == NotANumber)
            {
                return bytes.ContainsAnyExcept((byte)0) || !IsZeroToTheEnd() ? AofStatus.Corrupt : AofStatus.Torn;
            }
            else if (_read < _fileLength)
            {
                Fill();
            }
            else
            {
                return bytes.IsEmpty ? AofStatus.End : FollowedByCommands(bytes) ? AofStatus.Corrupt : AofStatus.Torn;
            }
        }
    }

    private void Fill()
    {
        var kept = _end - _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
            (_start, _end) = (0, kept);
        }

        if (_end == _buffer.Length)
        {
            if (_buffer.Length == Array.MaxLength)
            {
                throw new InvalidDataException($"the command at byte offset {Offset} is longer than {Array.MaxLength} bytes");
            }

            Array.Resize(ref _buffer, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength));
        }

        var got = RandomAccess.Read(file, _buffer.AsSpan(_end), _read);
        if (got == 0)
        {
            throw new EndOfStreamException("the file became shorter while it was read");
        }

        _read += got;
        _end += got;
    }

    /// <summary>A loss of power may leave zeros where the last bytes should be: such a tail was never whole.</summary>
    private bool IsZeroToTheEnd()
    {
        while (_read < _fileLength)
        {
            Fill();
            if (_buffer.AsSpan(_start, _end - _start).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Does some later line begin a run of whole commands that ends exactly where the file ends?</summary>
    private bool FollowedByCommands(ReadOnlySpan<byte> bytes)
    {
        for (var at = 1; at < bytes.Length; at++)
        {
            var found = bytes[at..].IndexOf("\r\n*"u8);
            if (found < 0)
            {
                return false;
            }

            at += found + 2;
            var position = at;
            int consumed;
            do
            {
                consumed = Parse(bytes[position..], out _);
                position += Math.Max(consumed, 0);
            }
            while (consumed > 0 && position < bytes.Length);
            if (position == bytes.Length)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The length of the command or annotation (#TS:…) at the start, or Incomplete, or NotANumber for what cannot be one.</summary>
    private int Parse(ReadOnlySpan<byte> bytes, out bool isAnnotation)
    {
        isAnnotation = false;
        if (bytes.IsEmpty)
        {
            return Incomplete;
        }

        if (bytes[0] == (byte)'#')
        {
            isAnnotation = true;
            var end = bytes.IndexOf("\r\n"u8);
            return end < 0 ? Incomplete : end + 2;
        }

        var position = 0;
        var count = Line(bytes, (byte)'*', ref position);
        if (count <= 0)
        {
            return count == 0 ? NotANumber : count;
        }

        _count = 0;
        for (var i = 0; i < count; i++)
        {
            var length = Line(bytes, (byte)'$', ref position);
            if (length < 0)
            {
                return length;
            }

            var left = bytes.Length - position;
            if (left < length + 2L)
            {
                // One byte of the line end may be there already.
                return left == length + 1L && bytes[^1] != (byte)'\r' ? NotANumber : Incomplete;
            }

            if (bytes[position + length] != (byte)'\r' || bytes[position + length + 1] != (byte)'\n')
            {
                return NotANumber;
            }

            if (_count == _slices.Length)
            {
                Array.Resize(ref _slices, _count * 2);
            }

            _slices[_count++] = new RespSlice(position, length);
            position += length + 2;
        }

        Debug.Assert(_count == count, "every argument was found");
        return position;
    }

    /// <summary>A mark, digits and a line end; moves behind them.</summary>
    private static int Line(ReadOnlySpan<byte> bytes, byte mark, ref int position)
    {
        var at = position;
        if (at == bytes.Length)
        {
            return Incomplete;
        }

        if (bytes[at++] != mark)
        {
            return NotANumber;
        }

        var value = 0L;
        var first = at;
        for (; at < bytes.Length && bytes[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            value = (value * 10) + (bytes[at] - '0');
            if (at - first >= LengthDigitsMax || value > int.MaxValue)
            {
                return NotANumber;
            }
        }

        if (at == bytes.Length)
        {
            return Incomplete;
        }

        if (at == first || bytes[at] != (byte)'\r')
        {
            return NotANumber;
        }

        if (at + 1 == bytes.Length)
        {
            return Incomplete;
        }

        if (bytes[at + 1] != (byte)'\n')
        {
            return NotANumber;
        }

        position = at + 2;
        return (int)value;
    }
}
