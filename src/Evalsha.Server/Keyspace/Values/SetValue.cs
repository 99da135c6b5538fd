// A set of byte strings. While all members are canonical integers and there are few, it is a sorted integer array ("intset"), else a table.
// Always true: exactly one of _integers and _table is in use; as a "listpack" the members keep the order in which they came; forms only move intset -> listpack -> hashtable.
using System.Diagnostics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

/// <summary>The value of a table that is a set.</summary>
internal readonly struct Nothing;

internal sealed class SetValue : IWarmed
{
    private IntegerSet? _integers = new();
    private DenseTable<Nothing> _table = new();
    private bool _isLarge;

    public int Count => _integers?.Count ?? _table.Count;

    /// <summary>True while members are stored as integers and have no objects.</summary>
    public bool IsInteger => _integers is not null;

    public string Encoding => _integers is not null ? "intset" : _isLarge ? "hashtable" : "listpack";

    public long Warm(ReadOnlySpan<int> hashes) => _table.Warm(hashes);

    public bool Contains(ReadOnlySpan<byte> member) => _integers is null
        ? _table.Contains(member)
        : RedisNumber.TryParseInteger(member, out var integer) && _integers.Contains(integer);

    public bool Contains(ByteString member) => _integers is null ? _table.Contains(member) : Contains(member.Span);

    /// <summary>The member at an index; made anew for an integer.</summary>
    public ByteString this[int index] => _integers is null ? _table.KeyAt(index) : Printed(_integers[index]);

    /// <summary>The member at an index without an object for it; an integer is printed into <paramref name="scratch"/>.</summary>
    public ReadOnlySpan<byte> Bytes(int index, Span<byte> scratch) => _integers is null
        ? _table.KeyAt(index).Span
        : scratch[..RedisNumber.FormatInteger(_integers[index], scratch)];

    public bool Add(ByteString member)
    {
        if (_integers is not null)
        {
            if (RedisNumber.TryParseInteger(member.Span, out var integer))
            {
                if (!_integers.Add(integer))
                {
                    return false;
                }

                if (_integers.Count > EncodingLimits.IntegerSetEntriesMax)
                {
                    ToTable();
                    _isLarge = true;
                }

                return true;
            }

            ToTable();
        }
        else if (_table.Contains(member))
        {
            return false;
        }

        _table.Add(member, default);
        _isLarge |= _table.Count > EncodingLimits.SetEntriesMax || member.Length > EncodingLimits.SetValueBytesMax;
        return true;
    }

    public bool Remove(ReadOnlySpan<byte> member)
    {
        if (_integers is not null)
        {
            return RedisNumber.TryParseInteger(member, out var integer) && _integers.Remove(integer);
        }

        var index = _table.IndexOf(member);
        if (index < 0)
        {
            return false;
        }

        RemoveFromTable(index);
        return true;
    }

    public void RemoveAt(int index)
    {
        if (_integers is not null)
        {
            _integers.Remove(_integers[index]);
        }
        else
        {
            RemoveFromTable(index);
        }
    }

    /// <summary>SSCAN's next stretch of indices: everything at once while small.</summary>
    public ulong Scan(ulong cursor, long count, out int from, out int to)
    {
        if (_isLarge)
        {
            return _table.Scan(cursor, count, out from, out to);
        }

        (from, to) = (0, Count);
        return 0;
    }

    public SetValue Clone() => new() { _integers = _integers?.Clone(), _table = _table.Clone(), _isLarge = _isLarge };

    private static ByteString Printed(long integer)
    {
        Span<byte> scratch = stackalloc byte[RedisNumber.IntegerBytesMax];
        return ByteString.From(scratch[..RedisNumber.FormatInteger(integer, scratch)]);
    }

    private void RemoveFromTable(int index)
    {
        if (_isLarge)
        {
            _table.RemoveAt(index);
        }
        else
        {
            _table.RemoveAtKeepingOrder(index);
        }
    }

    private void ToTable()
    {
        Debug.Assert(_integers is not null);
        _table.EnsureCapacity(_integers.Count + 1);
        for (var i = 0; i < _integers.Count; i++)
        {
            _table.Add(Printed(_integers[i]), default);
        }

        _integers = null;
        _isLarge = _table.Count > EncodingLimits.SetEntriesMax;
    }
}
