// A sorted set: members in order of (score, bytes), and the score of each member.
// Always true: the tree holds every member; _scores is null while there are few (the compact form: one leaf, looked through), else it holds every member too;
//   a score is never NaN. Ranks count from the lowest score, from 0.
using System.Diagnostics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

/// <summary>ZRANGEBYSCORE's interval.</summary>
internal readonly record struct ScoreRange(double Min, double Max, bool MinExcluded, bool MaxExcluded)
{
    public bool Contains(double score) => (MinExcluded ? score > Min : score >= Min) && (MaxExcluded ? score < Max : score <= Max);

    internal static readonly LiesBefore<ScoreRange> BeforeStart = static (in ScoreRange r, double score, ByteString _) => r.MinExcluded ? score <= r.Min : score < r.Min;
    internal static readonly LiesBefore<ScoreRange> BeforeEnd = static (in ScoreRange r, double score, ByteString _) => r.MaxExcluded ? score < r.Max : score <= r.Max;
}

/// <summary>One end of ZRANGEBYLEX's interval: "-" (below all), "+" (above all), or a member, taken in or left out.</summary>
internal readonly record struct LexBound(int Infinity, ByteString Member, bool Excluded)
{
    public int CompareTo(ByteString member) => Infinity != 0 ? Infinity : Member.Span.SequenceCompareTo(member.Span);
}

/// <summary>ZRANGEBYLEX's interval. Means something only when all scores are equal.</summary>
internal readonly record struct LexRange(LexBound Min, LexBound Max)
{
    internal static readonly LiesBefore<LexRange> BeforeStart = static (in LexRange r, double _, ByteString member) =>
        r.Min.CompareTo(member) is var order && (order > 0 || (order == 0 && r.Min.Excluded));

    internal static readonly LiesBefore<LexRange> BeforeEnd = static (in LexRange r, double _, ByteString member) =>
        r.Max.CompareTo(member) is var order && (order > 0 || (order == 0 && !r.Max.Excluded));
}

internal sealed class SortedSetValue : IWarmed
{
    /// <summary>Up to here members are found by a walk over one leaf; above, by a table.</summary>
    internal const int WalkedMembersMax = 32;

    private ScoreTree _tree = new();
    private DenseTable<double>? _scores;
    private bool _isLarge;

    public int Count => _tree.Count;

    public string Encoding => _isLarge ? "skiplist" : "listpack";

    /// <summary>SORT takes a small sorted set apart in Redis, and OBJECT ENCODING shows it ever after.</summary>
    public void LeaveSmallForm() => _isLarge = true;

    public long Warm(ReadOnlySpan<int> hashes) => _scores?.Warm(hashes) ?? 0;

    public bool TryGetScore(ReadOnlySpan<byte> member, out double score)
    {
        if (_scores is not null)
        {
            var index = _scores.IndexOf(member);
            score = index < 0 ? 0 : _scores.ValueAt(index);
            return index >= 0;
        }

        return Walk(member, out score) is not null;
    }

    /// <summary>Adds a member that is not there.</summary>
    public void Add(ByteString member, double score)
    {
        _isLarge |= _tree.Count >= EncodingLimits.SortedSetEntriesMax || member.Length > EncodingLimits.SortedSetValueBytesMax;
        score = Kept(score);
        _tree.Add(score, member);
        if (_scores is not null)
        {
            _scores.Add(member, score);
        }
        else if (_tree.Count > WalkedMembersMax)
        {
            _scores = new DenseTable<double>();
            _scores.EnsureCapacity(WalkedMembersMax * 2);
            for (var cursor = _tree.At(0); cursor.IsValid; cursor.MoveNext())
            {
                _scores.Add(cursor.Member, cursor.Score);
            }
        }
    }

    /// <summary>Gives a member that is there another score.</summary>
    public void Move(ReadOnlySpan<byte> member, double score)
    {
        score = Kept(score);
        if (_scores is not null)
        {
            var index = _scores.IndexOf(member);
            ref var slot = ref _scores.ValueAt(index);
            var stored = _scores.KeyAt(index);
            _tree.Remove(slot, stored);
            _tree.Add(score, stored);
            slot = score;
            return;
        }

        var found = Walk(member, out var old);
        Debug.Assert(found is not null);
        _tree.Remove(old, found);
        _tree.Add(score, found);
    }

