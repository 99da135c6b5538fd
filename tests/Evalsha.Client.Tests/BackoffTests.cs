// Delays between tries to reconnect.
namespace Evalsha.Client.Tests;

public sealed class BackoffTests
{
    [Fact]
    public void Delays_double_up_to_the_most_and_each_is_drawn_below()
    {
        var backoff = New(1);
        Enumerable.Range(0, 8).Select(tries => backoff.Ceiling(tries).TotalMilliseconds).ShouldBe([0, 50, 100, 200, 400, 800, 1000, 1000]);
        backoff.Next().ShouldBe(TimeSpan.Zero);
        var delays = Enumerable.Range(1, 200).Select(tries => (Delay: backoff.Next(), Most: backoff.Ceiling(tries))).ToArray();
        delays.ShouldAllBe(pair => pair.Delay >= TimeSpan.Zero && pair.Delay <= pair.Most);
        delays.Count(pair => pair.Delay < pair.Most / 2).ShouldBeInRange(50, 150);
    }

    [Fact]
    public void A_seed_decides_all_delays()
    {
        Draw(New(7)).ShouldBe(Draw(New(7)));
        Draw(New(7)).ShouldNotBe(Draw(New(8)));
    }

    [Fact]
    public void After_a_connection_that_held_the_first_try_is_at_once()
    {
        var backoff = New(1);
        Draw(backoff);
        backoff.Reset();
        backoff.Next().ShouldBe(TimeSpan.Zero);
        backoff.Next().ShouldBeLessThanOrEqualTo(TimeSpan.FromMilliseconds(50));
    }

    private static Backoff New(int seed) => new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1), seed);

    private static TimeSpan[] Draw(Backoff backoff) => [.. Enumerable.Range(0, 10).Select(_ => backoff.Next())];
}
