// The walk over everything a program can still reach: counts its bytes, drops stale references from the stacks, and clears what only weak
// tables know. .NET's collector frees the memory; this walk decides what a limit and a weak table see.
// An object is visited once per walk by its mark; the marks are numbered process-wide, since byte strings are shared between states.
namespace Evalsha.Lua.Runtime;

internal sealed class LiveBytes
{
    const int ClosureBytes = 48;
    const int UpvalueBytes = 56;
    const int StringBytes = 56;
    const int UserdataBytes = 64;
    const int ThreadBytes = 160;
    const int SlotBytes = 16;
    const int FrameBytes = 24;

    static int _lastWalk;

    readonly LuaState _state;
    readonly Stack<LuaObject> _pending = new();
    readonly List<LuaTable> _weakTables = [];
    readonly List<LuaTable> _tablesWithRemovedKeys = [];
    readonly int _walk = Interlocked.Increment(ref _lastWalk);
    List<LuaClosure>? _closures;
    long _bytes;

    LiveBytes(LuaState state) => _state = state;

    public static long Walk(LuaState state)
    {
        var walk = new LiveBytes(state);
        walk.MarkRoots();
        walk.Drain();
        walk.ClearWeakTables(valuesOnly: true);
        walk.MarkFinalizers();
        walk.Drain();
        walk.ClearWeakTables(valuesOnly: false);
        walk.ForgetRemovedKeys();
        return walk._bytes;
    }

    /// <summary>Every Lua function the program can reach, also through weak tables. Nothing is cleared and nothing finalized.</summary>
    public static List<LuaClosure> Closures(LuaState state)
    {
        var walk = new LiveBytes(state) { _closures = [] };
        walk.MarkRoots();
        foreach (var userdata in state.Finalizers.Waiting) walk.Mark(userdata);
        walk.Drain();
        return walk._closures;
    }

    void MarkRoots()
    {
        Mark(_state.MainThread);
        Mark(_state.RunningThread);
        for (var thread = _state.RunningThread; thread is not null; thread = thread.ResumedBy) Mark(thread);
        Mark(_state.Globals);
        Mark(_state.Registry);
        foreach (var metatable in _state.TypeMetatables)
        {
            if (metatable is not null) Mark(metatable);
        }
        Mark(_state.ErrorValue);
    }

    // Userdata with __gc that died: kept until its finalizer has run, and everything it needs with it.
    void MarkFinalizers()
    {
        _state.Finalizers.SelectDead(userdata => userdata.Mark != _walk);
        foreach (var userdata in _state.Finalizers.Waiting) Mark(userdata);
    }

    void Drain()
    {
        while (_pending.TryPop(out var next))
        {
            switch (next)
            {
                case LuaTable table:
                    Traverse(table);
                    break;
                case LuaClosure closure:
                    Traverse(closure);
                    break;
                case LuaHostFunction host:
                    _bytes += ClosureBytes + host.Upvalues.Length * SlotBytes;
                    foreach (ref var value in host.Upvalues.AsSpan()) Mark(value);
                    if (host.Environment is { } environment) Mark(environment);
                    break;
                case LuaThread thread:
                    Traverse(thread);
                    break;
                case LuaUserdata userdata:
                    _bytes += UserdataBytes;
                    if (userdata.Metatable is { } metatable) Mark(metatable);
                    if (userdata.Environment is { } own) Mark(own);
                    break;
            }
        }
    }

    void Mark(LuaObject item)
    {
        if (item.Mark == _walk) return;
        item.Mark = _walk;
        _pending.Push(item);
    }

    void Mark(in LuaValue value)
    {
        if (!value.IsReference) return;
        if (value.Ref is ByteString text) Mark(text);
        else if (value.Ref is LuaObject item) Mark(item);
    }

    void Mark(ByteString text)
    {
        if (text.Mark == _walk) return;
        text.Mark = _walk;
        _bytes += StringBytes + text.Length;
    }

    void Mark(UpValue upvalue)
    {
        if (upvalue.Mark == _walk) return;
        upvalue.Mark = _walk;
        _bytes += UpvalueBytes;
        Mark(upvalue.Slot);
    }

    void Traverse(LuaClosure closure)
    {
        _closures?.Add(closure);
        _bytes += ClosureBytes + closure.Upvalues.Length * 8;
        foreach (var upvalue in closure.Upvalues) Mark(upvalue);
        if (closure.Environment is { } environment) Mark(environment);
        MarkConstants(closure.Code.Prototype);
    }

