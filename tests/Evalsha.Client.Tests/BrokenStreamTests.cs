// The stream is cut at every byte, in both directions and in the handshake: nobody gets another's reply, nothing runs twice,
// and what an exception says about having run is true.
using Evalsha.Client.Tests.Support;

namespace Evalsha.Client.Tests;

public sealed class BrokenStreamTests
{
    private const int Callers = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly RedisOptions Options = new() { ReconnectDelayMin = TimeSpan.Zero, JitterSeed = 1, OperationTimeout = Patience };

    [Fact]
    public async Task A_cut_after_any_byte_of_the_replies_mixes_nothing_up()
    {
        var lost = 0;
        for (var cut = 0; cut <= Callers * 2 * "$2,,m0,,".Length; cut++)
        {
            var peer = new FakePeer();
            peer.CutNext(new Cut { AfterReplyBytes = cut });
            lost += await RunAsync(peer, cut);
            peer.Dials.ShouldBe(2);
        }

        lost.ShouldBeGreaterThan(Callers);
    }

    [Fact]
    public async Task A_cut_after_any_byte_of_the_requests_mixes_nothing_up()
    {
        var lost = 0;
        for (var cut = 0; cut <= Callers * 2 * "*2,,$4,,MARK,,$2,,m0,,".Length; cut++)
        {
            var peer = new FakePeer();
            peer.CutNext(new Cut { AfterRequestBytes = cut });
            lost += await RunAsync(peer, cut);
            peer.Dials.ShouldBe(2);
        }

        lost.ShouldBeGreaterThan(Callers);
    }

    [Fact]
    public async Task A_cut_after_any_byte_of_the_next_handshake_loses_nothing_that_was_not_sent()
    {
        for (var cut = 0; cut <= 60; cut++)
        {
            var peer = new FakePeer();
            peer.CutNext(new Cut { AfterReplyBytes = 0 });
            peer.CutNext(new Cut { AfterReplyBytes = cut, CountHandshake = true });
            peer.CutNext(new Cut { RefuseDial = true });
            await RunAsync(peer, cut);
        }
    }

    [Fact]
    public async Task What_was_not_given_to_the_transport_moves_to_the_next_link_in_order()
    {
        var peer = new FakePeer { PipeBytes = 64 };
        peer.CutNext(new Cut { AfterReplyBytes = 0 });
        await using var connection = await RedisConnection.OpenAsync(peer.DialAsync, Options);
        peer.Withhold();
        var sends = Enumerable.Range(0, 50).Select(i => connection.SendAsync("MARK", $"{i}").AsTask()).ToArray();
        peer.Release();
        var moved = new List<string>();
        var lost = new List<string>();
        for (var i = 0; i < sends.Length; i++)
        {
            try
            {
                var reply = await sends[i].WaitAsync(Patience);
                reply.AsText().ShouldBe($"{i}");
                moved.Add($"{i}");
            }
            catch (RedisConnectionException broken)
            {
                broken.WasWritten.ShouldBeTrue();
                lost.Add($"{i}");
            }
        }

        moved.ShouldNotBeEmpty();
        lost.ShouldNotBeEmpty();
        peer.Executed.Where(moved.Contains).ShouldBe(moved);
        peer.Executed.ShouldBeUnique();
    }

    // Returns how many requests that must not be repeated got no reply.
    private static async Task<int> RunAsync(FakePeer peer, int cut)
    {
        await using var connection = await RedisConnection.OpenAsync(peer.DialAsync, Options);
        var marks = new List<Task<string>>();
        var pure = new List<Task<string>>();
        for (var i = 0; i < Callers; i++)
        {
            marks.Add(TextAsync(connection, new RedisRequest("MARK", $"m{i}")));
            pure.Add(TextAsync(connection, new RedisRequest("ECHO", $"e{i}") { Repeatable = true }));
        }

        var lost = 0;
        var unrun = new List<string>();
        for (var i = 0; i < Callers; i++)
        {
            (await pure[i].WaitAsync(Patience)).ShouldBe($"e{i}", $"cut at {cut}");
            try
            {
                (await marks[i].WaitAsync(Patience)).ShouldBe($"m{i}", $"cut at {cut}");
                peer.Executed.ShouldContain($"m{i}");
            }
            catch (RedisConnectionException broken)
            {
                lost++;
                if (!broken.WasWritten)
                {
                    unrun.Add($"m{i}");
                }
            }
        }

        (await TextAsync(connection, new RedisRequest("ECHO", "after")).WaitAsync(Patience)).ShouldBe("after");
        peer.Executed.ShouldBeUnique($"cut at {cut}");
        peer.Executed.Intersect(unrun).ShouldBeEmpty($"cut at {cut}");
        return lost;
    }

    private static async Task<string> TextAsync(RedisConnection connection, RedisRequest request) => (await connection.SendAsync(request)).AsText();
}
