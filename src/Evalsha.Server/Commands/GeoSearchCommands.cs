// GEOSEARCH, GEOSEARCHSTORE and the older GEORADIUS family: the places inside a circle or a box.
// Always: arguments are read from left to right and the first that makes no sense is refused, in Redis's words; without an order, places come cell by
// cell as Geohash.Cover lists them, and within a cell by score; with COUNT and without ANY the nearest come first.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class GeoSearchCommands
{
    private const string Units = "unit(M|KM|FT|MI)";
    private const string From = "from(FROMMEMBER <member>|FROMLONLAT <longitude_latitude{longitude:double latitude:double}>)";
    private const string By = $"by(circle{{BYRADIUS <radius:double> {Units}}}|box{{BYBOX <width:double> height:double {Units}}})";
    private const string Order = "[order(ASC|DESC)]";
    private const string With = "[WITHCOORD] [WITHDIST] [WITHHASH]";
    private const string Count = "[count{COUNT <count:integer> [ANY]}]";
    private const string CountSince = "[count{COUNT <count:integer> [ANY@6.2.0]}]";
    private const string Store = "[STORE <key>] [STOREDIST <key>]";
    private const string Cost = "O(N+log(M)), N: places in the cells around the area, M: places in the set";

    public static readonly CommandRow[] Rows =
    [
        new("geosearch", -7, ReadOnly, KeySpec.One, Search) { Since = "6.2.0", Group = "geo", Summary = "The places inside a circle or a box.", AclCategories = ["@geo"], Complexity = Cost, KeyUses = ["RO ACCESS"], Syntax = $"key {From} {By} {Order} {Count} {With}", History = ["7.0.0: units in capitals"] },
        new("geosearchstore", -8, Write | DenyOom, KeySpec.Two, SearchStore) { LooksUp = true, Since = "6.2.0", Group = "geo", Summary = "Stores the places inside a circle or a box; how many they are.", AclCategories = ["@geo"], Complexity = Cost, KeyUses = ["OW UPDATE", "RO ACCESS"], Syntax = $"destination:key source:key {From} {By} {Order} {Count} [STOREDIST]", History = ["7.0.0: units in capitals"] },
        new("georadius", -6, Write | DenyOom | MovableKeys, Storing(6), Radius) { LooksUp = true, Since = "3.2.0", Group = "geo", Summary = "The places inside a circle around a point, or stored.", AclCategories = ["@geo"], Complexity = Cost, KeyUses = ["RO ACCESS", "OW UPDATE", "OW UPDATE"], Syntax = $"key longitude:double latitude:double radius:double {Units} {With} {CountSince} {Order} {Store}", DeprecatedSince = "6.2.0", ReplacedBy = "GEOSEARCH, GEOSEARCHSTORE … BYRADIUS", History = ["6.2.0: ANY", "7.0.0: units in capitals"] },
        new("georadius_ro", -6, ReadOnly, KeySpec.One, RadiusReadOnly) { Since = "3.2.10", Group = "geo", Summary = "The places inside a circle around a point.", AclCategories = ["@geo"], Complexity = Cost, KeyUses = ["RO ACCESS"], Syntax = $"key longitude:double latitude:double radius:double {Units} {With} {CountSince} {Order}", DeprecatedSince = "6.2.0", ReplacedBy = "GEOSEARCH … BYRADIUS", History = ["6.2.0: ANY"] },
        new("georadiusbymember", -5, Write | DenyOom | MovableKeys, Storing(5), RadiusByMember) { LooksUp = true, Since = "3.2.0", Group = "geo", Summary = "The places inside a circle around another, or stored.", AclCategories = ["@geo"], Complexity = Cost, KeyUses = ["RO ACCESS", "OW UPDATE", "OW UPDATE"], Syntax = $"key member radius:double {Units} {With} {Count} {Order} {Store}", DeprecatedSince = "6.2.0", ReplacedBy = "GEOSEARCH, GEOSEARCHSTORE … FROMMEMBER BYRADIUS", History = ["7.0.0: units in capitals"] },
        new("georadiusbymember_ro", -5, ReadOnly, KeySpec.One, RadiusByMemberReadOnly) { Since = "3.2.10", Group = "geo", Summary = "The places inside a circle around another.", AclCategories = ["@geo"], Complexity = Cost, KeyUses = ["RO ACCESS"], Syntax = $"key member radius:double {Units} {With} {Count} {Order}", DeprecatedSince = "6.2.0", ReplacedBy = "GEOSEARCH … FROMMEMBER BYRADIUS" },
    ];

    private enum Sorting
    {
        None,
        NearestFirst,
        FarthestFirst,
    }

    private readonly record struct Found(ByteString Member, double Score, Place Place, double Distance);

    private struct Options
    {
        public bool WithDistance, WithHash, WithPlace, Any, HasCenter, HasShape, IsBox, StoresDistance;
        public Sorting Sorting;
        public long Count;
        public int StoreAt; // the argument with the destination; 0: none
        public Place Center;
        public double Width, Height, Metres;
    }

    /// <summary>The first key, then what stands behind the first STORE and the first STOREDIST.</summary>
    private static KeySpec Storing(int from) => new(1, 1, 1, (c, keys) =>
    {
        keys.Add(1);
        AddBehind(c, "STORE"u8, from, keys);
        AddBehind(c, "STOREDIST"u8, from, keys);
        return true;
    }) { Ranges = [new KeyRange(1, 0, 1), KeyRange.After("STORE", from, 0, 1, 0), KeyRange.After("STOREDIST", from, 0, 1, 0)] };

    private static void AddBehind(CommandContext c, ReadOnlySpan<byte> word, int from, List<int> keys)
    {
        for (var i = from; i + 1 < c.Count; i++)
        {
            if (c.Is(i, word))
            {
                keys.Add(i + 1);
                return;
            }
        }
    }

    private static void Search(CommandContext c) => Search(c, 1, 2, default);

    private static void SearchStore(CommandContext c) => Search(c, 2, 3, new Options { StoreAt = 1 });

    private static void Radius(CommandContext c) => RadiusFrom(c, byMember: false);

    private static void RadiusReadOnly(CommandContext c) => RadiusFrom(c, byMember: false);

    private static void RadiusByMember(CommandContext c) => RadiusFrom(c, byMember: true);

    private static void RadiusByMemberReadOnly(CommandContext c) => RadiusFrom(c, byMember: true);

    private static void Search(CommandContext c, int source, int first, Options options)
    {
        if (!TrySource(c, source, out var set) || !TryOptions(c, set, first, isSearch: true, ref options))
        {
            return;
        }

        var name = System.Text.Encoding.Latin1.GetString(c[0]);
        if (!options.HasCenter)
        {
            c.Reply.Error($"ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {name}");
        }
        else if (!options.HasShape)
        {
            c.Reply.Error($"ERR exactly one of BYRADIUS and BYBOX can be specified for {name}");
        }
        else
        {
            Answer(c, set, options, Happened.GeoSearchStore);
        }
    }

    private static void RadiusFrom(CommandContext c, bool byMember)
    {
        if (!TrySource(c, 1, out var set))
        {
            return;
        }

        var options = default(Options);
        var first = byMember ? 5 : 6;
        if (!byMember && !GeoCommands.TryPlace(c, 2, out options.Center))
        {
            return;
        }

        // Without a set there is nothing to measure from, and the radius is not even looked at.
        if ((!byMember || set is not null)
            && ((byMember && !TryMember(c, set!, 2, out options.Center)) || !TryRadius(c, first - 2, ref options)))
        {
            return;
        }

        if (TryOptions(c, set, first, isSearch: false, ref options))
        {
            Answer(c, set, options, Happened.GeoRadiusStore);
        }
    }

    private static bool TrySource(CommandContext c, int i, out SortedSetValue? set)
    {
        var entry = c.Look(i);
        set = entry?.Value as SortedSetValue;
        if (entry is null || set is not null)
        {
            return true;
        }

        c.Reply.Error(Errors.WrongType);
        return false;
    }

    private static bool TryMember(CommandContext c, SortedSetValue set, int i, out Place place)
    {
        place = default;
        if (set.TryGetScore(c[i], out var score))
        {
            place = Geohash.PlaceOf(score);
            return true;
        }

        c.Reply.Error("ERR could not decode requested zset member"u8);
        return false;
    }

    private static bool TryRadius(CommandContext c, int i, ref Options options)
    {
        if (!c.TryFloat(i, "ERR need numeric radius"u8, out var radius))
        {
            return false;
        }

        if (radius < 0)
        {
            c.Reply.Error("ERR radius cannot be negative"u8);
            return false;
        }

        (options.Width, options.Height, options.IsBox, options.HasShape) = (radius, radius, false, true);
        return GeoCommands.TryUnit(c, i + 1, out options.Metres);
    }

    private static bool TryBox(CommandContext c, int i, ref Options options)
    {
        if (!c.TryFloat(i, "ERR need numeric width"u8, out options.Width) || !c.TryFloat(i + 1, "ERR need numeric height"u8, out options.Height))
        {
            return false;
        }

        if (options.Width < 0 || options.Height < 0)
        {
            c.Reply.Error("ERR height or width cannot be negative"u8);
            return false;
        }

        (options.IsBox, options.HasShape) = (true, true);
        return GeoCommands.TryUnit(c, i + 2, out options.Metres);
    }

    private static bool TryOptions(CommandContext c, SortedSetValue? set, int i, bool isSearch, ref Options options)
    {
        bool fromMember = false, fromPlace = false, byRadius = false, byBox = false;
        var isSearchStore = isSearch && options.StoreAt > 0;
        var mayStore = !isSearch && c.Row.Is(Write);
        for (; i < c.Count; i++)
        {
            var more = c.Count - i - 1;
            if (c.Is(i, "WITHDIST"u8))
            {
                options.WithDistance = true;
            }
            else if (c.Is(i, "WITHHASH"u8))
            {
                options.WithHash = true;
            }
            else if (c.Is(i, "WITHCOORD"u8))
            {
                options.WithPlace = true;
            }
            else if (c.Is(i, "ANY"u8))
            {
                options.Any = true;
            }
            else if (c.Is(i, "ASC"u8))
            {
                options.Sorting = Sorting.NearestFirst;
            }
            else if (c.Is(i, "DESC"u8))
            {
                options.Sorting = Sorting.FarthestFirst;
            }
            else if (more >= 1 && c.Is(i, "COUNT"u8))
            {
                if (!c.TryInteger(++i, out options.Count))
                {
                    return false;
                }

                if (options.Count <= 0)
                {
                    c.Reply.Error("ERR COUNT must be > 0"u8);
                    return false;
                }
            }
            else if (more >= 1 && mayStore && (c.Is(i, "STORE"u8) || c.Is(i, "STOREDIST"u8)))
            {
                options.StoresDistance = c.Is(i, "STOREDIST"u8);
                options.StoreAt = ++i;
            }
            else if (more >= 1 && isSearch && !fromPlace && c.Is(i, "FROMMEMBER"u8))
            {
                i++;
                if (set is not null && !TryMember(c, set, i, out options.Center))
                {
                    return false;
                }

                fromMember = options.HasCenter = true;
            }
            else if (more >= 2 && isSearch && !fromMember && c.Is(i, "FROMLONLAT"u8))
            {
                if (!GeoCommands.TryPlace(c, i + 1, out options.Center))
                {
                    return false;
                }

                fromPlace = options.HasCenter = true;
                i += 2;
            }
            else if (more >= 2 && isSearch && !byBox && c.Is(i, "BYRADIUS"u8))
            {
                if (!TryRadius(c, i + 1, ref options))
                {
                    return false;
                }

                byRadius = true;
                i += 2;
            }
            else if (more >= 3 && isSearch && !byRadius && c.Is(i, "BYBOX"u8))
            {
                if (!TryBox(c, i + 1, ref options))
                {
                    return false;
                }

                byBox = true;
                i += 3;
            }
            else if (isSearchStore && c.Is(i, "STOREDIST"u8))
            {
                options.StoresDistance = true;
            }
            else
            {
                c.SyntaxError();
                return false;
            }
        }

        if (options.StoreAt > 0 && (options.WithDistance || options.WithHash || options.WithPlace))
        {
            var what = isSearchStore ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
            c.Reply.Error($"ERR {what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
            return false;
        }

        return true;
    }

    private static void Answer(CommandContext c, SortedSetValue? set, in Options options, KeyEvent stored)
    {
        if (options.Any && options.Count == 0)
        {
            c.Reply.Error("ERR the ANY argument requires COUNT argument"u8);
            return;
        }

        var found = set is null ? [] : Find(set, options);
        var count = options.Count == 0 ? found.Count : (int)Math.Min(options.Count, found.Count);
        var sorting = options is { Sorting: Sorting.None, Count: > 0, Any: false } ? Sorting.NearestFirst : options.Sorting;
        if (sorting != Sorting.None)
        {
            // Stable: what is equally far stays in the order it was found in.
            var ordered = sorting == Sorting.NearestFirst ? found.OrderBy(static one => one.Distance) : found.OrderByDescending(static one => one.Distance);
            found = [.. ordered.Take(count)];
        }

        if (options.StoreAt > 0)
        {
            var stores = new SortedSetValue();
            foreach (var one in found.Take(count))
            {
                stores.Add(one.Member, options.StoresDistance ? one.Distance / options.Metres : one.Score);
            }

            c.StoreOrDelete(options.StoreAt, stores, count == 0, stored);
            c.Reply.Integer(count);
            return;
        }

        var extras = (options.WithDistance ? 1 : 0) + (options.WithHash ? 1 : 0) + (options.WithPlace ? 1 : 0);
        c.Reply.Array(count);
        foreach (var one in found.Take(count))
        {
            if (extras > 0)
            {
                c.Reply.Array(extras + 1);
            }

            c.Reply.Bulk(one.Member);
            if (options.WithDistance)
            {
                GeoCommands.ReplyDistance(c.Reply, one.Distance / options.Metres);
            }

            if (options.WithHash)
            {
                c.Reply.Integer((long)one.Score);
            }

            if (options.WithPlace)
            {
                GeoCommands.ReplyPlace(c.Reply, one.Place);
            }
        }
    }

    private static List<Found> Find(SortedSetValue set, in Options options)
    {
        var found = new List<Found>();
        var area = new GeoArea(options.Center, options.IsBox, options.Width * options.Metres, options.Height * options.Metres);
        var most = options.Any ? options.Count : long.MaxValue;
        foreach (var cell in Geohash.Cover(area))
        {
            var (rank, end) = set.RanksOf(new ScoreRange(cell.First, cell.End, MinExcluded: false, MaxExcluded: true));
            if (rank >= end)
            {
                continue;
            }

            var cursor = set.At(rank);
            for (; rank < end && found.Count < most; rank++, cursor.MoveNext())
            {
                var place = Geohash.PlaceOf(cursor.Score);
                if (area.Contains(place, out var distance))
                {
                    found.Add(new Found(cursor.Member, cursor.Score, place, distance));
                }
            }
        }

        return found;
    }
}
