// Scripts by the SHA1 of their text. Always: a script is here once, compiled for the current state; what did not compile is not here;
// the cache grows until SCRIPT FLUSH, as in Redis 7.2, up to ScriptsMax.
using System.Security.Cryptography;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Scripting;

/// <param name="Sha">Forty lower-case hexadecimal digits.</param>
/// <param name="Body">The whole text, first line included.</param>
internal sealed record CachedScript(ByteString Sha, ByteString Body, ScriptFlags Flags, LuaClosure Function) : Runnable(Sha.ToString(), Flags, Function)
{
    public override bool IsFunction => false;
}

internal sealed class ScriptCache
{
    /// <summary>Far beyond any sensible use: reaching it means that somebody builds scripts from data.</summary>
    public const int ScriptsMax = 1_000_000;

    private const int ShaLength = 40;
    private readonly Dictionary<ByteString, CachedScript> _bySha = new(ByteStringComparer.Default);
    private readonly Dictionary<ByteString, CachedScript> _byBody = new(ByteStringComparer.Default);
    private readonly Dictionary<ByteString, CachedScript>.AlternateLookup<ReadOnlySpan<byte>> _shaLookup;
    private readonly Dictionary<ByteString, CachedScript>.AlternateLookup<ReadOnlySpan<byte>> _bodyLookup;

    private CachedScript? _last; // found last

    public ScriptCache()
    {
        _shaLookup = _bySha.GetAlternateLookup<ReadOnlySpan<byte>>();
        _bodyLookup = _byBody.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public int Count => _bySha.Count;

    /// <summary>Bytes of text held.</summary>
    public long Bytes { get; private set; }

    public IEnumerable<CachedScript> All => _bySha.Values;

    public bool IsFull => _bySha.Count >= ScriptsMax;

    /// <summary>By digest, in either case; null when unknown or not a digest.</summary>
    public CachedScript? Find(ReadOnlySpan<byte> sha)
    {
        if (sha.Length != ShaLength)
        {
            return null;
        }

        // Whoever calls a script calls it again (DispatchBench, EvalshaNil).
        if (_last is { } last && last.Sha.Equals(sha))
        {
            return last;
        }

        if (_shaLookup.TryGetValue(sha, out var script))
        {
            _last = script;
            return script;
        }

        Span<byte> lower = stackalloc byte[ShaLength];
        System.Text.Ascii.ToLower(sha, lower, out _);
        return _shaLookup.TryGetValue(lower, out script) ? script : null;
    }

    /// <summary>By text: EVAL of a known script computes no digest.</summary>
    public CachedScript? FindBody(ReadOnlySpan<byte> body) => _bodyLookup.TryGetValue(body, out var script) ? script : null;

    public void Add(CachedScript script)
    {
        _bySha.Add(script.Sha, script);
        _byBody.Add(script.Body, script);
        Bytes += script.Body.Length;
    }

    public void Clear()
    {
        _last = null;
        _bySha.Clear();
        _byBody.Clear();
        Bytes = 0;
    }

    public static ByteString Digest(ReadOnlySpan<byte> text)
    {
        // SHA1 is what names a script in the protocol; nothing is secured by it.
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(text, hash);
        var digits = new byte[ShaLength];
        for (var i = 0; i < hash.Length; i++)
        {
            digits[2 * i] = (byte)"0123456789abcdef"[hash[i] >> 4];
            digits[(2 * i) + 1] = (byte)"0123456789abcdef"[hash[i] & 15];
        }

        return ByteString.Own(digits);
    }
}
