// A variable shared by closures. Open: it is a slot of a coroutine's stack. Closed: it holds the value itself.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Evalsha.Lua.Runtime;

internal sealed class UpValue
{
    /// <summary>The stack array while open (renewed when the stack grows), null when closed.</summary>
    public LuaValue[]? Stack;

    public int Index;

    public LuaValue Value;

    /// <summary>The next open upvalue of the same coroutine, at a lower slot.</summary>
    public UpValue? Next;

    public int Mark;

    public ref LuaValue Slot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var stack = Stack;
            if (stack is null) return ref Value;
            return ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(stack), Index);
        }
    }
}
