// The budgets of a state: steps, time, cancellation, interrupts, live bytes.
// Limits are the state's (LuaLimits), except what the present call brought along (LuaBudget).
// Steps are counted down in StepsLeft by loops, calls and library work; when a stretch is used up, OnStepsSpent looks at everything else:
// the step budget, the host's hook, and how much was allocated meanwhile.
using Evalsha.Lua.Compiled;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

public sealed partial class LuaState
{
    /// <summary>Single allocations from this size on are charged at once; smaller ones are seen at the next look at the budgets.</summary>
    internal const int LargeAllocation = 4096;

    /// <summary>Consecutive "not enough memory" errors that a program may catch before it is ended.</summary>
    const int MemoryErrorsMax = 16;

    /// <summary>Steps until the next look at the budgets.</summary>
    internal long StepsLeft = LuaLimits.InterruptInterval;

    long _stretch = LuaLimits.InterruptInterval; // what StepsLeft was set to
    long _stepsUsed;                             // before the present stretch, since the outermost call began
    long _untilHook = LuaLimits.InterruptInterval;
    long _untilSample = Hotness.SampleInterval;  // carried on from call to call, so that short scripts that run often are seen
    long _maxSteps;                              // of the present outermost call; 0: no limit
    TimeSpan _maxTime;
    long _began;                                 // timestamp, when there is a limit of time
    CancellationToken _cancellation;
    bool _hasBudget;                             // whether these three are the call's and not the state's
    bool _isKilled;
    LuaErrorKind _killKind;
    LuaValue _killError;
    LuaErrorKind _errorKind;
    int _memoryErrors;

    /// <summary>Runs about every 100,000 steps, inside the running program's turn. It must not call into this state.</summary>
    public Func<LuaState, LuaInterrupt>? InterruptHook { get; set; }

    /// <summary>Instructions and library steps used since the outermost call began. An instruction that neither loops nor calls counts with the loop around it.</summary>
    public long StepsUsed => _stepsUsed + _stretch - StepsLeft;

    void BeginBudgets(in LuaBudget budget)
    {
        if (!budget.IsNone || _hasBudget) SetBudget(budget);
        if (_maxTime > TimeSpan.Zero) _began = Options.Time.GetTimestamp();
        if (_cause is not null) _cause = null;
        _untilSample -= _stretch - StepsLeft;
        _untilHook = LuaLimits.InterruptInterval;
        _stepsUsed = 0;
        CompiledLevels = CompiledLevelsAllowed = 0;
        _isKilled = false;
        _memoryErrors = 0;
        _errorKind = LuaErrorKind.Runtime;
        SetStretch();
    }

    // Most calls bring nothing along, and find the state's limits as the call before left them.
    void SetBudget(in LuaBudget budget)
    {
        _hasBudget = !budget.IsNone;
        _maxSteps = budget.MaxSteps > 0 ? budget.MaxSteps : Options.Limits.MaxSteps;
        _maxTime = budget.MaxTime > TimeSpan.Zero ? budget.MaxTime : Options.Limits.MaxTime;
        _cancellation = budget.Cancellation;
    }

    void SetStretch()
    {
        var left = _maxSteps > 0 ? _maxSteps - _stepsUsed : long.MaxValue;
        if (Options.Tier == LuaTier.Automatic) left = Math.Min(left, Math.Max(_untilSample, 0));
        _stretch = StepsLeft = Math.Clamp(left, 0, _untilHook);
    }

    internal bool OnStepsSpent()
    {
        var used = _stretch - StepsLeft;
        _stepsUsed += used;
        _untilHook -= used;
        _untilSample -= used;
        _stretch = StepsLeft = 0;
        if (_isKilled) return RaiseKill();
        if (_maxSteps > 0 && _stepsUsed >= _maxSteps) return Kill(LuaErrorKind.StepLimit, Text.ToByteString("step limit exceeded"));
        if (_untilSample <= 0)
        {
            _untilSample = Hotness.SampleInterval;
            if (Options.Tier == LuaTier.Automatic) Hotness.Sample(this);
        }
        if (_untilHook > 0)
        {
            SetStretch();
            return true;
        }
        _untilHook = LuaLimits.InterruptInterval;
        Interpreter.OnInterval();
        if (_cancellation.IsCancellationRequested) return Cancel();
        if (_maxTime > TimeSpan.Zero && Options.Time.GetElapsedTime(_began) >= _maxTime) return Kill(LuaErrorKind.TimeLimit, Text.ToByteString("time limit exceeded"));
        if (InterruptHook?.Invoke(this) is { IsRaised: true } interrupt)
        {
            if (interrupt.IsKill) return Kill(LuaErrorKind.Killed, interrupt.Error);
            SetStretch();
            SetError(interrupt.Error);
            return false;
        }
        SetStretch();
        return CheckAllocated();
    }

    // After a kill every loop and call raises it again, so that pcall can hand it on but not go on from it.
    bool Kill(LuaErrorKind kind, in LuaValue error)
    {
        _isKilled = true;
        _killKind = kind;
        _killError = error;
        return RaiseKill();
    }

    bool Cancel() => Kill(LuaErrorKind.Cancelled, Text.ToByteString("cancelled"));

    bool RaiseKill()
    {
        SetError(_killError);
        return false;
    }
}
