// An estimate of how many different elements were seen, kept in the bytes of a string exactly as Redis keeps it (Flajolet's HyperLogLog with Ertl's
// estimator): 16384 registers of six bits, dense, or as runs while there are few.
//   header   "HYLL", a byte for the form (0 dense, 1 sparse), three zeros, the last estimate in eight bytes, little end first; its highest bit: stale
//   sparse   00xxxxxx             x+1 registers are zero
//            01xxxxxx yyyyyyyy    14 bits + 1 registers are zero
//            1vvvvvxx             x+1 registers hold v+1
// Always: whoever calls has asked IsOne; runs that do not add up to 16384 registers are damage, and are reported and never read past.
using System.Buffers.Binary;
using System.Numerics;

namespace Evalsha.Server.Keyspace.Values;

internal static class HyperLogLog
{
    public const int Registers = 16384;
    public const int HeaderBytes = 16;
    public const int DenseBytes = HeaderBytes + (Registers * RegisterBits / 8);

    private const int RegisterBits = 6;
    private const int RegisterMost = (1 << RegisterBits) - 1;
    private const int IndexBits = 14;
    private const int HashBits = 64 - IndexBits;
    private const int FormAt = 4;
    private const int EstimateAt = 8;
    private const byte Stale = 0x80;
    private const int ZerosMost = 64;
    private const int RunMost = 4;
    private const int RunValueMost = 32;
    private const ulong Seed = 0xadc83b19;
    private const double AlphaInfinity = 0.721347520444481703680;

    private enum Run
    {
        Zeros,
        ManyZeros,
        Value,
    }

    /// <summary>A new one that has seen nothing.</summary>
    public static StringBuffer Create()
    {
        Span<byte> bytes = stackalloc byte[HeaderBytes + 2];
        bytes.Clear();
        "HYLL"u8.CopyTo(bytes);
        bytes[FormAt] = 1;
        PutZeros(bytes[HeaderBytes..], Registers);
        return new StringBuffer(bytes);
    }

    /// <summary>Whether the bytes begin as one and, when dense, are as long as one.</summary>
    public static bool IsOne(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderBytes && bytes.StartsWith("HYLL"u8) && bytes[FormAt] <= 1 && (bytes[FormAt] == 1 || bytes.Length == DenseBytes);

    public static bool IsSparse(ReadOnlySpan<byte> bytes) => bytes[FormAt] == 1;

    /// <summary>The estimate made last; false: something was added since.</summary>
    public static bool TryLastEstimate(ReadOnlySpan<byte> bytes, out long estimate)
    {
        estimate = BinaryPrimitives.ReadInt64LittleEndian(bytes[EstimateAt..]);
        return estimate >= 0;
    }

    public static void KeepEstimate(Span<byte> bytes, long estimate) => BinaryPrimitives.WriteInt64LittleEndian(bytes[EstimateAt..], estimate);

    public static void Invalidate(StringBuffer value) => value.Extend(HeaderBytes)[HeaderBytes - 1] |= Stale;

    /// <summary>Sees an element: 1 when a register grew, 0 when not, -1 when the runs are damaged.</summary>
    /// <param name="sparseMost">Bytes beyond which it becomes dense.</param>
    public static int Add(StringBuffer value, ReadOnlySpan<byte> element, int sparseMost)
    {
        var hash = Hash(element);
        var index = (int)(hash & (Registers - 1));
        var rank = BitOperations.TrailingZeroCount((hash >> IndexBits) | (1UL << HashBits)) + 1;
        return Set(value, index, rank, sparseMost);
    }

    /// <summary>Raises a register to a rank: 1 when it was lower, 0 when not, -1 when the runs are damaged.</summary>
    public static int Set(StringBuffer value, int index, int rank, int sparseMost) =>
        IsSparse(value.Span) ? SetSparse(value, index, rank, sparseMost) : SetDense(value, index, rank);

    /// <summary>Spells every register out. False: the runs are damaged.</summary>
    public static bool TryMakeDense(StringBuffer value)
    {
        if (!IsSparse(value.Span))
        {
            return true;
        }

        Span<byte> registers = stackalloc byte[Registers];
        registers.Clear();
        if (!TryMerge(registers, value.Span))
        {
            return false;
        }

        value.Truncate(HeaderBytes);
        var bytes = value.Extend(DenseBytes);
        bytes[FormAt] = 0;
        for (var i = 0; i < Registers; i++)
        {
            Write(bytes[HeaderBytes..], i, registers[i]);
        }

        return true;
    }

    /// <summary>Raises each register to what it is in <paramref name="bytes"/>. False: the runs are damaged.</summary>
    public static bool TryMerge(Span<byte> registers, ReadOnlySpan<byte> bytes)
    {
        var data = bytes[HeaderBytes..];
        if (!IsSparse(bytes))
        {
            for (var i = 0; i < Registers; i++)
            {
                registers[i] = Math.Max(registers[i], Read(data, i));
            }

            return true;
        }

        var at = 0;
        while (!data.IsEmpty)
        {
            var length = RunAt(data, out var run, out var value);
            if (at + run > Registers || length > data.Length)
            {
                return false;
            }

            if (value > 0)
            {
                foreach (ref var register in registers.Slice(at, run))
                {
                    register = Math.Max(register, (byte)value);
                }
            }

            at += run;
            data = data[length..];
        }

        return at == Registers;
    }

    public static byte Register(ReadOnlySpan<byte> dense, int index) => Read(dense[HeaderBytes..], index);

    /// <summary>How many elements it has seen, about. False: the runs are damaged.</summary>
    public static bool TryEstimate(ReadOnlySpan<byte> bytes, out long estimate)
    {
        estimate = 0;
        Span<int> counts = stackalloc int[RegisterMost + 1];
        counts.Clear();
        var data = bytes[HeaderBytes..];
        if (!IsSparse(bytes))
        {
            for (var i = 0; i < Registers; i++)
            {
                counts[Read(data, i)]++;
            }
        }
        else
        {
            var at = 0;
            while (!data.IsEmpty)
            {
                var length = RunAt(data, out var run, out var value);
                at += run;
                if (at > Registers || length > data.Length)
                {
                    return false;
                }

                counts[value] += run;
                data = data[length..];
            }

            if (at != Registers)
            {
                return false;
            }
        }

        estimate = Estimate(counts);
        return true;
    }

    /// <summary>The estimate of registers that lie apart, a byte each.</summary>
    public static long EstimateOf(ReadOnlySpan<byte> registers)
    {
        Span<int> counts = stackalloc int[RegisterMost + 1];
        counts.Clear();
        foreach (var register in registers)
        {
            counts[register & RegisterMost]++;
        }

        return Estimate(counts);
    }

    /// <summary>The runs in letters, as PFDEBUG DECODE prints them: z and Z for zeros, v for a value and its length.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder();
        var data = bytes[HeaderBytes..];
        while (!data.IsEmpty)
        {
            var length = Math.Min(RunAt(data, out var run, out var value), data.Length);
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(value > 0 ? $"v:{value},{run}" : $"{(length == 2 ? 'Z' : 'z')}:{run}")} ");
            data = data[length..];
        }

