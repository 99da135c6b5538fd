// What commands may know of the append-only file: that there is one, how it does, and that it can be rewritten.
// Always: called inside the turn.
namespace Evalsha.Server.Dispatch;

public interface IDurableLog
{
    /// <summary>Begins a rewrite in the background; false: one is under way.</summary>
    bool TryStartRewrite();

    /// <summary>Bytes committed and not yet handed to the system.</summary>
    long WaitingBytes { get; }

    /// <summary>How much was committed, in bytes since start: a point that <see cref="IsSynced"/> can be asked about.</summary>
    long Committed { get; }

    /// <summary>All that was committed up to this point is on the disk. Any thread.</summary>
    bool IsSynced(long upTo);

    /// <summary>Syncs in the background, at once; completes when everything committed so far is on the disk, or cannot be brought there now.</summary>
    Task SyncAsync();

    /// <summary>Its fields of INFO persistence.</summary>
    void Describe(InfoWriter writer);
}
