// Places on the globe as 52-bit numbers that sort near places near each other: 26 bits of longitude and 26 of latitude, interleaved.
// Always: the numbers, distances and the cells that cover an area are Redis's, so a sorted set of places means the same on both servers.
// Latitudes reach to 85.05° only, where the Mercator projection ends; the earth is a ball of 6372797.560856 m.
namespace Evalsha.Server.Keyspace.Values;

internal readonly record struct Place(double Longitude, double Latitude)
{
    public const double LatitudeMost = 85.05112878;
    public const double LongitudeMost = 180;

    /// <summary>False outside the map.</summary>
    public bool IsOnMap => Longitude is >= -LongitudeMost and <= LongitudeMost && Latitude is >= -LatitudeMost and <= LatitudeMost;
}

/// <summary>A cell of the grid that divides each axis in 2^<see cref="Bits"/> parts.</summary>
internal readonly record struct GeoCell(uint X, uint Y, int Bits)
{
    public double West => Longitude(X);

    public double East => Longitude(X + 1L);

    public double South => Latitude(Y);

    public double North => Latitude(Y + 1L);

    /// <summary>Scores of the places in this cell lie in [First, End).</summary>
    public ulong First => Geohash.Interleave(Y, X) << (2 * (Geohash.BitsMost - Bits));

    public ulong End => (Geohash.Interleave(Y, X) + 1) << (2 * (Geohash.BitsMost - Bits));

    /// <summary>The neighbour so many cells east and north; the map is round.</summary>
    public GeoCell Moved(int east, int north)
    {
        var mask = (uint)((1L << Bits) - 1);
        return this with { X = unchecked(X + (uint)east) & mask, Y = unchecked(Y + (uint)north) & mask };
    }

    private double Longitude(long x) => -Place.LongitudeMost + (x * 1.0 / (1L << Bits) * (2 * Place.LongitudeMost));

    private double Latitude(long y) => -Place.LatitudeMost + (y * 1.0 / (1L << Bits) * (2 * Place.LatitudeMost));
}

/// <summary>A circle or a box around a place, in metres.</summary>
/// <param name="Width">A circle's radius; a box's whole width.</param>
/// <param name="Height">A circle's radius; a box's whole height.</param>
internal readonly record struct GeoArea(Place Center, bool IsBox, double Width, double Height)
{
    /// <summary>Whether the place is inside, and how far from the centre.</summary>
    public bool Contains(Place place, out double distance)
    {
        distance = 0;
        if (IsBox)
        {
            if (Geohash.DistanceNorth(place.Latitude, Center.Latitude) > Height / 2
                || Geohash.Distance(place, new Place(Center.Longitude, place.Latitude)) > Width / 2)
            {
                return false;
            }

            distance = Geohash.Distance(Center, place);
            return true;
        }

        distance = Geohash.Distance(Center, place);
        return distance <= Width;
    }
}

internal static class Geohash
{
    /// <summary>Bits of each axis in a score.</summary>
    public const int BitsMost = 26;

    private const double EarthRadius = 6372797.560856;
    private const double MercatorMost = 20037726.37;
    private const double Radian = Math.PI / 180.0;
    private const double StandardLatitudeMost = 90;
    private const int LettersOfHash = 11;

    public static GeoCell CellOf(Place place, int bits) => CellOf(place, bits, Place.LatitudeMost);

    public static ulong ScoreOf(Place place) => CellOf(place, BitsMost).First;

    /// <summary>The middle of the smallest cell that a score names.</summary>
    public static Place PlaceOf(double score)
    {
        // Any score may stand in a sorted set: one below zero is taken for the bits of the whole number, as Redis's machine does.
        var (y, x) = Apart(score < 0 ? (ulong)(long)score : (ulong)score);
        var cell = new GeoCell(x, y, BitsMost);
        return new Place(
            Math.Clamp((cell.West + cell.East) / 2, -Place.LongitudeMost, Place.LongitudeMost),
            Math.Clamp((cell.South + cell.North) / 2, -Place.LatitudeMost, Place.LatitudeMost));
    }