        return text.ToString().TrimEnd(' ');
    }

    private static Run KindOf(byte first) => (first & 0x80) != 0 ? Run.Value : (first & 0x40) != 0 ? Run.ManyZeros : Run.Zeros;

    /// <summary>The first run: how many registers, what they hold, and how many bytes it takes.</summary>
    private static int RunAt(ReadOnlySpan<byte> data, out int registers, out int value)
    {
        var first = data[0];
        value = 0;
        switch (KindOf(first))
        {
            case Run.Value:
                (value, registers) = (((first >> 2) & 0x1F) + 1, (first & 3) + 1);
                return 1;
            case Run.Zeros:
                registers = (first & 0x3F) + 1;
                return 1;
            default:
                registers = (((first & 0x3F) << 8) | (data.Length > 1 ? data[1] : 0)) + 1;
                return 2;
        }
    }

    /// <summary>Writes so many zeros in their shortest form; how many bytes that took.</summary>
    private static int PutZeros(Span<byte> into, int count)
    {
        if (count <= ZerosMost)
        {
            into[0] = (byte)(count - 1);
            return 1;
        }

        into[0] = (byte)(((count - 1) >> 8) | 0x40);
        into[1] = (byte)(count - 1);
        return 2;
    }

    private static byte ValueRun(int value, int count) => (byte)(((value - 1) << 2) | (count - 1) | 0x80);

    private static int SetDense(StringBuffer value, int index, int rank)
    {
        var registers = value.Extend(DenseBytes)[HeaderBytes..];
        if (Read(registers, index) >= rank)
        {
            return 0;
        }

        Write(registers, index, (byte)rank);
        return 1;
    }

    /// <summary>Splits the run that holds the register in up to three, and joins what then lies side by side with one value.</summary>
    private static int SetSparse(StringBuffer value, int index, int rank, int sparseMost)
    {
        if (rank > RunValueMost)
        {
            return PromoteAndSet(value, index, rank);
        }

        // The run that covers the register. Nearly all of the time of PFADD goes into this walk, so it looks at lengths only.
        var bytes = value.Span;
        int at = HeaderBytes, previous = -1, first = 0;
        while (true)
        {
            if (at >= bytes.Length)
            {
                return -1;
            }

            int run = bytes[at];
            var end = first + ((run & 0x80) != 0 ? (run & 3) + 1 : (run & 0x40) == 0 ? run + 1 : (((run & 0x3F) << 8) | (at + 1 < bytes.Length ? bytes[at + 1] : 0)) + 1);
            if (index < end)
            {
                break;
            }

            previous = at;
            at += (run & 0xC0) == 0x40 ? 2 : 1;
            first = end;
        }

        var length = RunAt(bytes[at..], out var span, out var old);
        if (at + length > bytes.Length)
        {
            return -1;
        }

        if (old >= rank)
        {
            return 0;
        }

        Span<byte> sequence = stackalloc byte[5];
        var written = 0;
        var last = first + span - 1;
        if (index != first)
        {
            written += old == 0 ? PutZeros(sequence, index - first) : PutRun(sequence, old, index - first);
        }

        written += PutRun(sequence[written..], rank, 1);
        if (index != last)
        {
            written += old == 0 ? PutZeros(sequence[written..], last - index) : PutRun(sequence[written..], old, last - index);
        }

        var grown = written - length;
        if (grown > 0 && bytes.Length + grown > sparseMost)
        {
            return PromoteAndSet(value, index, rank);
        }

        var before = bytes.Length;
        var target = value.Extend(Math.Max(before, before + grown));
        target[(at + length)..before].CopyTo(target[(at + written)..]);
        sequence[..written].CopyTo(target[at..]);
        value.Truncate(Join(target[..(before + grown)], previous < 0 ? HeaderBytes : previous));
        Invalidate(value);
        return 1;

        static int PutRun(Span<byte> into, int value, int count)
        {
            into[0] = ValueRun(value, count);
            return 1;
        }
    }

    /// <summary>Joins runs of one value among the next five; where the bytes end then.</summary>
    private static int Join(Span<byte> bytes, int at)
    {
        const int looked = 5;
        var end = bytes.Length;
        for (var i = 0; i < looked && at < end; i++)
        {
            var kind = KindOf(bytes[at]);
            if (kind != Run.Value)
            {
                at += kind == Run.ManyZeros ? 2 : 1;
                continue;
            }

            if (at + 1 < end && KindOf(bytes[at + 1]) == Run.Value)
            {
                RunAt(bytes[at..], out var count, out var value);
                RunAt(bytes[(at + 1)..], out var nextCount, out var nextValue);
                if (value == nextValue && count + nextCount <= RunMost)
                {
                    bytes[at + 1] = ValueRun(value, count + nextCount);
                    bytes[(at + 1)..end].CopyTo(bytes[at..]);
                    end--;
                    continue;
                }
            }

            at++;
        }

        return end;
    }

    private static int PromoteAndSet(StringBuffer value, int index, int rank) => TryMakeDense(value) ? SetDense(value, index, rank) : -1;

    private static byte Read(ReadOnlySpan<byte> registers, int index)
    {
        var bit = index * RegisterBits;
        var (place, shift) = (bit >> 3, bit & 7);
        var word = registers[place] | (place + 1 < registers.Length ? registers[place + 1] << 8 : 0);
        return (byte)((word >> shift) & RegisterMost);
    }

    private static void Write(Span<byte> registers, int index, byte value)
    {
        var bit = index * RegisterBits;
        var (place, shift) = (bit >> 3, bit & 7);
        registers[place] = (byte)((registers[place] & ~(RegisterMost << shift)) | (value << shift));
        if (shift > 8 - RegisterBits)
        {
            registers[place + 1] = (byte)((registers[place + 1] & ~(RegisterMost >> (8 - shift))) | (value >> (8 - shift)));
        }
    }

    private static long Estimate(ReadOnlySpan<int> counts)
    {
        const double m = Registers;
        var z = m * Tau((m - counts[HashBits + 1]) / m);
        for (var i = HashBits; i >= 1; i--)
        {
            z = (z + counts[i]) * 0.5;
        }

        z += m * Sigma(counts[0] / m);
        return (long)Math.Round(AlphaInfinity * m * m / z, MidpointRounding.AwayFromZero);
    }

    private static double Sigma(double x)
    {
        if (x == 1)
        {
            return double.PositiveInfinity;
        }

        double y = 1, z = x, before;
        do
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }
        while (before != z);

        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
        {
            return 0;
        }

        double y = 1, z = 1 - x, before;
        do
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= Math.Pow(1 - x, 2) * y;
        }
        while (before != z);

        return z / 3;
    }

    /// <summary>MurmurHash64A, little end first, with Redis's seed.</summary>
    private static ulong Hash(ReadOnlySpan<byte> text)
    {
        const ulong m = 0xc6a4a7935bd1e995;
        const int r = 47;
        var hash = Seed ^ unchecked((ulong)text.Length * m);
        while (text.Length >= sizeof(ulong))
        {
            var word = unchecked(BinaryPrimitives.ReadUInt64LittleEndian(text) * m);
            word ^= word >> r;
            hash = unchecked((hash ^ (word * m)) * m);
            text = text[sizeof(ulong)..];
        }

        if (!text.IsEmpty)
        {
            for (var i = text.Length - 1; i >= 0; i--)
            {
                hash ^= (ulong)text[i] << (8 * i);
            }

            hash = unchecked(hash * m);
        }

        hash ^= hash >> r;
        hash = unchecked(hash * m);
        return hash ^ (hash >> r);
    }
}
