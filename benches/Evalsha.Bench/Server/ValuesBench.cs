// The data types without any transport: 100 encoded commands in one buffer, one turn, on collections of 100,000 elements.
// Guards the marker line of Keyspace/Values/DenseTable.cs. Each figure is one command; reads and changes of what is there allocate nothing beyond what they store.
using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Evalsha.Server;
using Evalsha.Server.Sessions;

namespace Evalsha.Bench.Server;

[MemoryDiagnoser]
public class ValuesBench
{
    private const int Many = 100;
    private const int Elements = 100_000;

    private RedisServer _server = null!;
    private DirectClient _client = null!;
    private byte[] _requests = null!;

    [Params(
        "INCR counter", "HGET hash f{0}", "HSET hash f{0} v{0}", "SISMEMBER set m{0}", "SADD set m{0}",
        "ZSCORE zset m{0}", "ZADD zset {0} m{0}", "ZINCRBY zset 1 m{0}", "ZRANK zset m{0}", "ZRANGE zset {0} +inf BYSCORE LIMIT 0 10",
        "LINDEX list {0}", "RPOPLPUSH list list", "XRANGE stream {0} + COUNT 10")]
    public string Command { get; set; } = "";

    [GlobalSetup]
    public async Task Setup()
    {
        _server = await RedisServer.StartAsync(new RedisServerOptions { Seed = 1 });
        _client = _server.OpenDirect();
        for (var i = 1; i <= Elements; i++)
        {
            await _client.ExecuteAsync("HSET", "hash", $"f{i}", "v");
            await _client.ExecuteAsync("SADD", "set", $"m{i}");
            await _client.ExecuteAsync("ZADD", "zset", $"{i}", $"m{i}");
            await _client.ExecuteAsync("RPUSH", "list", $"e{i}");
            await _client.ExecuteAsync("XADD", "stream", $"{i}", "f", "v");
        }

        var random = new Random(1);
        var text = new StringBuilder();
        for (var i = 0; i < Many; i++)
        {
            var arguments = string.Format(CultureInfo.InvariantCulture, Command, random.Next(1, Elements)).Split(' ');
            text.Append(CultureInfo.InvariantCulture, $"*{arguments.Length}\r\n");
            foreach (var argument in arguments)
            {
                text.Append(CultureInfo.InvariantCulture, $"${argument.Length}\r\n{argument}\r\n");
            }
        }

        _requests = Encoding.ASCII.GetBytes(text.ToString());
    }

    [GlobalCleanup]
    public async Task Cleanup() => await _server.DisposeAsync();

    // Uncontended, so it has completed.
    [Benchmark(OperationsPerInvoke = Many)]
    public int Run() => _client.ExecuteRawAsync(_requests).Result.Length;
}
