// Reads what Dump wrote, or luac for the same kind of machine, with PUC's checks and messages (lundump.c).
// Always true: a prototype that comes out passed BytecodeCheck. As in PUC, that guards against damage, not against malice:
// a sandbox refuses binary chunks before they come here.
using System.Buffers.Binary;
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Bytecode;

public ref struct Undump
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly byte[] _name;
    private readonly StringPool _strings;
    private int _position;
    private int _levels;

    private Undump(ReadOnlySpan<byte> bytes, byte[] name, StringPool strings, int enclosingLevels)
    {
        _bytes = bytes;
        _name = name;
        _strings = strings;
        _levels = enclosingLevels;
    }

    /// <summary>Whether a chunk is precompiled: it begins with <see cref="Dump.Signature"/>.</summary>
    public static bool IsBinary(ReadOnlySpan<byte> chunk) => chunk.Length > 0 && chunk[0] == Dump.Signature;

    /// <summary>The main function of a precompiled chunk.</summary>
    /// <param name="chunkName">For messages; the prototypes carry the name they were compiled with.</param>
    /// <param name="enclosingLevels">C calls around this load; nested functions count against the same limit.</param>
    /// <exception cref="LuaSyntaxException">The chunk is cut, of another machine, or fails the check.</exception>
    public static Prototype Read(ReadOnlySpan<byte> chunk, ReadOnlySpan<byte> chunkName, StringPool strings, int enclosingLevels = 0)
    {
        var name = chunkName switch
        {
            [(byte)'@' or (byte)'=', .. var rest] => rest,
            [Dump.Signature, ..] => "binary string"u8,
            _ => chunkName,
        };
        var reader = new Undump(chunk, name.ToArray(), strings, enclosingLevels);
        if (!reader.Take(Dump.Header.Length).SequenceEqual(Dump.Header)) throw reader.Error("bad header");
        return reader.ReadFunction(ByteString.FromUtf8("=?"));
    }

    private readonly LuaSyntaxException Error(string why)
    {
        byte[] message = [.. _name, .. Encoding.ASCII.GetBytes($": {why} in precompiled chunk")];
        return new LuaSyntaxException(message, message, 0, _position);
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _position) throw Error("unexpected end");
        var taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    private byte ReadByte() => Take(1)[0];

    private int ReadInt()
    {
        var value = BinaryPrimitives.ReadInt32LittleEndian(Take(4));
        return value >= 0 ? value : throw Error("bad integer");
    }

    /// <summary>A count of items of at least this many bytes each: no array is made for what the chunk cannot hold.</summary>
    private int ReadCount(int itemSize)
    {
        var count = ReadInt();
        return count <= (_bytes.Length - _position) / itemSize ? count : throw Error("unexpected end");
    }

    private ByteString? ReadText()
    {
        var size = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        if (size == 0) return null;
        if (size > (ulong)(_bytes.Length - _position)) throw Error("unexpected end");
        return _strings.Get(Take((int)size)[..^1]); // the closing zero is not part of it
    }

    private Prototype ReadFunction(ByteString parentSource)
    {
        if (++_levels > Parser.LevelsMax) throw Error("code too deep");
        var source = ReadText() ?? parentSource;
        var lineDefined = ReadInt();
        var lastLineDefined = ReadInt();
        int upvalueCount = ReadByte();
        int parameterCount = ReadByte();
        var vararg = (VarargFlags)ReadByte();
        int maxStackSize = ReadByte();

        var code = new Instruction[ReadCount(4)];
        for (var i = 0; i < code.Length; i++) code[i] = new Instruction(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)));
        var constants = new LuaValue[ReadCount(1)];
        for (var i = 0; i < constants.Length; i++) constants[i] = ReadConstant();
        var children = new Prototype[ReadCount(1)];
        for (var i = 0; i < children.Length; i++) children[i] = ReadFunction(source);

        var lines = new int[ReadCount(4)];
        for (var i = 0; i < lines.Length; i++) lines[i] = BinaryPrimitives.ReadInt32LittleEndian(Take(4)); // PUC does not check these
        var locals = new LocalVariableInfo[ReadCount(16)];
        for (var i = 0; i < locals.Length; i++) locals[i] = new LocalVariableInfo(ReadText() ?? ByteString.Empty, ReadInt(), ReadInt());
        var names = new ByteString[ReadCount(8)];
        for (var i = 0; i < names.Length; i++) names[i] = ReadText() ?? ByteString.Empty;
        _levels--;

        // Debug information may be stripped; the rest of the engine counts on one line for each instruction and one name for each upvalue.
        if (names.Length > upvalueCount || (lines.Length != code.Length && lines.Length != 0)) throw Error("bad code");
        if (lines.Length == 0) lines = new int[code.Length];
        var named = names.Length;
        Array.Resize(ref names, upvalueCount);
        for (var i = named; i < names.Length; i++) names[i] = ByteString.Empty;

        var prototype = new Prototype(code, constants, children, lines, locals, names)
        {
            Source = source,
            LineDefined = lineDefined,
            LastLineDefined = lastLineDefined,
            ParameterCount = parameterCount,
            Vararg = vararg,
            MaxStackSize = maxStackSize,
            CleanRegisters = maxStackSize, // a file does not say
        };
        return BytecodeCheck.Passes(prototype) ? prototype : throw Error("bad code");
    }

    private LuaValue ReadConstant() => (LuaType)ReadByte() switch
    {
        LuaType.Nil => LuaValue.Nil,
        LuaType.Boolean => ReadByte() != 0,
        LuaType.Number => new LuaValue(BinaryPrimitives.ReadDoubleLittleEndian(Take(8))),
        LuaType.String => ReadText() ?? ByteString.Empty,
        _ => throw Error("bad constant"),
    };
}
