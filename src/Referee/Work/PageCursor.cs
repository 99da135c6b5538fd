// Where a page ended: shard and place, as one word that callers hand back untouched. Always: any text a caller sends is either read or refused, never an error.
using System.Globalization;

namespace Referee.Work;

internal static class PageCursor
{
    public static string Print(int shard, string place) => $"{shard.ToString(CultureInfo.InvariantCulture)}:{place}";

    public static bool TryRead(string cursor, int shardCount, out int shard, out string place)
    {
        (shard, place) = (0, "");
        if (cursor.Length == 0)
        {
            return true;
        }

        var colon = cursor.IndexOf(':');
        if (colon < 1 || !int.TryParse(cursor.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out shard) || shard >= shardCount)
        {
            return false;
        }

        place = cursor[(colon + 1)..];
        return true;
    }
}
