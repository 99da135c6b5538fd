// A file of the io library: a stream with C's buffered reading (lines, numbers, counts) over it.
// Always: what was read ahead is given back to the stream before a write or a seek, so that one position serves both.
// Standard streams are not closed by scripts, and are not positioned.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal sealed class LuaFile(Func<Stream> open, bool isStandard) : IDisposable
{
    private const int BufferSize = 8192;
    private readonly Func<Stream> _open = open;
    private byte[] _buffer = []; // of the first read
    private Stream? _stream;
    private int _at;
    private int _filled;

    public LuaFile(Stream stream)
        : this(() => stream, isStandard: false)
    {
    }

    public bool IsStandard { get; } = isStandard;

    public bool IsOpen { get; private set; } = true;

    // Opened at the first use: most programs use one of the standard streams, and opening all three costs as much as all libraries.
    private Stream Stream => _stream ??= _open();

    public void Dispose()
    {
        if (IsOpen && !IsStandard)
        {
            IsOpen = false;
            Stream.Dispose();
        }
    }

    public void Flush() => Stream.Flush();

    public void Write(ReadOnlySpan<byte> bytes)
    {
        GiveBack();
        Stream.Write(bytes);
    }

    /// <summary>0 from the start, 1 from here, 2 from the end; returns the new position.</summary>
    public long Seek(int whence, long offset)
    {
        GiveBack();
        return Stream.Seek(offset, whence switch { 0 => SeekOrigin.Begin, 1 => SeekOrigin.Current, _ => SeekOrigin.End });
    }

    /// <summary>The next byte without taking it, or -1 at the end.</summary>
    public int Peek()
    {
        if (_at == _filled)
        {
            if (_buffer.Length == 0) _buffer = new byte[BufferSize];
            _filled = Stream.Read(_buffer);
            _at = 0;
        }

        return _filled == 0 ? -1 : _buffer[_at];
    }

    /// <summary>A line without its end. False: an error was raised; found is false at the end of the file.</summary>
    public bool ReadLine(ref LuaCall call, ref ByteBuilder builder, out bool found)
    {
        found = false;
        while (Peek() >= 0)
        {
            found = true;
            var rest = _buffer.AsSpan(_at, _filled - _at);
            var end = rest.IndexOf((byte)'\n');
            if (!builder.Append(ref call, end < 0 ? rest : rest[..end]))
            {
                return false;
            }

            _at += end < 0 ? rest.Length : end + 1;
            if (end >= 0)
            {
                return true;
            }
        }

        return true;
    }

    /// <summary>Up to so many bytes.</summary>
    public bool ReadBytes(ref LuaCall call, ref ByteBuilder builder, long count)
    {
        while (count > 0 && Peek() >= 0)
        {
            var part = _buffer.AsSpan(_at, (int)Math.Min(_filled - _at, count));
            if (!builder.Append(ref call, part))
            {
                return false;
            }

            _at += part.Length;
            count -= part.Length;
        }

        return true;
    }

    /// <summary>What scanf("%lf") reads: the longest start that looks like a number.</summary>
    public bool ReadNumber(out double number)
    {
        while (Peek() is var c and >= 0 && LuaNumber.IsSpace((byte)c))
        {
            _at++;
        }

        Span<byte> text = stackalloc byte[200];
        var length = 0;
        while (length < text.Length && Peek() is var c and >= 0 && IsNumberByte(text[..length], (byte)c))
        {
            text[length++] = (byte)c;
            _at++;
        }

        return LuaNumber.ParsePrefix(text[..length], out number) > 0;
    }

    private static bool IsNumberByte(ReadOnlySpan<byte> before, byte c)
    {
        var isHex = before.IndexOfAny("xX"u8) >= 0;
        return c switch
        {
            >= (byte)'0' and <= (byte)'9' => true,
            (byte)'+' or (byte)'-' => before.IsEmpty || (before[^1] | 0x20) == (isHex ? 'p' : 'e'),
            (byte)'.' => !before.Contains((byte)'.'),
            (byte)'x' or (byte)'X' => before.Length > 0 && before[^1] == '0' && !isHex,
            (byte)'e' or (byte)'E' => !before.IsEmpty,
            _ => isHex && (char.IsAsciiHexDigit((char)c) || (c | 0x20) == 'p'),
        };
    }

    private void GiveBack()
    {
        if (_at < _filled && Stream.CanSeek)
        {
            Stream.Seek(_at - _filled, SeekOrigin.Current);
        }

        _at = _filled = 0;
    }
}
