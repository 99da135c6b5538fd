// Members ordered by (score, member bytes): a B+ tree in which every inner node knows how many members each child holds.
// Always true: members ascend strictly over the chained leaves; a child's lower bound is not above any of its members and is above all members before it;
//   Counts[i] is the number of members under child i; no node but the root is empty.
// So rank of a member, member of a rank, and the first member above a bound each cost one descent, O(log n); removal of a run costs one descent per leaf.
// One file because the tree and its two kinds of node keep one invariant between them: who splits, who joins, who counts.
// A B+ tree and not Redis's skip list: four levels and two dense arrays per leaf for a million members, where a skip list follows twenty pointers.
using System.Diagnostics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace.Values;

/// <summary>Where a range begins: true for members that lie before it. Must be true for a prefix of the order and false for the rest.</summary>
internal delegate bool LiesBefore<TBound>(in TBound bound, double score, ByteString member);

internal sealed class ScoreTree
{
    /// <summary>Members per leaf. 64 scores are eight cache lines; moving half of them costs about as much as one descent.</summary>
    internal const int LeafSize = 64;

    private const int InnerSize = 32;
    private const int SmallestLeaf = 4;

    private Node _root = new Leaf();

    public int Count { get; private set; }

    public static int Compare(double score, ByteString member, double otherScore, ByteString otherMember) =>
        score < otherScore ? -1 : score > otherScore ? 1 : member.Span.SequenceCompareTo(otherMember.Span);

    /// <summary>Adds a pair that is not there.</summary>
    public void Add(double score, ByteString member)
    {
        Debug.Assert(!double.IsNaN(score));
        var right = _root.Add(score, member);
        if (right is not null)
        {
            _root = new Inner(_root, right);
        }

        Count++;
    }

    /// <summary>Removes a pair that is there.</summary>
    public void Remove(double score, ByteString member)
    {
        var removed = _root.Remove(score, member);
        Debug.Assert(removed);
        Count--;
        Shorten();
    }

    /// <summary>Removes <paramref name="count"/> members from a rank on.</summary>
    public void RemoveRun(int rank, int count)
    {
        Debug.Assert(rank >= 0 && count >= 0 && rank + count <= Count);
        while (count > 0)
        {
            var removed = _root.RemoveRun(rank, count);
            count -= removed;
            Count -= removed;
            Shorten();
        }
    }

    /// <summary>How many members lie before the pair; its rank when it is there.</summary>
    public int RankOf(double score, ByteString member)
    {
        var rank = 0;
        var node = _root;
        while (node is Inner inner)
        {
            var child = inner.ChildFor(score, member);
            for (var i = 0; i < child; i++)
            {
                rank += inner.Counts[i];
            }

            node = inner.Children[child];
        }

        var place = ((Leaf)node).Find(score, member);
        return rank + (place < 0 ? ~place : place);
    }

    /// <summary>How many members lie before a bound.</summary>
    public int CountBefore<TBound>(in TBound bound, LiesBefore<TBound> before)
    {
        var rank = 0;
        var node = _root;
        while (node is Inner inner)
        {
            // The last child whose lower bound lies before: the border is inside it.
            int low = 1, high = inner.Count;
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (before(bound, inner.LowScores[middle], inner.LowMembers[middle]))
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            for (var i = 0; i < low - 1; i++)
            {
                rank += inner.Counts[i];
            }

            node = inner.Children[low - 1];
        }

        var leaf = (Leaf)node;
        int from = 0, to = leaf.Count;
        while (from < to)
        {
            var middle = (from + to) / 2;
            if (before(bound, leaf.Scores[middle], leaf.Members[middle]))
            {
                from = middle + 1;
            }
            else
            {
                to = middle;
            }
        }

        return rank + from;
    }

    /// <summary>Stands on the member of a rank; <see cref="Cursor.IsValid"/> is false when there is none.</summary>
    public Cursor At(int rank)
    {
        if ((uint)rank >= (uint)Count)
        {
            return default;
        }

        var node = _root;
        while (node is Inner inner)
        {
            var child = 0;
            while (rank >= inner.Counts[child])
            {
                rank -= inner.Counts[child++];
            }

            node = inner.Children[child];
        }

        return new Cursor((Leaf)node, rank);
    }

