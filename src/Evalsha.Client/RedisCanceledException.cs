// A request was cancelled by its caller's token. The connection stays whole: the place of the reply is kept and the reply, when it comes, is dropped.
namespace Evalsha.Client;

public sealed class RedisCanceledException(bool wasWritten, CancellationToken token) : OperationCanceledException(
    wasWritten ? "The request was cancelled after it was written: it may have run." : "The request was cancelled before it was written: it did not run.", token)
{
    /// <summary>False: never sent. True: sent, so it may have run or may still run.</summary>
    public bool WasWritten { get; } = wasWritten;
}
