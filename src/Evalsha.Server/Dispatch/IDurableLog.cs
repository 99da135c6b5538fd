// What commands may know of the append-only file: that there is one, how it does, and that it can be rewritten.
// Always: called inside the turn.
namespace Evalsha.Server.Dispatch;

public interface IDurableLog
{
    /// <summary>Begins a rewrite in the background; false: one is under way.</summary>
    bool TryStartRewrite();

    /// <summary>Bytes committed and not yet handed to the system.</summary>
    long WaitingBytes { get; }

    /// <summary>Its fields of INFO persistence.</summary>
    void Describe(InfoWriter writer);
}
