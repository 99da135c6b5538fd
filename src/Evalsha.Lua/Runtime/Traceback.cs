// The text of debug.traceback, byte for byte as PUC's db_errorfb prints it: the first twelve and the last ten calls.
using System.Text;

namespace Evalsha.Lua.Runtime;

internal static class Traceback
{
    /// <summary>Levels shown before the gap, those not shown at all included.</summary>
    const int FirstLevels = 12;

    /// <summary>For a traceback made by a message handler of the host: in PUC the handler calls debug.traceback, which is one level more.</summary>
    public const int FirstLevelsOfHandler = FirstLevels - 1;

    const int LastLevels = 10;

    /// <summary>"stack traceback:" and a line for each active call from <paramref name="level"/> on.</summary>
    public static string Of(LuaThread thread, int level, int firstLevels = FirstLevels)
    {
        var text = new StringBuilder("stack traceback:");
        var isFirstPart = true;
        int frame;
        while ((frame = DebugInfo.FrameAt(thread, level++)) >= 0)
        {
            if (level > firstLevels && isFirstPart)
            {
                if (DebugInfo.FrameAt(thread, level + LastLevels) < 0)
                {
                    level--;
                }
                else
                {
                    text.Append("\n\t...");
                    while (DebugInfo.FrameAt(thread, level + LastLevels) >= 0) level++;
                }
                isFirstPart = false;
                continue;
            }
            text.Append("\n\t");
            AppendCall(text, thread, frame);
        }
        return text.ToString();
    }

    static void AppendCall(StringBuilder text, LuaThread thread, int frame)
    {
        if (frame == DebugInfo.LostTailCall)
        {
            text.Append("(tail call): ?");
            return;
        }
        var isLua = thread.Frames[frame].IsLua;
        var prototype = isLua ? DebugInfo.ClosureAt(thread, frame).Prototype : null;
        var source = prototype is null ? "[C]" : DebugInfo.ShortSource(prototype);
        text.Append(source).Append(':');
        var line = DebugInfo.CurrentLine(thread, frame);
        if (line > 0) text.Append(line).Append(':');
        var (name, _) = DebugInfo.FunctionName(thread, frame);
        if (name is not null) text.Append(" in function '").Append(name).Append('\'');
        else if (prototype is null) text.Append(" ?");
        else if (prototype.LineDefined == 0) text.Append(" in main chunk");
        else text.Append(" in function <").Append(source).Append(':').Append(prototype.LineDefined).Append('>');
    }
}