    // Prototypes are shared between states and belong to the host; their strings are kept alive by them.
    void MarkConstants(Bytecode.Prototype prototype)
    {
        foreach (ref var constant in prototype.Constants.AsSpan())
        {
            if (constant.IsString) constant.AsString.Mark = _walk;
        }
    }

    void Traverse(LuaThread thread)
    {
        _bytes += ThreadBytes + thread.Frames.Length * FrameBytes + thread.Stack.Length * SlotBytes;
        Mark(thread.Globals);
        if (thread.HookFunction is { } hook) Mark(hook);
        var stack = thread.Stack;
        var top = thread.LiveTop;
        for (var i = 1; i < stack.Length; i++)
        {
            ref var slot = ref stack[i];
            if (i >= top) slot = LuaValue.Nil;
            else if (!slot.IsReference) LuaValue.DropReference(ref slot);
            else Mark(slot);
        }
        for (var open = thread.OpenUpvalues; open is not null; open = open.Next) Mark(open);
    }

    void Traverse(LuaTable table)
    {
        _bytes += table.OwnBytes;
        bool weakKeys = false, weakValues = false;
        if (table.Metatable is { } metatable)
        {
            Mark(metatable);
            if (_closures is null && metatable.GetMetamethod(Metamethod.Mode) is { IsString: true } mode)
            {
                weakKeys = mode.AsString.Span.Contains((byte)'k');
                weakValues = mode.AsString.Span.Contains((byte)'v');
                if (weakKeys || weakValues) _weakTables.Add(table);
            }
        }
        if (weakKeys && weakValues) return;
        if (!weakValues)
        {
            foreach (ref var value in table.Array.AsSpan()) Mark(value);
        }
        if (table.Slots.Hash == 0) return;
        var hasRemovedKeys = false;
        foreach (ref var node in table.Nodes.AsSpan())
        {
            if (node.Value.IsNil)
            {
                hasRemovedKeys |= node.Key.Ref is not null;
                continue;
            }
            if (!weakKeys) Mark(node.Key);
            if (!weakValues) Mark(node.Value);
        }
        if (hasRemovedKeys) _tablesWithRemovedKeys.Add(table);
    }

    // A removed pair keeps its key until the next resize, because a traversal may stand on it; then the key is alive elsewhere. Others are let
    // go here, or a program could hold any amount of memory in keys that nobody counts.
    void ForgetRemovedKeys()
    {
        foreach (var table in _tablesWithRemovedKeys)
        {
            foreach (ref var node in table.Nodes.AsSpan())
            {
                if (node.Value.IsNil && IsUnreached(node.Key)) node.Key = ForgottenKey;
            }
        }
    }

    // Equal to no key of a program; a place with it is not free until the next resize, as in PUC.
    static readonly LuaValue ForgottenKey = LuaValue.LightUserdata(new object());

    bool IsUnreached(in LuaValue key) => key.Ref switch
    {
        ByteString text => text.Mark != _walk,
        LuaObject item => item.Mark != _walk,
        _ => false,
    };

    // Strings are values, never removed. Before finalizers are kept alive, dead ones leave weak values; weak keys go afterwards.
    void ClearWeakTables(bool valuesOnly)
    {
        foreach (var table in _weakTables)
        {
            var mode = table.Metatable?.GetMetamethod(Metamethod.Mode) is { IsString: true } found ? found.AsString : ByteString.Empty;
            var weakValues = mode.Span.Contains((byte)'v');
            if (weakValues)
            {
                foreach (ref var value in table.Array.AsSpan())
                {
                    if (IsDead(value)) value = LuaValue.Nil;
                }
            }
            if (table.Slots.Hash == 0) continue;
            foreach (ref var node in table.Nodes.AsSpan())
            {
                if (node.Value.IsNil) continue;
                if (!IsDead(node.Value) && (valuesOnly || !IsDead(node.Key))) continue;
                node.Value = LuaValue.Nil;
                if (IsDead(node.Key)) node.Key = ForgottenKey;
            }
        }
    }

    bool IsDead(in LuaValue value)
    {
        if (!value.IsReference) return false;
        if (value.Ref is ByteString text)
        {
            Mark(text);
            return false;
        }
        return value.Ref is LuaObject item && item.Mark != _walk;
    }
}
