// What the parser knows about the function it is in: active locals, upvalues, and whether "break" and "..." are allowed.
// Limits are PUC's: 200 active locals, 60 upvalues, checked at the moment PUC checks them, so that the error that comes first in the text wins.
namespace Evalsha.Lua.Syntax;

internal sealed class FunctionScope(FunctionScope? parent, FunctionNode node)
{
    internal const int LocalsMax = 200;
    internal const int UpvaluesMax = 60;

    private readonly List<LocalVariable> _active = [];

    internal FunctionScope? Parent { get; } = parent;
    internal FunctionNode Node { get; } = node;
    internal int ActiveCount => _active.Count;

    /// <summary>Loops around the current statement within this function.</summary>
    internal int LoopDepth { get; set; }

    internal void Activate(LocalVariable variable)
    {
        variable.Slot = _active.Count;
        variable.Owner = this;
        variable.Shadowed = variable.Name.Binding;
        variable.Name.Binding = variable;
        _active.Add(variable);
    }

    internal void RemoveTo(int count)
    {
        for (var i = _active.Count - 1; i >= count; i--)
        {
            var variable = _active[i];
            variable.Name.Binding = variable.Shadowed;
            variable.Shadowed = null;
        }
        _active.RemoveRange(count, _active.Count - count);
    }

    /// <summary>The number of the upvalue that stands for an outer variable, made in this function and those between when new;
    /// -1 when a function is over the limit, which is then <paramref name="full"/>.</summary>
    internal int Upvalue(LocalVariable variable, out FunctionScope? full)
    {
        full = null;
        for (var i = 0; i < Node.Upvalues.Count; i++)
        {
            if (ReferenceEquals(Node.Upvalues[i].Variable, variable)) return i;
        }
        var fromParentLocal = ReferenceEquals(variable.Owner, Parent);
        var index = fromParentLocal ? variable.Slot : Parent!.Upvalue(variable, out full);
        if (full is not null) return -1;
        if (Node.Upvalues.Count + 1 > UpvaluesMax)
        {
            full = this;
            return -1;
        }
        variable.IsCaptured = true;
        Node.Upvalues.Add(new UpvalueNode(variable, fromParentLocal, index));
        return Node.Upvalues.Count - 1;
    }
}
