// The gate: one turn at a time, in order of arrival, and a busy holder that sends everybody away.
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Tests.Dispatch;

public sealed class TurnGateTests
{
    [Fact]
    public void A_taken_turn_is_not_given_twice()
    {
        var gate = new TurnGate();
        gate.TryTake(out var turn).ShouldBeTrue();
        gate.TryTake(out _).ShouldBeFalse();
        turn.Release();
        gate.TryTake(out _).ShouldBeTrue();
        gate.Acquisitions.ShouldBe(2);
    }

    [Fact]
    public void A_turn_given_back_is_refused_afterwards()
    {
        var gate = new TurnGate();
        gate.TryTake(out var turn);
        turn.Release();
        Should.Throw<InvalidOperationException>(() => turn.Demand());
        gate.TryTake(out _);
        turn.IsHeld.ShouldBeFalse();
        Should.Throw<InvalidOperationException>(() => turn.Release());
        Should.Throw<InvalidOperationException>(() => default(Turn).Demand());
    }

    [Fact]
    public async Task Those_who_wait_go_on_in_the_order_in_which_they_came()
    {
        var gate = new TurnGate();
        gate.TryTake(out var first);
        var order = new List<int>();
        var waiting = Enumerable.Range(0, 5).Select(async i =>
        {
            var turn = await gate.TakeAsync(new TurnWaiter());
            order.Add(i);
            turn.Release();
        }).ToArray();
        first.Release();
        await Task.WhenAll(waiting);
        order.ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public async Task A_busy_holder_sends_away_who_waits_and_who_comes()
    {
        var gate = new TurnGate();
        gate.TryTake(out var holder);
        var waiting = gate.TakeAsync(new TurnWaiter());
        var patient = gate.TakeAsync(new TurnWaiter(), evenIfBusy: true);
        gate.DeclareBusy(holder);
        (await waiting).IsHeld.ShouldBeFalse();
        (await gate.TakeAsync(new TurnWaiter())).IsHeld.ShouldBeFalse();
        patient.IsCompleted.ShouldBeFalse();
        holder.Release();
        var turn = await patient;
        turn.IsHeld.ShouldBeTrue();
        gate.IsBusy.ShouldBeFalse();
        turn.Release();
    }

    [Fact]
    public async Task Many_takers_never_meet_inside()
    {
        var gate = new TurnGate();
        var (inside, total) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var waiter = new TurnWaiter();
            for (var i = 0; i < 2_000; i++)
            {
                if (!gate.TryTake(out var turn))
                {
                    turn = await gate.TakeAsync(waiter);
                }

                Interlocked.Increment(ref inside).ShouldBe(1);
                total++;
                Interlocked.Decrement(ref inside);
                turn.Release();
            }
        })));
        total.ShouldBe(16_000);
        gate.Acquisitions.ShouldBe(16_000);
    }
}