    public ScoreTree Clone()
    {
        var clone = new ScoreTree();
        for (var cursor = At(0); cursor.IsValid; cursor.MoveNext())
        {
            clone.Add(cursor.Score, cursor.Member);
        }

        return clone;
    }

    /// <summary>For tests: throws when what the header promises does not hold.</summary>
    internal void Verify()
    {
        var counted = _root.Verify(isRoot: true);
        if (counted != Count)
        {
            throw new InvalidOperationException($"the tree counts {Count} members and holds {counted}");
        }
    }

    private void Shorten()
    {
        while (_root is Inner { Count: <= 1 } inner)
        {
            _root = inner.Count == 0 ? new Leaf() : inner.Children[0];
        }
    }

    /// <summary>A place in the order. Good until the next change of the tree.</summary>
    internal struct Cursor
    {
        private Leaf? _leaf;
        private int _index;

        internal Cursor(Leaf leaf, int index) => (_leaf, _index) = (leaf, index);

        public readonly bool IsValid => _leaf is not null;

        public readonly double Score => _leaf!.Scores[_index];

        public readonly ByteString Member => _leaf!.Members[_index];

        public void MoveNext()
        {
            if (++_index >= _leaf!.Count)
            {
                (_leaf, _index) = (_leaf.Next, 0);
            }
        }

        public void MovePrevious()
        {
            if (--_index < 0)
            {
                _leaf = _leaf!.Previous;
                _index = _leaf is null ? 0 : _leaf.Count - 1;
            }
        }
    }

    internal abstract class Node
    {
        public int Count;

        public abstract int Total { get; }

        /// <summary>Adds; answers the new right neighbour when the node had to split.</summary>
        public abstract Node? Add(double score, ByteString member);

        public abstract bool Remove(double score, ByteString member);

        /// <summary>Removes members of one leaf from a rank on, at most <paramref name="count"/>; answers how many.</summary>
        public abstract int RemoveRun(int rank, int count);

        public abstract bool IsSparse { get; }

        public abstract bool TryAbsorb(Node right, double rightScore, ByteString rightMember);

        public abstract int Verify(bool isRoot);
    }

    internal sealed class Leaf : Node
    {
        public double[] Scores = new double[SmallestLeaf];
        public ByteString[] Members = new ByteString[SmallestLeaf];
        public Leaf? Next;
        public Leaf? Previous;

        public override int Total => Count;

        public override bool IsSparse => Count < LeafSize / 4;

        /// <summary>The pair's index, or the complement of where it belongs.</summary>
        public int Find(double score, ByteString member)
        {
            int low = 0, high = Count;
            while (low < high)
            {
                var middle = (low + high) / 2;
                var order = Compare(Scores[middle], Members[middle], score, member);
                if (order == 0)
                {
                    return middle;
                }

                if (order < 0)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return ~low;
        }

        public override Node? Add(double score, ByteString member)
        {
            var place = ~Find(score, member);
            Debug.Assert(place >= 0);
            if (Count < LeafSize)
            {
                Insert(place, score, member);
                return null;
            }

            // Appending at the very end leaves the full leaf full: ascending insertion then wastes nothing.
            var kept = Next is null && place == Count ? Count : Count / 2;
            var right = new Leaf { Next = Next, Previous = this };
            if (Next is not null)
            {
                Next.Previous = right;
            }

            Next = right;
            right.Take(this, kept);
            if (place <= kept && kept < LeafSize)
            {
                Insert(place, score, member);
            }
            else
            {
                right.Insert(place - kept, score, member);
            }

            return right;
        }

        public override bool Remove(double score, ByteString member)
        {
            var place = Find(score, member);
            if (place < 0)
            {
                return false;
            }

            Delete(place, 1);
            return true;
        }

        public override int RemoveRun(int rank, int count)
        {
            count = Math.Min(count, Count - rank);
            Delete(rank, count);
            return count;
        }

        public override bool TryAbsorb(Node right, double rightScore, ByteString rightMember)
        {
            var other = (Leaf)right;
            if (Count + other.Count > LeafSize * 3 / 4)
            {
                return false;
            }

            EnsureRoom(Count + other.Count);
            Array.Copy(other.Scores, 0, Scores, Count, other.Count);
            Array.Copy(other.Members, 0, Members, Count, other.Count);
            Count += other.Count;
            other.Unlink();
            return true;
        }

        /// <summary>Takes this leaf out of the chain.</summary>
        public void Unlink()
        {
            if (Previous is not null)
            {
                Previous.Next = Next;
            }

            if (Next is not null)
            {
                Next.Previous = Previous;
            }
        }

        public override int Verify(bool isRoot)
        {
            for (var i = 0; i < Count; i++)
            {
                if (i > 0 && Compare(Scores[i - 1], Members[i - 1], Scores[i], Members[i]) >= 0)
                {
                    throw new InvalidOperationException("a leaf is out of order");
                }
            }

            return Count > 0 || isRoot ? Count : throw new InvalidOperationException("a leaf is empty");
        }

        private void Insert(int place, double score, ByteString member)
        {
            EnsureRoom(Count + 1);
            Array.Copy(Scores, place, Scores, place + 1, Count - place);
            Array.Copy(Members, place, Members, place + 1, Count - place);
            Scores[place] = score;
            Members[place] = member;
            Count++;
        }

        private void Delete(int place, int count)
        {
            Array.Copy(Scores, place + count, Scores, place, Count - place - count);
            Array.Copy(Members, place + count, Members, place, Count - place - count);
            Array.Clear(Members, Count - count, count);
            Count -= count;
        }

        private void Take(Leaf left, int from)
        {
            Count = left.Count - from;
            EnsureRoom(Math.Max(SmallestLeaf, Count));
            Array.Copy(left.Scores, from, Scores, 0, Count);
            Array.Copy(left.Members, from, Members, 0, Count);
            Array.Clear(left.Members, from, Count);
            left.Count = from;
        }

        private void EnsureRoom(int size)
        {
            if (size > Scores.Length)
            {
                size = Math.Min(LeafSize, Math.Max(size, Scores.Length * 2));
                Array.Resize(ref Scores, size);
                Array.Resize(ref Members, size);
            }
        }
    }

