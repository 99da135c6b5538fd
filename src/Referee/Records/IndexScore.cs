// The score of an item in the index: band (8 bits), priority (8 bits, high first), sequence (37 bits, old first), as one integer below 2^53.
// Always: arithmetic, never concatenation, so a double holds it exactly and order is right for every length of number.
// The same arithmetic is in Scripts/lib/record.lua; RecordTests compares the two on a real Redis.
namespace Referee.Records;

public static class IndexScore
{
    /// <summary>Stages of a project are numbered 0..62; the 64th number is the band of what is done.</summary>
    public const int StagesMax = 63;

    /// <summary>The band of done items, whatever their workflow: no claim ever looks there.</summary>
    public const int DoneBand = 252;

    public const int PriorityMax = 255;

    /// <summary>137,438,953,471 items over a shard's life.</summary>
    public const long SequenceMax = (1L << 37) - 1;

    private const int SequenceBits = 37;
    private const int BandShift = 45;

    public static int Band(int stage, WorkState state)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stage);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(stage, StagesMax);
        return state == WorkState.Done ? DoneBand : (stage * 4) + (int)state;
    }

    public static long Of(int stage, WorkState state, int priority, long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(priority);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, PriorityMax);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, SequenceMax);
        return Low(Band(stage, state)) + ((long)(PriorityMax - priority) << SequenceBits) + sequence;
    }

    /// <summary>The lowest score of a band.</summary>
    public static long Low(int band) => (long)band << BandShift;

    /// <summary>The highest score of a band.</summary>
    public static long High(int band) => Low(band + 1) - 1;

    public static int BandOf(long score) => (int)(score >> BandShift);

    public static int PriorityOf(long score) => PriorityMax - (int)((score >> SequenceBits) & PriorityMax);

    public static long SequenceOf(long score) => score & SequenceMax;
}
