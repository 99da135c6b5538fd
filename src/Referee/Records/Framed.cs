// A set of names in one string, each between newlines ("\nann\nbob\n"), so that Lua finds a whole name by one plain string.find.
// Always: names hold no newline (see Names), an empty set is the empty string.
namespace Referee.Records;

internal static class Framed
{
    public static string Join(IReadOnlyList<string> names) => names.Count == 0 ? "" : $"\n{string.Join('\n', names)}\n";

    public static bool TrySplit(string framed, out IReadOnlyList<string> names)
    {
        names = [];
        if (framed.Length == 0)
        {
            return true;
        }

        if (framed.Length < 3 || framed[0] != '\n' || framed[^1] != '\n')
        {
            return false;
        }

        var split = framed[1..^1].Split('\n');
        if (Array.IndexOf(split, "") >= 0)
        {
            return false;
        }

        names = split;
        return true;
    }
}