    internal sealed class Inner : Node
    {
        public readonly Node[] Children = new Node[InnerSize];
        public readonly int[] Counts = new int[InnerSize];
        public readonly double[] LowScores = new double[InnerSize];
        public readonly ByteString[] LowMembers = new ByteString[InnerSize]; // [0] is never read: everything below child 1 goes to child 0

        public Inner(Node left, Node right)
        {
            Children[0] = left;
            Counts[0] = left.Total;
            Count = 1;
            InsertChild(1, right);
        }

        private Inner()
        {
        }

        public override int Total
        {
            get
            {
                var sum = 0;
                for (var i = 0; i < Count; i++)
                {
                    sum += Counts[i];
                }

                return sum;
            }
        }

        public override bool IsSparse => Count < InnerSize / 4;

        /// <summary>The child in which the pair is or would be.</summary>
        public int ChildFor(double score, ByteString member)
        {
            int low = 1, high = Count;
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (Compare(LowScores[middle], LowMembers[middle], score, member) <= 0)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low - 1;
        }

        public override Node? Add(double score, ByteString member)
        {
            var child = ChildFor(score, member);
            var newChild = Children[child].Add(score, member);
            if (newChild is null)
            {
                Counts[child]++;
                return null;
            }

            Counts[child] = Children[child].Total;
            if (Count < InnerSize)
            {
                InsertChild(child + 1, newChild);
                return null;
            }

            var right = new Inner();
            var kept = child == Count - 1 ? Count - 1 : Count / 2;
            MoveChildren(kept, right);
            if (child + 1 <= kept)
            {
                InsertChild(child + 1, newChild);
            }
            else
            {
                right.InsertChild(child + 1 - kept, newChild);
            }

            return right;
        }

        public override bool Remove(double score, ByteString member)
        {
            var child = ChildFor(score, member);
            if (!Children[child].Remove(score, member))
            {
                return false;
            }

            Counts[child]--;
            Mend(child);
            return true;
        }

        public override int RemoveRun(int rank, int count)
        {
            var child = 0;
            while (rank >= Counts[child])
            {
                rank -= Counts[child++];
            }

            var removed = Children[child].RemoveRun(rank, count);
            Counts[child] -= removed;
            Mend(child);
            return removed;
        }

