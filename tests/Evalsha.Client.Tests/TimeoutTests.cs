// Timeouts on a moved clock: the caller is released, the place of his reply stays, and a silent server is dialled anew.
using Evalsha.Client.Tests.Support;
using Evalsha.Tests.Support;

namespace Evalsha.Client.Tests;

public sealed class TimeoutTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly ManualTime _time = new();
    private readonly FakePeer _peer = new();

    private RedisOptions Options => new() { TimeProvider = _time, OperationTimeout = TimeSpan.FromSeconds(2), StallTimeout = TimeSpan.FromSeconds(30), ReconnectDelayMin = TimeSpan.Zero };

    [Fact]
    public async Task A_reply_that_comes_too_late_goes_to_nobody()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, Options);
        _peer.Withhold();
        var late = connection.SendAsync("ECHO", "late").AsTask();
        _time.Advance(TimeSpan.FromSeconds(3));
        var error = await Should.ThrowAsync<RedisConnectionException>(() => late.WaitAsync(Patience));
        error.TimedOut.ShouldBeTrue();
        error.WasWritten.ShouldBeTrue();
        var next = connection.SendAsync("ECHO", "next").AsTask();
        _peer.Release();
        (await next.WaitAsync(Patience)).AsText().ShouldBe("next");
        _peer.Dials.ShouldBe(1);
    }

    [Fact]
    public async Task A_request_may_wait_longer_than_others()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, Options);
        _peer.Withhold();
        var patient = connection.SendAsync(new RedisRequest("ECHO", "patient") { Timeout = Timeout.InfiniteTimeSpan }).AsTask();
        var hasty = connection.SendAsync("ECHO", "hasty").AsTask();
        _time.Advance(TimeSpan.FromSeconds(100));
        (await Should.ThrowAsync<RedisConnectionException>(() => hasty.WaitAsync(Patience))).TimedOut.ShouldBeTrue();
        patient.IsCompleted.ShouldBeFalse();
        _peer.Release();
        (await patient.WaitAsync(Patience)).AsText().ShouldBe("patient");
    }

    [Fact]
    public async Task A_server_that_owes_replies_and_is_silent_is_dialled_again()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, Options);
        var again = new TaskCompletionSource();
        connection.Reconnected += _ => again.TrySetResult();
        _peer.Withhold();
        var lost = connection.SendAsync("MARK", "lost").AsTask();
        _time.Advance(TimeSpan.FromSeconds(31));
        (await Should.ThrowAsync<RedisConnectionException>(() => lost.WaitAsync(Patience))).TimedOut.ShouldBeTrue();
        await again.Task.WaitAsync(Patience);
        connection.Generation.ShouldBe(2);
        _peer.Release();
        (await connection.SendAsync("ECHO", "x").AsTask().WaitAsync(Patience)).AsText().ShouldBe("x");
    }

    [Fact]
    public async Task A_request_that_waits_for_a_reconnect_times_out_as_never_written()
    {
        var options = Options with { ReconnectDelayMin = TimeSpan.FromHours(1), ReconnectDelayMax = TimeSpan.FromHours(1), JitterSeed = 3 };
        _peer.CutNext(new Cut { AfterReplyBytes = 0 });
        _peer.CutNext(new Cut { RefuseDial = true });
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, options);
        await Should.ThrowAsync<RedisConnectionException>(() => connection.SendAsync("ECHO", "breaks").AsTask().WaitAsync(Patience));
        var waits = connection.SendAsync("ECHO", "waits").AsTask();
        _time.Advance(TimeSpan.FromSeconds(3));
        var error = await Should.ThrowAsync<RedisConnectionException>(() => waits.WaitAsync(Patience));
        error.TimedOut.ShouldBeTrue();
        error.WasWritten.ShouldBeFalse();
    }

    [Fact]
    public async Task An_idle_connection_runs_no_timer()
    {
        await using var connection = await RedisConnection.OpenAsync(_peer.DialAsync, Options);
        await connection.SendAsync("ECHO", "x");
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.WaitingTimers.ShouldBe(0);
    }
}
