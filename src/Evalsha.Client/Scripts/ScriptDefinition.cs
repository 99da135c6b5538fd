// A script as the client knows it: name, Lua source, and the digest by which the server knows it.
// Always: immutable; Sha1 is the lower-case hex SHA-1 of exactly the bytes in Source, and Source is exactly what SCRIPT LOAD sends.
using System.Security.Cryptography;
using System.Text;

namespace Evalsha.Client.Scripts;

public sealed class ScriptDefinition
{
    private readonly byte[] _source;

    /// <param name="name">What people call it; the registry finds it by this.</param>
    /// <param name="keyCount">How many keys a call must pass; null is any number.</param>
    /// <param name="lua">The source, sent as UTF-8.</param>
    /// <param name="readOnly">True if it writes nothing: it then runs as EVALSHA_RO where the server has that, and may be sent again after a break.</param>
    public ScriptDefinition(string name, int? keyCount, string lua, bool readOnly = false)
        : this(name, keyCount, Encoding.UTF8.GetBytes(lua ?? throw new ArgumentNullException(nameof(lua))), readOnly)
    {
    }

    /// <summary>The same from bytes, of which it takes ownership.</summary>
    public ScriptDefinition(string name, int? keyCount, byte[] source, bool readOnly = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(keyCount ?? 0, nameof(keyCount));
        Name = name;
        KeyCount = keyCount;
        ReadOnly = readOnly;
        _source = source;
        Sha1 = Convert.ToHexStringLower(SHA1.HashData(source)); // Redis names scripts by SHA-1; it is no signature.
        ShaBytes = Encoding.ASCII.GetBytes(Sha1);
    }

    public string Name { get; }

    public int? KeyCount { get; }

    public bool ReadOnly { get; }

    public ReadOnlyMemory<byte> Source => _source;

    public string Sha1 { get; }

    internal byte[] ShaBytes { get; }

    public override string ToString() => $"{Name} ({Sha1[..8]}…)";
}
