// Where the running program stands, for hosts that report it in their own words.
namespace Evalsha.Lua.Runtime;

public ref partial struct LuaCall
{
    /// <summary>
    /// The call this many levels up (0 is the running host function, 1 its caller): false when there is none. A host function, and a call that a
    /// tail call replaced, have no source (null) and line -1.
    /// </summary>
    public readonly bool TryPosition(int level, out ByteString? source, out int line)
    {
        source = null;
        line = -1;
        var frame = DebugInfo.FrameAt(Thread, level);
        if (frame < 0) return false;
        if (frame != DebugInfo.LostTailCall && Thread.Frames[frame].IsLua)
        {
            source = DebugInfo.ClosureAt(Thread, frame).Prototype.Source;
            line = DebugInfo.CurrentLine(Thread, frame);
        }
        return true;
    }
}
