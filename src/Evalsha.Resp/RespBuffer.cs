// A growing byte array to write RESP into.
// Always: what was written lies in one piece from index 0. Not thread-safe: its owner locks.
// Clear keeps the array unless it has grown past KeepLength, so that one huge value does not pin memory for the connection's life.
using System.Buffers;

namespace Evalsha.Resp;

public sealed class RespBuffer(int initialLength = RespBuffer.DefaultLength) : IBufferWriter<byte>
{
    public const int DefaultLength = 4 * 1024;

    /// <summary>An array longer than this is dropped by <see cref="Clear"/>, in bytes.</summary>
    public const int KeepLength = 1024 * 1024;

    private byte[] _bytes = new byte[initialLength];

    /// <summary>Bytes written since the last <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, Length);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - Length), nameof(count));
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(sizeHint);
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureFree(sizeHint);
        return _bytes.AsSpan(Length);
    }

    /// <summary>Forgets what was written after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length, nameof(length));
        Length = length;
    }

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeepLength)
        {
            _bytes = new byte[DefaultLength];
        }
    }

    private void EnsureFree(int size)
    {
        size = Math.Max(size, 1);
        if (_bytes.Length - Length >= size)
        {
            return;
        }

        var wanted = Math.Max((long)Length + size, Math.Min(2L * _bytes.Length, Array.MaxLength));
        if (wanted > Array.MaxLength)
        {
            throw new OutOfMemoryException($"A RESP buffer cannot hold {wanted} bytes.");
        }

        Array.Resize(ref _bytes, (int)wanted);
    }
}
