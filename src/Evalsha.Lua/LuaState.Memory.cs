// The live-byte limit. What a program allocates is read from the runtime's own counter of the thread, so that no instruction pays for it;
// only when that passes the room left does the engine walk over what is alive (LiveBytes), and only then may it say "not enough memory".
// A program that makes much garbage and keeps little is walked now and then and goes on.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    /// <summary>Without a limit, and with weak tables or finalizers about, a walk follows at the latest after this much allocation.</summary>
    const long WalkInterval = 64L << 20;

    internal readonly Finalizers Finalizers = new();

    long _allocatedBefore;   // the thread's counter when the outermost call began, or at the last walk
    long _charged;           // large allocations announced since, which the counter may not show yet
    long _room = WalkInterval;

    /// <summary>Bytes alive at the last walk; 0 before the first.</summary>
    public long LiveBytesAtLastWalk { get; private set; }

    /// <summary>Set when a weak table or a finalizer was seen: then walks happen even without a limit.</summary>
    internal bool NeedsWalks;

    /// <summary>Bytes allocated by the running program since the last walk.</summary>
    long AllocatedSinceWalk => GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore;

    /// <summary>What collectgarbage("count") reports, in bytes: alive at the last walk and allocated since.</summary>
    internal long BytesInUse => LiveBytesAtLastWalk + Math.Max(0, AllocatedSinceWalk) + BaseBytes;

    /// <summary>The state itself, so that an empty one does not report zero.</summary>
    const long BaseBytes = 16 * 1024;

    void BeginMemory()
    {
        // A state moves between threads from call to call: only differences within one outermost call mean anything.
        _allocatedBefore = GC.GetAllocatedBytesForCurrentThread() - _carried;
        _charged = 0;
    }

    long _carried; // allocated in earlier outermost calls since the last walk

    void EndMemory() => _carried = Math.Max(0, AllocatedSinceWalk);

    /// <summary>Bytes that the engine allocated for itself while a program ran.</summary>
    internal void ForgetAllocated(long bytes) => _allocatedBefore += bytes;

    bool CheckAllocated()
    {
        if (Options.Limits.MaxLiveBytes <= 0 && !NeedsWalks) return true;
        _charged = 0;
        return AllocatedSinceWalk < _room || (Walk(0) && Finalizers.Run(RunningThread));
    }

    /// <summary>Announces a large allocation before it is made. False: it would pass the limit, and "not enough memory" was raised.</summary>
    internal bool Charge(long bytes)
    {
        if (Options.Limits.MaxLiveBytes <= 0) return true;
        _charged += bytes;
        return AllocatedSinceWalk + _charged < _room || Walk(bytes);
    }

    internal bool TryAllocate(long bytes)
    {
        if (bytes > LuaLimits.StringLengthMax)
        {
            SetHandledError(WellKnown.NotEnoughMemory);
            return false;
        }
        return bytes < LargeAllocation || Charge(bytes);
    }

    bool Walk(long wanted)
    {
        Collect();
        var limit = Options.Limits.MaxLiveBytes;
        if (limit <= 0)
        {
            _room = Math.Max(WalkInterval, LiveBytesAtLastWalk);
            return true;
        }
        var left = limit - LiveBytesAtLastWalk;
        if (left >= wanted)
        {
            // Near the limit the walks come closer together, but never closer than an eighth of it: each costs as much as what is alive.
            _room = Math.Max(left, limit / 8);
            _memoryErrors = 0;
            _charged = wanted;
            return true;
        }
        _room = limit / 8;
        SetHandledError(WellKnown.NotEnoughMemory);
        _errorKind = LuaErrorKind.Memory;
        if (++_memoryErrors >= MemoryErrorsMax) Kill(LuaErrorKind.Killed, WellKnown.NotEnoughMemory);
        return false;
    }

    /// <summary>The parameters of collectgarbage; kept for programs that read them back.</summary>
    internal int CollectPause = 200;

    internal int CollectStepMultiplier = 200;

    /// <summary>Set by collectgarbage("stop"): then only an explicit "collect" or "step" walks.</summary>
    internal bool IsCollectStopped;

    /// <summary>Below this, a program that watches its memory use sees it only grow.</summary>
    const long CollectAtLeast = 256 * 1024;

    /// <summary>
    /// A program that asks for its memory use sees a collector at work: when what it allocated since the last walk passes what was alive then
    /// (PUC's pause of 200 %), a walk comes first. Nobody else needs one: .NET frees the memory.
    /// </summary>
    internal void CollectIfDue()
    {
        if (IsCollectStopped || AllocatedSinceWalk < Math.Max(CollectAtLeast, LiveBytesAtLastWalk * (CollectPause - 100) / 100)) return;
        Collect();
    }

    double _stepped; // kilobytes of the present cycle that "step" has stood for

    /// <summary>collectgarbage("step", n): a cycle takes as many steps as PUC's would about take; the walk itself happens in the last one.</summary>
    internal bool CollectStep(int kilobytes)
    {
        // PUC's smallest step (GCSTEPSIZE) is one kilobyte.
        _stepped += Math.Max(1, kilobytes) * (CollectStepMultiplier / 100.0);
        if (CollectStepMultiplier > 0 && _stepped < BytesInUse / 1024.0) return false;
        _stepped = 0;
        Collect();
        return true;
    }

    /// <summary>Walks over everything alive, clears dead entries of weak tables, and counts.</summary>
    internal void Collect()
    {
        LiveBytesAtLastWalk = LiveBytes.Walk(this);
        _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        _carried = 0;
        _charged = 0;
    }
}
