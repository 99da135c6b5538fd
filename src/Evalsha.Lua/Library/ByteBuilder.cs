// A growing run of bytes for library functions whose result's size a script decides.
// Always: growth is asked from the call's memory budget first, so that "not enough memory" is raised before anything is allocated.
// The buffer is rented; Finish and Dispose give it back. A builder that is dropped on an error path is merely collected.
using System.Buffers;
using System.Runtime.CompilerServices;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal ref struct ByteBuilder
{
    private const int InitialCapacity = 256;
    private const int BytesPerStep = 64;

    private byte[] _buffer;
    private int _length;

    public ByteBuilder()
    {
        _buffer = ArrayPool<byte>.Shared.Rent(InitialCapacity);
        _length = 0;
    }

    public readonly int Length => _length;

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Room after what is written; only as long as <see cref="Reserve"/> made it.</summary>
    public readonly Span<byte> Free => _buffer.AsSpan(_length);

    /// <summary>Makes room for so many bytes more. False: an error was raised.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Reserve(ref LuaCall call, int more) => _buffer.Length - _length >= more || Grow(ref call, more);

    public void Advance(int count) => _length += count;

    /// <summary>Takes back bytes written last.</summary>
    public void Truncate(int length) => _length = length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Append(ref LuaCall call, byte value)
    {
        if (!Reserve(ref call, 1))
        {
            return false;
        }

        _buffer[_length++] = value;
        return true;
    }

    public bool Append(ref LuaCall call, scoped ReadOnlySpan<byte> bytes)
    {
        if (!Reserve(ref call, bytes.Length))
        {
            return false;
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
        return true;
    }

    /// <summary>Returns what was written as the call's only result.</summary>
    public int Finish(ref LuaCall call)
    {
        var made = Strings.Make(ref call, Written, out var value);
        Dispose();
        return made ? call.Return(value) : LuaCall.Raised;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Grow(ref LuaCall call, int more)
    {
        var wanted = (long)_length + more;
        var capacity = Math.Max(wanted, Math.Min((long)_buffer.Length * 2, LuaLimits.StringLengthMax));
        if (!call.Allocate(capacity) || !call.Step(_length / BytesPerStep))
        {
            return false;
        }

        var grown = ArrayPool<byte>.Shared.Rent((int)capacity);
        Written.CopyTo(grown);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = grown;
        return true;
    }
}
