// A hash: fields and their values.
// Always true: while it counts as small ("listpack") fields keep the order in which they came; once large ("hashtable") it stays so until it is gone.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

internal sealed class HashValue : IWarmed
{
    private DenseTable<ByteString> _table = new();

    public int Count => _table.Count;

    public bool IsLarge { get; private set; }

    public string Encoding => IsLarge ? "hashtable" : "listpack";

    public long Warm(ReadOnlySpan<int> hashes) => _table.Warm(hashes);

    public bool Contains(ReadOnlySpan<byte> field) => _table.Contains(field);

    public ByteString? Get(ReadOnlySpan<byte> field)
    {
        var index = _table.IndexOf(field);
        return index < 0 ? null : _table.ValueAt(index);
    }

    /// <summary>The field's index, or a negative number. Good until the next removal.</summary>
    public int IndexOf(ReadOnlySpan<byte> field) => _table.IndexOf(field);

    public ByteString FieldAt(int index) => _table.KeyAt(index);

    public ByteString ValueAt(int index) => _table.ValueAt(index);

    /// <summary>Gives the field at an index another value.</summary>
    public void SetAt(int index, ByteString value)
    {
        _table.ValueAt(index) = value;
        IsLarge |= value.Length > EncodingLimits.HashValueBytesMax;
    }

    /// <summary>Adds a field that is not there.</summary>
    public void Add(ByteString field, ByteString value)
    {
        _table.Add(field, value);
        IsLarge |= field.Length > EncodingLimits.HashValueBytesMax || value.Length > EncodingLimits.HashValueBytesMax || _table.Count > EncodingLimits.HashEntriesMax;
    }

    /// <summary>Sets a field; true when it is new.</summary>
    public bool Set(ByteString field, ByteString value)
    {
        var index = _table.IndexOf(field);
        if (index < 0)
        {
            Add(field, value);
            return true;
        }

        SetAt(index, value);
        return false;
    }

    public bool Remove(ReadOnlySpan<byte> field)
    {
        var index = _table.IndexOf(field);
        if (index < 0)
        {
            return false;
        }

        if (IsLarge)
        {
            _table.RemoveAt(index);
        }
        else
        {
            _table.RemoveAtKeepingOrder(index);
        }

        return true;
    }

    /// <summary>HSCAN's next stretch of indices: everything at once while small.</summary>
    public ulong Scan(ulong cursor, long count, out int from, out int to) => _table.Scan(IsLarge ? cursor : 0, IsLarge ? count : long.MaxValue, out from, out to);

    public HashValue Clone() => new() { _table = _table.Clone(), IsLarge = IsLarge };
}
