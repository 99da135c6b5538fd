// The numbers of a project's stages, by name, in order of first registration; kept in the workflows hash as field `:stages`.
// Always: a number is given once and never changes its name, so items of two workflows, or of two versions of one, never share a band by accident.
namespace Referee.Records;

public sealed class StageNumbers
{
    /// <summary>The field of the workflows hash; no workflow's name has a colon.</summary>
    public const string Field = ":stages";

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">A name that is none, a name given twice, or more than 63.</exception>
    public StageNumbers(IEnumerable<string> names)
    {
        Names = [.. names];
        if (Names.Count > IndexScore.StagesMax)
        {
            throw new ArgumentException($"At most {IndexScore.StagesMax} stages in a project.", nameof(names));
        }

        for (var i = 0; i < Names.Count; i++)
        {
            if (!Records.Names.IsName(Names[i]) || !_numbers.TryAdd(Names[i], i))
            {
                throw new ArgumentException($"The stage '{Names[i]}' is no name or was given twice.", nameof(names));
            }
        }
    }

    public static StageNumbers None { get; } = new([]);

    /// <summary>The names; the index is the number.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The number of a stage; -1 when the project has no such stage.</summary>
    public int this[string name] => _numbers.GetValueOrDefault(name, -1);

    /// <summary>The name of a number; a number nobody gave is printed as itself.</summary>
    public string NameOf(int number) => number >= 0 && number < Names.Count ? Names[number] : $"#{number}";

    /// <summary>Reads the stored field: names joined by newlines.</summary>
    public static StageNumbers Parse(string stored) => stored.Length == 0 ? None : new StageNumbers(stored.Split('\n'));

    public override string ToString() => string.Join('\n', Names);
}
