// Emptying a table for its next use by the host, so that a table made anew for every call costs nothing.
namespace Evalsha.Lua.Runtime;

public sealed partial class LuaTable
{
    /// <summary>A larger array part than this many times the wanted size is not kept.</summary>
    const int KeptArrayFactor = 4;

    /// <summary>
    /// Makes the table as new LuaTable(arraySize, 0) is: no entries, no metatable, writable. The host must know that nobody else holds it.
    /// </summary>
    public void Reset(int arraySize)
    {
        _metatable = null;
        _lastFree = 0;
        Nodes = NoNodes;
        AbsentFlags = 0;
        IsReadOnly = false;
        if (Array.Length < arraySize || Array.Length > (arraySize + 1) * KeptArrayFactor)
        {
            Array = arraySize == 0 ? [] : NewArray(arraySize);
            return;
        }
        System.Array.Fill(Array, LuaValue.Nil);
    }
}
