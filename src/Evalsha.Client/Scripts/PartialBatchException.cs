// A strict batch in which some scripts did not run because a stranger flushed the server's scripts in the middle of it.
// What came after them has run already, so the order asked for cannot be had any more; the caller must decide. A transaction never meets this.
using Evalsha.Resp;

namespace Evalsha.Client.Scripts;

public sealed class PartialBatchException(RespValue[] replies, IReadOnlyList<int> notExecuted) : RedisException(
    "NOSCRIPT", $"{notExecuted.Count} of {replies.Length} entries of the batch did not run (first: {notExecuted[0]}): the server's scripts were flushed meanwhile.")
{
    /// <summary>The replies of all entries; of those that did not run, the server's refusal.</summary>
    public IReadOnlyList<RespValue> Replies { get; } = replies;

    /// <summary>Indexes of the entries that did not run. All others ran.</summary>
    public IReadOnlyList<int> NotExecuted { get; } = notExecuted;
}
