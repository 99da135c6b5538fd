// An identifier of a chunk. Always true: one object per spelling and parse, so names are compared by reference;
// while the parser runs, Binding is the innermost active local variable of that name (a shadow stack), so that a look-up costs nothing
// however deep functions are nested.
using System.Text;

namespace Evalsha.Lua.Syntax;

/// <summary>An identifier.</summary>
public sealed class Name
{
    internal Name(byte[] bytes, TokenKind kind)
    {
        Bytes = bytes;
        Kind = kind;
    }

    public byte[] Bytes { get; }
    internal TokenKind Kind { get; }
    internal LocalVariable? Binding { get; set; }

    /// <summary>A place for the compiler to keep what it made of the name.</summary>
    internal object? Compiled { get; set; }

    /// <summary>The identifier as text (identifiers are ASCII).</summary>
    public override string ToString() => Encoding.ASCII.GetString(Bytes);
}

/// <summary>The spellings of one parse: an open-addressing set, so that reading a known name allocates nothing.</summary>
internal sealed class NameTable
{
    private Name?[] _slots = new Name?[128];
    private int _count;

    internal NameTable()
    {
        for (var kind = TokenKind.And; kind <= TokenKind.While; kind++)
        {
            var bytes = Encoding.ASCII.GetBytes(TokenNames.Of(kind));
            Add(new Name(bytes, kind), Hash(bytes, 0, bytes.Length));
        }
    }

    /// <summary>The name spelt by these bytes. Its kind is that of a reserved word, or <see cref="TokenKind.Name"/>.</summary>
    internal Name Get(byte[] source, int start, int length)
    {
        var hash = Hash(source, start, length);
        for (var i = hash & (_slots.Length - 1); ; i = (i + 1) & (_slots.Length - 1))
        {
            var name = _slots[i];
            if (name is null) break;
            if (SameBytes(name.Bytes, source, start, length)) return name;
        }
        var bytes = new byte[length];
        Array.Copy(source, start, bytes, 0, length);
        var made = new Name(bytes, TokenKind.Name);
        Add(made, hash);
        return made;
    }

    internal Name Get(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        return Get(bytes, 0, bytes.Length);
    }

    private void Add(Name name, int hash)
    {
        if (_count * 2 >= _slots.Length)
        {
            var old = _slots;
            _slots = new Name?[old.Length * 2];
            foreach (var each in old)
            {
                if (each is not null) Place(each, Hash(each.Bytes, 0, each.Bytes.Length));
            }
        }
        Place(name, hash);
        _count++;
    }

    private void Place(Name name, int hash)
    {
        var i = hash & (_slots.Length - 1);
        while (_slots[i] is not null) i = (i + 1) & (_slots.Length - 1);
        _slots[i] = name;
    }

    private static bool SameBytes(byte[] bytes, byte[] source, int start, int length)
    {
        if (bytes.Length != length) return false;
        for (var i = 0; i < length; i++)
        {
            if (bytes[i] != source[start + i]) return false;
        }
        return true;
    }

    // FNV-1a with a final mix: identifiers in one script that an attacker chose to collide cost him his own parse only.
    private static int Hash(byte[] source, int start, int length)
    {
        var hash = 2166136261u;
        for (var i = 0; i < length; i++) hash = (hash ^ source[start + i]) * 16777619u;
        return (int)((hash ^ hash >> 15) & 0x7FFFFFFF);
    }
}