    /// <summary>Adds the member or moves it.</summary>
    public void Set(ByteString member, double score)
    {
        if (!TryGetScore(member.Span, out var old))
        {
            Add(member, score);
        }
        else if (old != score)
        {
            Move(member.Span, score);
        }
    }

    public bool Remove(ReadOnlySpan<byte> member)
    {
        if (_scores is not null)
        {
            var index = _scores.IndexOf(member);
            if (index < 0)
            {
                return false;
            }

            _tree.Remove(_scores.ValueAt(index), _scores.KeyAt(index));
            _scores.RemoveAt(index);
            return true;
        }

        var found = Walk(member, out var score);
        if (found is null)
        {
            return false;
        }

        _tree.Remove(score, found);
        return true;
    }

    /// <summary>Removes <paramref name="count"/> members from a rank on.</summary>
    public void RemoveRun(int rank, int count)
    {
        if (_scores is not null)
        {
            var cursor = _tree.At(rank);
            for (var i = 0; i < count; i++, cursor.MoveNext())
            {
                _scores.RemoveAt(_scores.IndexOf(cursor.Member));
            }
        }

        _tree.RemoveRun(rank, count);
    }

    /// <summary>The member's rank, or a negative number.</summary>
    public int RankOf(ReadOnlySpan<byte> member, out double score)
    {
        if (_scores is not null)
        {
            var index = _scores.IndexOf(member);
            score = index < 0 ? 0 : _scores.ValueAt(index);
            return index < 0 ? index : _tree.RankOf(score, _scores.KeyAt(index));
        }

        var found = Walk(member, out score);
        return found is null ? -1 : _tree.RankOf(score, found);
    }

    /// <summary>Stands on the member of a rank.</summary>
    public ScoreTree.Cursor At(int rank) => _tree.At(rank);

    /// <summary>The ranks [first, end) of what is inside the interval; empty when first is not below end.</summary>
    public (int First, int End) RanksOf(in ScoreRange range) =>
        (_tree.CountBefore(range, ScoreRange.BeforeStart), _tree.CountBefore(range, ScoreRange.BeforeEnd));

    /// <inheritdoc cref="RanksOf(in ScoreRange)"/>
    public (int First, int End) RanksOf(in LexRange range) =>
        (_tree.CountBefore(range, LexRange.BeforeStart), _tree.CountBefore(range, LexRange.BeforeEnd));

    /// <summary>A member by an index that has nothing to do with its rank; for random choice and ZSCAN.</summary>
    public ByteString MemberAt(int index, out double score)
    {
        if (_scores is not null)
        {
            score = _scores.ValueAt(index);
            return _scores.KeyAt(index);
        }

        var cursor = _tree.At(index);
        score = cursor.Score;
        return cursor.Member;
    }

    /// <summary>ZSCAN's next stretch of indices for <see cref="MemberAt"/>: everything at once while small.</summary>
    public ulong Scan(ulong cursor, long count, out int from, out int to)
    {
        if (_isLarge && _scores is not null)
        {
            return _scores.Scan(cursor, count, out from, out to);
        }

        (from, to) = (0, Count);
        return 0;
    }

    public SortedSetValue Clone() => new() { _tree = _tree.Clone(), _scores = _scores?.Clone(), _isLarge = _isLarge };

    /// <summary>For tests: throws when the two halves differ.</summary>
    internal void Verify()
    {
        _tree.Verify();
        if (_scores is not null && _scores.Count != _tree.Count)
        {
            throw new InvalidOperationException("table and tree differ");
        }
    }

    /// <summary>A listpack holds whole scores as integers, and so no negative zero; a skip list does.</summary>
    private double Kept(double score) => !_isLarge && score == 0 ? 0 : score;

    private ByteString? Walk(ReadOnlySpan<byte> member, out double score)
    {
        for (var cursor = _tree.At(0); cursor.IsValid; cursor.MoveNext())
        {
            var candidate = cursor.Member;
            if (candidate.Length == member.Length && candidate.Span.SequenceEqual(member))
            {
                score = cursor.Score;
                return candidate;
            }
        }

        score = 0;
        return null;
    }
}
