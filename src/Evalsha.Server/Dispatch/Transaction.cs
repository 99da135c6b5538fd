// A client's MULTI: the commands queued so far, whether one was refused, and the keys it watches.
// Always: queued commands own their arguments (nothing points into a receive buffer any more); a refused command dooms the EXEC.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public readonly record struct QueuedCommand(CommandRow Row, ByteString[] Arguments);

public sealed class Transaction
{
    private readonly List<QueuedCommand> _queue = [];

    public bool IsOpen { get; private set; }

    /// <summary>A command could not be queued: EXEC answers EXECABORT.</summary>
    public bool IsDoomed { get; private set; }

    public IReadOnlyList<QueuedCommand> Queue => _queue;

    /// <summary>The keys watched since the last EXEC, DISCARD or UNWATCH; null when none.</summary>
    public WatchMark? Watch { get; set; }

    /// <summary>Marks given up without the turn (RESET while a script ran too long); released with the next turn.</summary>
    internal WatchMark? Abandoned { get; set; }

    /// <summary>Runs the queue's commands: EXEC must not lose its own arguments meanwhile. Made on first use.</summary>
    internal CommandContext? Inner { get; set; }

    public void Begin() => IsOpen = true;

    public void Doom()
    {
        if (IsOpen)
        {
            IsDoomed = true;
        }
    }

    public void Add(CommandRow row, ByteString[] arguments) => _queue.Add(new QueuedCommand(row, arguments));

    /// <summary>Inside the turn: releases the watched keys, those given up without a turn too.</summary>
    internal void LetGo(KeyWatches watches)
    {
        if (Watch is { } mark)
        {
            watches.Release(mark);
            Watch = null;
        }

        if (Abandoned is { } abandoned)
        {
            watches.Release(abandoned);
            Abandoned = null;
        }
    }

    /// <summary>Forgets the queue; watched keys are the caller's affair.</summary>
    public void Close()
    {
        _queue.Clear();
        IsOpen = false;
        IsDoomed = false;
    }
}