        public override bool TryAbsorb(Node right, double rightScore, ByteString rightMember)
        {
            var other = (Inner)right;
            if (Count + other.Count > InnerSize * 3 / 4)
            {
                return false;
            }

            other.LowScores[0] = rightScore;
            other.LowMembers[0] = rightMember;
            Array.Copy(other.Children, 0, Children, Count, other.Count);
            Array.Copy(other.Counts, 0, Counts, Count, other.Count);
            Array.Copy(other.LowScores, 0, LowScores, Count, other.Count);
            Array.Copy(other.LowMembers, 0, LowMembers, Count, other.Count);
            Count += other.Count;
            return true;
        }

        public override int Verify(bool isRoot)
        {
            if (Count == 0 || (isRoot && Count < 2))
            {
                throw new InvalidOperationException("an inner node has too few children");
            }

            for (var i = 0; i < Count; i++)
            {
                if (Children[i].Verify(isRoot: false) != Counts[i])
                {
                    throw new InvalidOperationException("an inner node miscounts a child");
                }

                if (i > 0 && Compare(LastOf(Children[i - 1]).Score, LastOf(Children[i - 1]).Member, LowScores[i], LowMembers[i]) >= 0)
                {
                    throw new InvalidOperationException("a lower bound is not above what is before it");
                }

                if (i > 0 && Compare(FirstOf(Children[i]).Score, FirstOf(Children[i]).Member, LowScores[i], LowMembers[i]) < 0)
                {
                    throw new InvalidOperationException("a lower bound is above its own child");
                }
            }

            return Total;
        }

        private static (double Score, ByteString Member) FirstOf(Node node)
        {
            while (node is Inner inner)
            {
                node = inner.Children[0];
            }

            var leaf = (Leaf)node;
            return (leaf.Scores[0], leaf.Members[0]);
        }

        private static (double Score, ByteString Member) LastOf(Node node)
        {
            while (node is Inner inner)
            {
                node = inner.Children[inner.Count - 1];
            }

            var leaf = (Leaf)node;
            return (leaf.Scores[leaf.Count - 1], leaf.Members[leaf.Count - 1]);
        }

        /// <summary>After a removal: an empty child goes, a sparse one joins a neighbour when both fit into one.</summary>
        private void Mend(int child)
        {
            if (Counts[child] == 0)
            {
                (Children[child] as Leaf)?.Unlink(); // an inner child has already unlinked its leaves
                DeleteChild(child);
            }
            else if (Children[child].IsSparse)
            {
                if (child + 1 < Count && Children[child].TryAbsorb(Children[child + 1], LowScores[child + 1], LowMembers[child + 1]))
                {
                    Counts[child] += Counts[child + 1];
                    DeleteChild(child + 1);
                }
                else if (child > 0 && Children[child - 1].TryAbsorb(Children[child], LowScores[child], LowMembers[child]))
                {
                    Counts[child - 1] += Counts[child];
                    DeleteChild(child);
                }
            }
        }

        private void InsertChild(int place, Node child)
        {
            var tail = Count - place;
            Array.Copy(Children, place, Children, place + 1, tail);
            Array.Copy(Counts, place, Counts, place + 1, tail);
            Array.Copy(LowScores, place, LowScores, place + 1, tail);
            Array.Copy(LowMembers, place, LowMembers, place + 1, tail);
            Children[place] = child;
            Counts[place] = child.Total;
            (LowScores[place], LowMembers[place]) = FirstOf(child);
            Count++;
        }

        private void DeleteChild(int place)
        {
            var tail = Count - place - 1;
            Array.Copy(Children, place + 1, Children, place, tail);
            Array.Copy(Counts, place + 1, Counts, place, tail);
            Array.Copy(LowScores, place + 1, LowScores, place, tail);
            Array.Copy(LowMembers, place + 1, LowMembers, place, tail);
            Count--;
            Children[Count] = null!;
            LowMembers[Count] = null!;
        }

        private void MoveChildren(int from, Inner right)
        {
            right.Count = Count - from;
            Array.Copy(Children, from, right.Children, 0, right.Count);
            Array.Copy(Counts, from, right.Counts, 0, right.Count);
            Array.Copy(LowScores, from, right.LowScores, 0, right.Count);
            Array.Copy(LowMembers, from, right.LowMembers, 0, right.Count);
            Array.Clear(Children, from, right.Count);
            Array.Clear(LowMembers, from, right.Count);
            Count = from;
        }
    }
}