    /// <summary>Eleven letters as everybody else writes them, for latitudes up to 90°; the last five of 55 bits are not known, and zero.</summary>
    public static string Letters(double score)
    {
        const string alphabet = "0123456789bcdefghjkmnpqrstuvwxyz";
        var cell = CellOf(PlaceOf(score), BitsMost, StandardLatitudeMost);
        var bits = Interleave(cell.Y, cell.X);
        return string.Create(LettersOfHash, bits, static (text, bits) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                var shift = 52 - ((i + 1) * 5);
                text[i] = alphabet[shift < 0 ? 0 : (int)(bits >> shift) & 31];
            }
        });
    }

    /// <summary>Metres on the great circle.</summary>
    public static double Distance(Place from, Place to)
    {
        var v = Math.Sin(((to.Longitude * Radian) - (from.Longitude * Radian)) / 2);
        if (v == 0)
        {
            return DistanceNorth(from.Latitude, to.Latitude);
        }

        var (south, north) = (from.Latitude * Radian, to.Latitude * Radian);
        var u = Math.Sin((north - south) / 2);
        var a = (u * u) + (Math.Cos(south) * Math.Cos(north) * v * v);
        return 2.0 * EarthRadius * Math.Asin(Math.Sqrt(a));
    }

    /// <summary>Metres along a meridian.</summary>
    public static double DistanceNorth(double from, double to) => EarthRadius * Math.Abs((to * Radian) - (from * Radian));

    /// <summary>The cells in which everything inside the area lies: the centre's, then its neighbours north, south, east, west, and the corners.</summary>
    public static List<GeoCell> Cover(in GeoArea area)
    {
        var center = area.Center;
        var (halfWidth, halfHeight) = area.IsBox ? (area.Width / 2, area.Height / 2) : (area.Width, area.Height);
        var reach = area.IsBox ? Math.Sqrt((halfWidth * halfWidth) + (halfHeight * halfHeight)) : area.Width;

        // The rectangle of degrees around the area: widest where the parallels are shortest.
        var north = halfHeight / EarthRadius / Radian;
        var towardsPole = center.Latitude < 0 ? center.Latitude - north : center.Latitude + north;
        var east = halfWidth / EarthRadius / Math.Cos(towardsPole * Radian) / Radian;
        var (minLongitude, maxLongitude) = (center.Longitude - east, center.Longitude + east);
        var (minLatitude, maxLatitude) = (center.Latitude - north, center.Latitude + north);

        var bits = BitsFor(reach, center.Latitude);
        var cell = CellOf(center, bits);
        if (bits > 1 && (cell.Moved(0, 1).North < maxLatitude || cell.Moved(0, -1).South > minLatitude
            || cell.Moved(1, 0).East < maxLongitude || cell.Moved(-1, 0).West > minLongitude))
        {
            // A neighbour ends before the area does.
            bits--;
            cell = CellOf(center, bits);
        }

        // With cells this large the neighbours are everywhere, and none can be left out.
        var all = bits < 2;
        var (goesNorth, goesSouth) = (all || cell.North <= maxLatitude, all || cell.South >= minLatitude);
        var (goesEast, goesWest) = (all || cell.East <= maxLongitude, all || cell.West >= minLongitude);
        ReadOnlySpan<(int East, int North)> steps = [(0, 0), (0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];
        var cells = new List<GeoCell>(steps.Length);
        foreach (var (stepEast, stepNorth) in steps)
        {
            var isWanted = (stepNorth <= 0 || goesNorth) && (stepNorth >= 0 || goesSouth) && (stepEast <= 0 || goesEast) && (stepEast >= 0 || goesWest);
            var moved = cell.Moved(stepEast, stepNorth);

            // On a coarse grid neighbours meet again on the other side of the globe.
            if (isWanted && !cells.Contains(moved))
            {
                cells.Add(moved);
            }
        }

        return cells;
    }

    /// <summary>Latitude in the even bits, longitude in the odd ones.</summary>
    internal static ulong Interleave(uint even, uint odd) => Spread(even) | (Spread(odd) << 1);

    private static (uint Even, uint Odd) Apart(ulong bits) => (Gather(bits), Gather(bits >> 1));

    /// <summary>Bit i becomes bit 2i: halves move apart, then quarters, down to single bits.</summary>
    private static ulong Spread(ulong bits)
    {
        bits = (bits | (bits << 16)) & 0x0000FFFF0000FFFF;
        bits = (bits | (bits << 8)) & 0x00FF00FF00FF00FF;
        bits = (bits | (bits << 4)) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | (bits << 2)) & 0x3333333333333333;
        return (bits | (bits << 1)) & 0x5555555555555555;
    }

    /// <summary>Bit 2i becomes bit i; the odd bits are dropped.</summary>
    private static uint Gather(ulong bits)
    {
        bits &= 0x5555555555555555;
        bits = (bits | (bits >> 1)) & 0x3333333333333333;
        bits = (bits | (bits >> 2)) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | (bits >> 4)) & 0x00FF00FF00FF00FF;
        bits = (bits | (bits >> 8)) & 0x0000FFFF0000FFFF;
        return (uint)(bits | (bits >> 16));
    }

    private static GeoCell CellOf(Place place, int bits, double latitudeMost)
    {
        var x = (place.Longitude + Place.LongitudeMost) / (2 * Place.LongitudeMost) * (1L << bits);
        var y = (place.Latitude + latitudeMost) / (2 * latitudeMost) * (1L << bits);
        return new GeoCell((uint)x, (uint)y, bits);
    }

    /// <summary>So many bits that a cell and its neighbours hold everything within reach; fewer near the poles, where cells are narrow.</summary>
    private static int BitsFor(double metres, double latitude)
    {
        const double nearPole = 66;
        const double atPole = 80;
        if (metres == 0)
        {
            return BitsMost;
        }

        var bits = -1;
        for (; metres < MercatorMost; metres *= 2)
        {
            bits++;
        }

        bits -= Math.Abs(latitude) > nearPole ? 1 : 0;
        bits -= Math.Abs(latitude) > atPole ? 1 : 0;
        return Math.Clamp(bits, 1, BitsMost);
    }
}
