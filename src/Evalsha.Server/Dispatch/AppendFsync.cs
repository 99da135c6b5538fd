// Redis's appendfsync: when what was written to the append-only file is forced onto the disk.
// Always: in every policy the bytes are handed to the operating system before the replies of their batch leave, so the end of the process
// (kill -9, too) loses nothing that was acknowledged. The policy decides what a loss of power may take.
namespace Evalsha.Server.Dispatch;

public enum AppendFsync
{
    /// <summary>Once a second: a loss of power may take the last second.</summary>
    EverySecond,

    /// <summary>Before the replies of the batch leave: nothing acknowledged is ever lost.</summary>
    Always,

    /// <summary>When the operating system likes.</summary>
    No,
}
