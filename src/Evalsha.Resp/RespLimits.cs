// The limits of the protocol: how much a peer may make this side hold.
// Always: a declared length is compared with its limit before anything is kept, and memory grows with bytes received, never with bytes announced.
// Framer (requests) and reader (replies) take one of these; the numbers are Redis's own where Redis has one.
namespace Evalsha.Resp;

/// <summary>Limits that a <see cref="RespFramer"/> or a <see cref="RespReader"/> enforces.</summary>
public sealed record RespLimits
{
    /// <summary>Redis's own limits.</summary>
    public static RespLimits Default { get; } = new();

    /// <summary>Longest single argument or reply string, in bytes; Redis calls it proto-max-bulk-len.</summary>
    public long MaxBulkLength { get; init; } = 512L * 1024 * 1024;

    /// <summary>Longest request line (inline request or length line) that is waited for, in bytes.</summary>
    public int MaxInlineLength { get; init; } = 64 * 1024;

    /// <summary>Most arguments of one request, and most elements of one aggregate reply.</summary>
    public int MaxMultibulkLength { get; init; } = 1024 * 1024;

    /// <summary>Longest whole request in bytes; Redis calls it client-query-buffer-limit.</summary>
    public int MaxRequestLength { get; init; } = 1024 * 1024 * 1024;

    /// <summary>Deepest nesting of a reply. A script can return tables nested about 200 deep.</summary>
    public int MaxDepth { get; init; } = 512;
}
