// What a unit leaves for its followers: the commands that do the same again, in one batch, without scripts, chance or relative time.
using System.Text;
using Evalsha.Resp;
using Evalsha.Server.Dispatch;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Dispatch;

public sealed class EffectsTests : IAsyncLifetime, IEffectSink
{
    private readonly ManualTime _time = new();
    private readonly List<string> _units = [];
    private readonly List<bool> _waits = [];
    private RedisServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync(new RedisServerOptions { TimeProvider = _time });
        _server.Context.Effects.Subscribe(this);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    void IEffectSink.Commit(in UnitEffects unit)
    {
        var commands = new List<string>();
        for (var i = 0; i < unit.Count; i++)
        {
            var request = unit.Request(i).ToArray();
            var framer = new RespFramer();
            framer.Next(request).ShouldBe(FrameStatus.Request);
            commands.Add($"{unit.Database(i)}: {string.Join(' ', framer.Arguments.ToArray().Select(part => Encoding.UTF8.GetString(part.Of(request))))}");
        }

        _units.Add(string.Join("; ", commands));
    }

    void IEffectSink.Missed() => _units.Add("missed");

    ValueTask IEffectSink.WaitAsync(bool hasWritten)
    {
        _waits.Add(hasWritten);
        return default;
    }

    [Fact]
    public async Task A_write_is_logged_as_it_came_and_a_read_or_a_failed_write_is_not()
    {
        await RunAsync("SET a 1", "GET a", "INCR a", "LPUSH a x", "DEL nokey", "APPEND a 0");
        _units.ShouldBe(["0: SET a 1", "0: INCR a", "0: APPEND a 0"]);
    }

    [Fact]
    public async Task A_script_leaves_its_writes_as_one_batch_and_itself_not()
    {
        await RunAsync("EVAL \"redis.call('SET','a','1') redis.call('GET','a') redis.call('SELECT', 2) redis.call('RPUSH','l','x','y') return 1\" 0", "EVAL \"return redis.call('GET','a')\" 0");
        _units.ShouldBe(["0: SET a 1; 2: RPUSH l x y"]);
    }

    [Fact]
    public async Task A_script_that_fails_leaves_what_it_had_done()
    {
        await RunAsync("EVAL \"redis.call('SET','a','1') error('stop')\" 0");
        _units.ShouldBe(["0: SET a 1"]);
    }

    [Fact]
    public async Task A_transaction_is_one_batch()
    {
        await RunAsync("MULTI", "SET a 1", "INCR a", "PING", "EXEC");
        _units.ShouldBe(["0: SET a 1; 0: INCR a"]);
    }

    [Fact]
    public async Task An_expiry_is_absolute_and_what_expired_is_a_DEL_at_the_moment_somebody_noticed()
    {
        await RunAsync("SET a 1", "PEXPIRE a 1000");
        _units[1].ShouldBe($"0: PEXPIREAT a {_time.GetUtcNow().ToUnixTimeMilliseconds() + 1000}");
        _units.Clear();
        _time.Advance(TimeSpan.FromSeconds(2));
        await RunAsync("EVAL \"redis.call('GET','a') return redis.call('SET','b','1')\" 0");
        string.Join(" | ", _units).ShouldBeOneOf("0: DEL a; 0: SET b 1", "0: DEL a | 0: SET b 1");
    }

    [Fact]
    public async Task Nothing_is_collected_while_the_file_is_being_replayed()
    {
        _server.Context.Effects.IsSuspended = true;
        await RunAsync("SET a 1");
        _server.Context.Effects.IsSuspended = false;
        await RunAsync("SET a 2");
        _units.ShouldBe(["0: SET a 2"]);
    }

    [Fact]
    public async Task A_sink_is_waited_for_before_each_reply_and_knows_whether_the_batch_wrote()
    {
        await RunAsync("SET a 1", "GET a");
        _waits.ShouldBe([true, false]);
    }

    [Fact]
    public async Task Flushing_is_logged_even_when_there_is_nothing()
    {
        await RunAsync("FLUSHALL", "SET a 1", "FLUSHDB ASYNC");
        _units.ShouldBe(["0: FLUSHALL", "0: SET a 1", "0: FLUSHDB"]);
    }

    private async Task RunAsync(params string[] commands)
    {
        await using var client = _server.OpenDirect();
        foreach (var command in commands)
        {
            await client.ExecuteAsync(Conformance.Transcript.Split(command));
        }
    }
}
