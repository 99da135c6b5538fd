// Userdata whose metatable may have __gc (what newproxy makes). They are held here until a walk finds that only this list knows them;
// then their finalizers run once, newest first, at the next place where the engine may call.
namespace Evalsha.Lua.Runtime;

internal sealed class Finalizers
{
    readonly List<LuaUserdata> _watched = [];
    readonly Stack<LuaUserdata> _waiting = new();

    public IReadOnlyCollection<LuaUserdata> Waiting => _waiting;

    public void Watch(LuaUserdata userdata) => _watched.Add(userdata);

    public void SelectDead(Predicate<LuaUserdata> isDead)
    {
        foreach (var userdata in _watched)
        {
            if (isDead(userdata) && userdata.Metatable?.GetMetamethod(Metamethod.Gc) is { IsNil: false }) _waiting.Push(userdata);
        }
        _watched.RemoveAll(isDead);
    }

    /// <summary>Calls what waits. False: a finalizer raised an error; the others still wait.</summary>
    public bool Run(LuaThread thread)
    {
        while (_waiting.TryPop(out var userdata))
        {
            var finalizer = userdata.Metatable?.GetMetamethod(Metamethod.Gc) ?? LuaValue.Nil;
            if (finalizer.IsFunction && !Interpreter.CallForNothing(thread, finalizer, userdata)) return false;
        }
        return true;
    }
}
