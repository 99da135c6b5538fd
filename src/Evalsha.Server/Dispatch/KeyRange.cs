// Where one group of a command's keys stands, in the two steps that COMMAND prints: where the search begins, and how the keys are found there.
namespace Evalsha.Server.Dispatch;

/// <param name="Begin">The index where the search begins; 0 = not told by an index.</param>
/// <param name="Last">Of a range: the last key, counted from the beginning; negative counts from the end of the command.</param>
/// <param name="Limit">Of a range that ends at the command's end: only the first 1/limit of what is there are keys; 0 or 1 = all.</param>
public readonly record struct KeyRange(int Begin, int Last, int Step, int Limit = 0)
{
    /// <summary>The search begins after this word.</summary>
    public string? Keyword { get; init; }

    /// <summary>Where to begin looking for the keyword; negative: from the end, backwards.</summary>
    public int KeywordFrom { get; init; }

    /// <summary>A count of keys stands at the beginning, the keys after it.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Only a function of the command can tell.</summary>
    public bool IsUnknown { get; init; }

    public static KeyRange Unknown => new() { IsUnknown = true };

    public static KeyRange Counted(int begin) => new(begin, 0, 1) { IsCounted = true };

    public static KeyRange After(string keyword, int from, int last, int step, int limit) => new(0, last, step, limit) { Keyword = keyword, KeywordFrom = from };
}
