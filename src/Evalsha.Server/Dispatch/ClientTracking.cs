// One client's CLIENT TRACKING: how it wants to hear of keys that changed.
// Always: made by CLIENT TRACKING ON, changed by its own client's commands only.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Dispatch;

public sealed class ClientTracking
{
    /// <summary>The client that hears instead of this one; 0 = this one.</summary>
    public long Redirect { get; internal set; }

    /// <summary>Hears of every key with one of its prefixes, read or not.</summary>
    public bool IsBroadcast { get; internal set; }

    public bool IsOptIn { get; internal set; }

    public bool IsOptOut { get; internal set; }

    /// <summary>Does not hear of its own changes.</summary>
    public bool IsNoLoop { get; internal set; }

    /// <summary>CLIENT CACHING was said: the next command is the exception.</summary>
    public bool IsCachingGiven { get; internal set; }

    /// <summary>The client to redirect to was gone when there was something to say.</summary>
    public bool IsRedirectBroken { get; internal set; }

    /// <summary>In byte order.</summary>
    internal SortedSet<ByteString> Prefixes { get; } = new(ByteOrder.Instance);

    /// <summary>The last command was CLIENT …, which does not use up CLIENT CACHING.</summary>
    internal bool WasClientCommand { get; set; }

    /// <summary>Are the keys of a read to be remembered?</summary>
    internal bool Remembers => !IsBroadcast && (!IsOptIn || IsCachingGiven) && !(IsOptOut && IsCachingGiven);
}

/// <summary>Byte strings as memcmp orders them.</summary>
internal sealed class ByteOrder : IComparer<ByteString>
{
    public static ByteOrder Instance { get; } = new();

    public int Compare(ByteString? x, ByteString? y) => x!.Span.SequenceCompareTo(y!.Span);
}
