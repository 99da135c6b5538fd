// Percentiles out of buckets: never below what was recorded, and at most a sixteenth above.
using System.Diagnostics;
using Evalsha.Server.Dispatch;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Server.Tests.Dispatch;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Nothing_recorded_is_zero() => new LatencyHistogram().Percentile(0.99).ShouldBe(0);

    [Fact]
    public void A_percentile_is_what_was_recorded_within_a_sixteenth() => Prop.ForAll(
        ArbMap.Default.ArbFor<PositiveInt[]>().Filter(values => values.Length > 0),
        values =>
        {
            var histogram = new LatencyHistogram();
            foreach (var value in values)
            {
                histogram.Record(value.Get);
            }

            var sorted = values.Select(value => value.Get * 1e9 / Stopwatch.Frequency / 1000.0).Order().ToArray();
            var median = sorted[(int)Math.Ceiling(sorted.Length * 0.5) - 1];
            var found = histogram.Percentile(0.5);
            return found >= median && found <= (median * 17.0 / 16.0) + 0.002;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void The_longest_time_there_is_fits_the_last_bucket()
    {
        var histogram = new LatencyHistogram();
        histogram.Record(long.MaxValue / 4);
        histogram.Percentile(1).ShouldBeGreaterThan(1e6);
    }
}
