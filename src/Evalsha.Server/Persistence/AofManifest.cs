// appendonly.aof.manifest: which files make up the append-only log, in the order in which they are replayed. Redis 7's format, both ways.
// Always: at most one base, then increments with ascending numbers; names are plain file names inside the folder; what is on the disk is one
// whole manifest, the old or the new (written beside, synced, moved over).
using System.Globalization;
using System.Text;

namespace Evalsha.Server.Persistence;

internal sealed record AofManifest(AofManifest.Entry? Base, IReadOnlyList<AofManifest.Entry> Increments)
{
    public const string FileName = "appendonly.aof.manifest";
    private const string NamePrefix = "appendonly.aof.";
    private const int LineLengthMax = 1024; // as in Redis

    public readonly record struct Entry(string Name, long Number);

    /// <summary>Files that an unfinished rewrite of the real Redis left to be deleted.</summary>
    public IReadOnlyList<Entry> History { get; init; } = [];

    public IEnumerable<Entry> Files => Base is { } first ? Increments.Prepend(first) : Increments;

    public long LastNumber => Increments.Count == 0 ? 0 : Increments[^1].Number;

    public static Entry NewBase(long number) => new(string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{number}.base.aof"), number);

    public static Entry NewIncrement(long number) => new(string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{number}.incr.aof"), number);

    /// <exception cref="InvalidDataException">Not a manifest; the message names the file and the line.</exception>
    public static AofManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        Entry? first = null;
        var (increments, history) = (new List<Entry>(), new List<Entry>());
        var number = 0;
        foreach (var line in File.ReadAllLines(path))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            if (!TryParse(line, out var entry, out var type))
            {
                throw new InvalidDataException($"{path}, line {number}: not a line of an append-only manifest");
            }

            switch (type)
            {
                case 'b' when first is null:
                    first = entry;
                    break;
                case 'i' when increments.Count == 0 || entry.Number > increments[^1].Number:
                    increments.Add(entry);
                    break;
                case 'h':
                    history.Add(entry);
                    break;
                default:
                    throw new InvalidDataException($"{path}, line {number}: a second base, or increments out of order");
            }
        }

        return new AofManifest(first, increments) { History = history };
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        if (Base is { } first)
        {
            Append(text, first, 'b');
        }

        foreach (var entry in Increments)
        {
            Append(text, entry, 'i');
        }

        return text.ToString();
    }

    /// <summary>Replaces the manifest on the disk; after this returns the new one holds, whatever happens to the power.</summary>
    public void Save(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var fresh = Path.Combine(folder, $"temp-{FileName}");
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            file.Write(Encoding.ASCII.GetBytes(ToString()));
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        DurableFolder.Sync(folder);
    }

    private static void Append(StringBuilder text, Entry entry, char type) =>
        text.Append(CultureInfo.InvariantCulture, $"file {entry.Name} seq {entry.Number} type {type}\n");

    private static bool TryParse(string line, out Entry entry, out char type)
    {
        var (name, number) = ("", 0L);
        (entry, type) = (default, default);
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (line.Length > LineLengthMax || words.Length < 6 || words.Length % 2 != 0)
        {
            return false;
        }

        for (var i = 0; i < words.Length; i += 2)
        {
            switch (words[i].ToLowerInvariant())
            {
                case "file":
                    name = words[i + 1].Trim('"');
                    break;
                case "seq" when long.TryParse(words[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out number):
                    break;
                case "type" when words[i + 1].Length == 1:
                    type = words[i + 1][0];
                    break;
                case "seq" or "type":
                    return false;
            }
        }

        entry = new Entry(name, number);
        return number > 0 && type != default && name.Length > 0 && name == Path.GetFileName(name) && name is not (".." or ".");
    }
}
