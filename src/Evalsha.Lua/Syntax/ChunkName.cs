// How a chunk's name is shown (PUC's luaO_chunkid): '=name' as it stands, '@file' with its end, anything else as [string "first line"].
using System.Text;

namespace Evalsha.Lua.Syntax;

/// <summary>Chunk names.</summary>
public static class ChunkName
{
    /// <summary>Room for the name in run-time errors and debug.getinfo's short_src, with C's closing zero.</summary>
    public const int SizeInRuntimeErrors = 60;

    /// <summary>Room for the name in syntax errors, with C's closing zero.</summary>
    public const int SizeInSyntaxErrors = 80;

    /// <summary>The shown form, at most <paramref name="size"/> - 1 bytes. A zero byte ends the name, as it does in C.</summary>
    public static byte[] Display(byte[] name, int size)
    {
        var length = Array.IndexOf(name, (byte)0);
        if (length < 0) length = name.Length;
        if (length > 0 && name[0] == '=') return Slice(name, 1, Math.Min(length - 1, size - 1));

        if (length > 0 && name[0] == '@')
        {
            var room = size - 8; // the size of " '...' " with its closing zero
            var fileLength = length - 1;
            return fileLength > room
                ? Join("...", Slice(name, length - room, room), "")
                : Slice(name, 1, fileLength);
        }

        var lineLength = 0;
        while (lineLength < length && name[lineLength] is not ((byte)'\n' or (byte)'\r')) lineLength++;
        lineLength = Math.Min(lineLength, size - 17); // the size of ' [string "..."] ' with its closing zero
        return lineLength < length
            ? Join("[string \"", Slice(name, 0, lineLength), "...\"]")
            : Join("[string \"", Slice(name, 0, length), "\"]");
    }

    private static byte[] Slice(byte[] bytes, int start, int length)
    {
        var slice = new byte[length];
        Array.Copy(bytes, start, slice, 0, length);
        return slice;
    }

    private static byte[] Join(string before, byte[] middle, string after)
    {
        var joined = new byte[before.Length + middle.Length + after.Length];
        Encoding.ASCII.GetBytes(before, 0, before.Length, joined, 0);
        middle.CopyTo(joined, before.Length);
        Encoding.ASCII.GetBytes(after, 0, after.Length, joined, before.Length + middle.Length);
        return joined;
    }
}
