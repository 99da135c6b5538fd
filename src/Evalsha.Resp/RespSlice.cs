// Where an argument lies in the receive buffer.
namespace Evalsha.Resp;

/// <summary>An argument's place, counted from the start of the span that was given to <see cref="RespFramer.Next"/>.</summary>
public readonly record struct RespSlice(int Offset, int Length)
{
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> buffer) => buffer.Slice(Offset, Length);
}

/// <summary>What <see cref="RespFramer.Next"/> found.</summary>
public enum FrameStatus
{
    /// <summary>The request is not whole yet. Give the same bytes again, with more behind them.</summary>
    NeedMore,

    /// <summary>A whole request. It may have no arguments at all (an empty line, <c>*0</c>): then there is nothing to run and nothing to reply.</summary>
    Request,

    /// <summary>Not RESP. Reply with the error and close.</summary>
    ProtocolError,
}
