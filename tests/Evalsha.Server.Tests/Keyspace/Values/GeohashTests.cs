// Places and scores: there and back, and a cover that leaves nothing inside the area out. Replies are compared with Redis's in geo.resp.
using Evalsha.Server.Keyspace.Values;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Server.Tests.Keyspace.Values;

public sealed class GeohashTests
{
    private static readonly Arbitrary<(Place From, Place To, double Reach)> Places = (
        from a in Degrees(180)
        from b in Degrees(85)
        from c in Degrees(180)
        from d in Degrees(85)
        from near in Gen.Choose(0, 1)
        select near == 1 ? (new Place(a, b), new Place(a + (c - a) / 1000, b + (d - b) / 1000)) : (new Place(a, b), new Place(c, d)))
        .SelectMany(static pair => Gen.Choose(1, 2000), static (pair, share) => (pair.Item1, pair.Item2, Geohash.Distance(pair.Item1, pair.Item2) * share / 1000))
        .ToArbitrary();

    [Fact]
    public void A_score_names_a_cell_under_a_metre_wide() => Prop.ForAll(Places, static one =>
    {
        var back = Geohash.PlaceOf(Geohash.ScoreOf(one.From));
        Geohash.Distance(one.From, back).ShouldBeLessThan(1);
        Geohash.ScoreOf(back).ShouldBe(Geohash.ScoreOf(one.From));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_lies_inside_a_circle_lies_in_a_cell_of_its_cover() => Prop.ForAll(Places, static one =>
    {
        var area = new GeoArea(one.From, IsBox: false, one.Reach, one.Reach);

        // Across the date line or a pole a circle in degrees is not a circle on the globe: there Redis leaves places out, and so does this server.
        var isPlain = Math.Abs(one.From.Longitude) < 90 && Math.Abs(one.From.Latitude) < 60 && one.Reach < 2_000_000;
        if (isPlain && area.Contains(one.To, out _))
        {
            var score = Geohash.ScoreOf(one.To);
            Geohash.Cover(area).ShouldContain(cell => score >= cell.First && score < cell.End);
        }
    }).QuickCheckThrowOnFailure();

    private static Gen<double> Degrees(int most) => Gen.Choose(-1_000_000, 1_000_000).Select(part => part * (double)most / 1_000_000);
}
