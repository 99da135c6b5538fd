// One file of the log, open for appending.
// Always: bytes go to the place behind the last ones that were written whole, so a write that failed half way is simply made again;
// not thread safe: whoever may write holds AppendOnlyFile's write right.
using Microsoft.Win32.SafeHandles;

namespace Evalsha.Server.Persistence;

internal sealed class AofFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private AofFile(string path, SafeFileHandle handle, long length) => (Path, _handle, Length) = (path, handle, length);

    public string Path { get; }

    /// <summary>Bytes that were written whole.</summary>
    public long Length { get; private set; }

    /// <summary>A new and empty file; one of that name, left by a rewrite that did not end, is emptied.</summary>
    public static AofFile Create(string path) => new(path, File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite), 0);

    public static AofFile Append(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        return new AofFile(path, handle, RandomAccess.GetLength(handle));
    }

    /// <summary>Hands the bytes to the operating system.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_handle, bytes, Length);
        Length += bytes.Length;
    }

    /// <summary>Forces what was written onto the disk. May run beside a Write, not beside Dispose.</summary>
    public void Sync() => RandomAccess.FlushToDisk(_handle);

    public void Dispose() => _handle.Dispose();
}
