// What the dispatcher and the commands may know of whoever sent a command. A session implements it, and so does a direct call.
// Always: touched only by its own session, or inside the turn; the registry and CLIENT LIST read it inside the turn.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Dispatch;

/// <summary>CLIENT REPLY: what happens to replies.</summary>
public enum ReplyMode
{
    On,
    Off,

    /// <summary>The reply of the next command is dropped.</summary>
    SkipNext,
}

public interface IClient
{
    long Id { get; }

    ByteString Name { get; set; }

    ByteString LibraryName { get; set; }

    ByteString LibraryVersion { get; set; }

    /// <summary>2 until HELLO 3.</summary>
    int Protocol { get; set; }

    /// <summary>Index of the selected database.</summary>
    int Database { get; set; }

    bool IsAuthenticated { get; set; }

    /// <summary>The MULTI state and the watched keys of this client.</summary>
    Transaction Transaction { get; }

    ReplyMode ReplyMode { get; set; }

    bool NoEvict { get; set; }

    bool NoTouch { get; set; }

    string RemoteAddress { get; }

    string LocalAddress { get; }

    /// <summary>Unix milliseconds when it connected.</summary>
    long ConnectedAt { get; }

    /// <summary>Unix milliseconds of its last command.</summary>
    long LastCommandAt { get; }

    /// <summary>Full name of its last command; "NULL" before the first.</summary>
    string LastCommand { get; }

    /// <summary>Bytes waiting in its input buffer, and the size of that buffer; the same for output. For CLIENT LIST.</summary>
    (int InputUsed, int InputFree, int OutputUsed) Buffers { get; }

    /// <summary>What it gets without asking; null for an ordinary client.</summary>
    ClientFeeds? Feeds
    {
        get => null;
        set => throw new InvalidOperationException("This client takes no feeds.");
    }

    /// <summary>False for clients that expect exactly one reply to each command: they cannot subscribe.</summary>
    bool TakesFeeds => false;

    /// <summary>Appends a frame, given in two pieces, to its output, behind the replies made so far. Inside the turn; never waits.</summary>
    void Feed(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
    }

    /// <summary>The command of this client that waits, or the place for one; null: it cannot wait, and a blocking command answers as if its time were up.</summary>
    BlockedCall? Blocked => null;

    /// <summary>It waits for a key or for the end of a pause, and runs nothing meanwhile.</summary>
    bool IsBlocked => false;

    /// <summary>Ends the connection once the replies made so far have left.</summary>
    void CloseAfterReply();

    /// <summary>Ends the connection now, from whichever thread holds the turn.</summary>
    void Kill();
}
