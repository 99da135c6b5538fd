// A prototype as string.dump and luac give it: PUC 5.1's file form for a little-endian machine with 64-bit size_t and doubles.
// Equal bytes mean equal code, constants, lines and names, so the compiler's tests compare this with the real thing.
using System.Buffers.Binary;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Bytecode;

public static class Dump
{
    // ESC Lua; version 5.1, format 0, little-endian, sizes of int, size_t, instruction and number, numbers are not integers.
    internal static ReadOnlySpan<byte> Header => [0x1B, (byte)'L', (byte)'u', (byte)'a', 0x51, 0, 1, 4, 8, 4, 8, 0];

    /// <summary>A precompiled chunk begins with this byte.</summary>
    public const byte Signature = 0x1B;

    /// <summary>The bytes of the function and its children, debug information included.</summary>
    public static byte[] Of(Prototype prototype)
    {
        var output = new MemoryStream();
        output.Write(Header);
        WriteFunction(output, prototype, null);
        return output.ToArray();
    }

    private static void WriteFunction(MemoryStream output, Prototype f, Prototype? parent)
    {
        WriteText(output, parent is not null && parent.Source.Equals(f.Source) ? null : f.Source);
        WriteInt(output, f.LineDefined);
        WriteInt(output, f.LastLineDefined);
        output.WriteByte((byte)f.UpvalueCount);
        output.WriteByte((byte)f.ParameterCount);
        output.WriteByte((byte)f.Vararg);
        output.WriteByte((byte)f.MaxStackSize);

        WriteInt(output, f.Code.Length);
        foreach (var instruction in f.Code) WriteInt(output, (int)instruction.Word);
        WriteInt(output, f.Constants.Length);
        foreach (var constant in f.Constants) WriteConstant(output, constant);
        WriteInt(output, f.Children.Length);
        foreach (var child in f.Children) WriteFunction(output, child, f);

        WriteInt(output, f.Lines.Length);
        foreach (var line in f.Lines) WriteInt(output, line);
        WriteInt(output, f.LocalVariables.Length);
        foreach (var local in f.LocalVariables)
        {
            WriteText(output, local.Name);
            WriteInt(output, local.StartPc);
            WriteInt(output, local.EndPc);
        }
        WriteInt(output, f.UpvalueCount);
        foreach (var name in f.UpvalueNames) WriteText(output, name);
    }

    private static void WriteConstant(MemoryStream output, in LuaValue value)
    {
        output.WriteByte((byte)value.Type);
        switch (value.Type)
        {
            case LuaType.Boolean:
                output.WriteByte(value.AsBoolean ? (byte)1 : (byte)0);
                break;
            case LuaType.Number:
                Span<byte> number = stackalloc byte[8];
                BinaryPrimitives.WriteDoubleLittleEndian(number, value.AsNumber);
                output.Write(number);
                break;
            case LuaType.String:
                WriteText(output, value.AsString);
                break;
        }
    }

    private static void WriteInt(MemoryStream output, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        output.Write(bytes);
    }

    private static void WriteText(MemoryStream output, ByteString? text)
    {
        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, text is null ? 0 : text.Length + 1);
        output.Write(size);
        if (text is null) return;
        output.Write(text.Span);
        output.WriteByte(0);
    }
}
