// Commands on places: a sorted set whose scores are Geohash's numbers. Searching is next door in GeoSearchCommands.cs.
// Always: a place is what its score says, the middle of a cell under a metre wide; all places of a GEOADD are read before anything changes.
using System.Globalization;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class GeoCommands
{
    private const string Units = "unit(M|KM|FT|MI)";

    public static readonly CommandRow[] Rows =
    [
        new("geoadd", -5, Write | DenyOom, KeySpec.One, GeoAdd) { Since = "3.2.0", Group = "geo", Summary = "Adds places by longitude, latitude and name, or moves them; how many are new.", AclCategories = ["@geo"], Complexity = "O(M*log(N)), M: places to add, N: places in the set", KeyUses = ["RW UPDATE"], Syntax = "key [condition(NX|XX)@6.2.0] [change=CH@6.2.0] longitude_latitude_member{longitude:double latitude:double member}...", History = ["6.2.0: CH, NX, XX"] },
        new("geodist", -4, ReadOnly, KeySpec.One, GeoDist) { Since = "3.2.0", Group = "geo", Summary = "How far two places are apart; nil when one is missing.", AclCategories = ["@geo"], Complexity = "O(1)", KeyUses = ["RO ACCESS"], Syntax = $"key member1 member2 [{Units}]" },
        new("geohash", -2, ReadOnly, KeySpec.One, GeoHash) { Since = "3.2.0", Group = "geo", Summary = "The geohash of each place, in eleven letters.", AclCategories = ["@geo"], Complexity = "O(N), N: places asked for", KeyUses = ["RO ACCESS"], Syntax = "key member..." },
        new("geopos", -2, ReadOnly, KeySpec.One, GeoPos) { Since = "3.2.0", Group = "geo", Summary = "Longitude and latitude of each place.", AclCategories = ["@geo"], Complexity = "O(N), N: places asked for", KeyUses = ["RO ACCESS"], Syntax = "key member..." },
    ];

    /// <summary>A longitude at <paramref name="i"/> and the latitude behind it.</summary>
    internal static bool TryPlace(CommandContext c, int i, out Place place)
    {
        place = default;
        if (!c.TryFloat(i, out var longitude) || !c.TryFloat(i + 1, out var latitude))
        {
            return false;
        }

        place = new Place(longitude, latitude);
        if (!place.IsOnMap)
        {
            c.Reply.Error($"ERR invalid longitude,latitude pair {Text(longitude)},{Text(latitude)}");
            return false;
        }

        return true;

        static string Text(double value) => double.IsInfinity(value) ? value > 0 ? "inf" : "-inf" : value.ToString("F6", CultureInfo.InvariantCulture);
    }

    /// <summary>Metres in the unit at <paramref name="i"/>.</summary>
    internal static bool TryUnit(CommandContext c, int i, out double metres)
    {
        metres = c.Is(i, "m"u8) ? 1 : c.Is(i, "km"u8) ? 1000 : c.Is(i, "ft"u8) ? 0.3048 : c.Is(i, "mi"u8) ? 1609.34 : 0;
        if (metres == 0)
        {
            c.Reply.Error("ERR unsupported unit provided. please use M, KM, FT, MI"u8);
            return false;
        }

        return true;
    }

    internal static void ReplyDistance(IReply reply, double distance)
    {
        const int longest = 320;
        Span<byte> text = stackalloc byte[longest];
        distance.TryFormat(text, out var length, "F4", CultureInfo.InvariantCulture);
        reply.Bulk(text[..length]);
    }

    internal static void ReplyPlace(IReply reply, Place place)
    {
        reply.Array(2);
        ReplyDegrees(reply, place.Longitude);
        ReplyDegrees(reply, place.Latitude);
    }

    /// <summary>Seventeen decimals, less the zeros at the end.</summary>
    private static void ReplyDegrees(IReply reply, double degrees)
    {
        Span<byte> text = stackalloc byte[32];
        degrees.TryFormat(text, out var length, "F17", CultureInfo.InvariantCulture);
        text = text[..length].TrimEnd((byte)'0').TrimEnd((byte)'.');
        reply.Double(degrees, text.SequenceEqual("-0"u8) ? "0"u8 : text);
    }

    private static void GeoAdd(CommandContext c)
    {
        bool ifMissing = false, ifPresent = false, countsChanges = false;
        var first = 2;
        for (; first < c.Count; first++)
        {
            if (c.Is(first, "NX"u8))
            {
                ifMissing = true;
            }
            else if (c.Is(first, "XX"u8))
            {
                ifPresent = true;
            }
            else if (c.Is(first, "CH"u8))
            {
                countsChanges = true;
            }
            else
            {
                break;
            }
        }

        if ((c.Count - first) % 3 != 0 || (ifMissing && ifPresent) || first == c.Count)
        {
            c.SyntaxError();
            return;
        }

        for (var i = first; i < c.Count; i += 3)
        {
            if (!TryPlace(c, i, out _))
            {
                return;
            }
        }

        if (!c.TryGet<SortedSetValue>(1, out var entry, out var set))
        {
            return;
        }

        if (set is null)
        {
            if (ifPresent)
            {
                c.Reply.Integer(0);
                return;
            }

            set = new SortedSetValue();
            entry = c.Db.Add(c.Text(1), set);
        }

        int added = 0, moved = 0;
        for (var i = first; i < c.Count; i += 3)
        {
            TryPlace(c, i, out var place);
            double score = Geohash.ScoreOf(place);
            if (!set.TryGetScore(c[i + 2], out var old))
            {
                if (!ifPresent)
                {
                    set.Add(c.Text(i + 2), score);
                    added++;
                }
            }
            else if (!ifMissing && old != score)
            {
                set.Move(c[i + 2], score);
                moved++;
            }
        }

        if (added + moved > 0)
        {
            c.Changed(1);
            c.Notify(Happened.ZAdd, 1);
        }
        else
        {
            c.RemoveIf(set.Count == 0, entry!);
        }

        c.Reply.Integer(countsChanges ? added + moved : added);
    }

    private static void GeoDist(CommandContext c)
    {
        var metres = 1.0;
        if (c.Count > 5)
        {
            c.SyntaxError();
            return;
        }

        if ((c.Count == 5 && !TryUnit(c, 4, out metres)) || !c.TryGet<SortedSetValue>(1, out var set))
        {
            return;
        }

        if (set is null || !set.TryGetScore(c[2], out var from) || !set.TryGetScore(c[3], out var to))
        {
            c.Reply.Null();
            return;
        }

        ReplyDistance(c.Reply, Geohash.Distance(Geohash.PlaceOf(from), Geohash.PlaceOf(to)) / metres);
    }

    private static void GeoHash(CommandContext c)
    {
        if (!c.TryGet<SortedSetValue>(1, out var set))
        {
            return;
        }

        c.Reply.Array(c.Count - 2);
        for (var i = 2; i < c.Count; i++)
        {
            if (set is not null && set.TryGetScore(c[i], out var score))
            {
                c.Reply.Bulk(Geohash.Letters(score));
            }
            else
            {
                c.Reply.Null();
            }
        }
    }

    private static void GeoPos(CommandContext c)
    {
        if (!c.TryGet<SortedSetValue>(1, out var set))
        {
            return;
        }

        c.Reply.Array(c.Count - 2);
        for (var i = 2; i < c.Count; i++)
        {
            if (set is not null && set.TryGetScore(c[i], out var score))
            {
                ReplyPlace(c.Reply, Geohash.PlaceOf(score));
            }
            else
            {
                c.Reply.NullArray();
            }
        }
    }
}
