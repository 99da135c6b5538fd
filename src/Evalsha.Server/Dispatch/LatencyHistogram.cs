// How long a command took, in buckets that are at most 1/16 wide: enough for percentiles to three digits less than anybody reads.
// Always: recording is two shifts and an increment; memory is fixed. One turn writes; a reader in its own turn reads.
// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Diagnostics;
using System.Numerics;

namespace Evalsha.Server.Dispatch;

internal sealed class LatencyHistogram
{
    private const int SubBits = 4;
    private const int Octaves = 36; // up to 2^36 ns, a minute; longer ones share the last bucket
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;

    private readonly long[] _buckets = new long[Octaves << SubBits];
    private long _count;

    public void Record(long ticks)
    {
        var nanoseconds = (ulong)(ticks * NanosecondsPerTick);
        var octave = Math.Max(0, BitOperations.Log2(nanoseconds | 1) - SubBits);
        var index = (octave << SubBits) + (int)(nanoseconds >> octave);
        _buckets[Math.Min(index, _buckets.Length - 1)]++;
        _count++;
    }

    /// <summary>The upper end of the bucket that holds this share of all, in microseconds; 0 when nothing was recorded.</summary>
    public double Percentile(double share)
    {
        var wanted = (long)Math.Ceiling(_count * share);
        for (var (index, seen) = (0, 0L); index < _buckets.Length; index++)
        {
            seen += _buckets[index];
            if (seen >= wanted && seen > 0)
            {
                return UpperEnd(index) / 1000.0;
            }
        }

        return 0;
    }

    /// <summary>How many took at most so many microseconds, at each power of two where the sum grows: LATENCY HISTOGRAM's form.</summary>
    public List<(long Microseconds, long Count)> Cumulative()
    {
        var found = new List<(long, long)>();
        var (index, seen) = (0, 0L);
        for (var bound = 1024L; seen < _count; bound *= 2)
        {
            // The upper end of Redis's bucket, which is 1/128 wide.
            var end = bound + (bound / 128) - 1;
            var before = seen;
            while (index < _buckets.Length && (UpperEnd(index) <= end || index == _buckets.Length - 1))
            {
                seen += _buckets[index++];
            }

            if (seen != before)
            {
                found.Add((end / 1000, seen));
            }
        }

        return found;
    }

    // Below 2^(SubBits+1) a bucket is one nanosecond; above, the octave's number says how far its buckets were shifted.
    private static double UpperEnd(int index)
    {
        var octave = Math.Max(0, (index >> SubBits) - 1);
        return (double)(index - (octave << SubBits) + 1) * (1L << octave);
    }
}
