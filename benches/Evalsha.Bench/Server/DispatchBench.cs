// The server without any transport: 100 encoded commands in one buffer, one turn. Guards the marker lines of Dispatch, Sessions and Scripting.
// Each figure is one command. The budgets are 0.27 µs for EVALSHA of "return nil", 0.60 µs with one GET, and 0 bytes allocated.
using System.Text;
using BenchmarkDotNet.Attributes;
using Evalsha.Server;
using Evalsha.Server.Sessions;

namespace Evalsha.Bench.Server;

[MemoryDiagnoser]
public class DispatchBench
{
    private const int Many = 100;

    private RedisServer _server = null!;
    private DirectClient _client = null!;
    private byte[] _ping = null!;
    private byte[] _get = null!;
    private byte[] _set = null!;
    private byte[] _scriptNil = null!;
    private byte[] _scriptGet = null!;
    private byte[] _scriptWrites = null!;

    [GlobalSetup]
    public async Task Setup()
    {
        _server = await RedisServer.StartAsync();
        _client = _server.OpenDirect();
        await _client.ExecuteAsync("SET", "key:000001", "abc");
        _ping = Repeat("PING");
        _get = Repeat("GET", "key:000001");
        _set = Repeat("SET", "key:000001", "abc");
        _scriptNil = Repeat("EVALSHA", await LoadAsync("return nil"), "0");
        _scriptGet = Repeat("EVALSHA", await LoadAsync("return redis.call('GET', KEYS[1])"), "1", "key:000001");
        _scriptWrites = Repeat("EVALSHA", await LoadAsync("redis.call('SET', KEYS[1], ARGV[1]) redis.call('PEXPIRE', KEYS[1], 100000) return redis.call('GET', KEYS[1])"), "1", "key:000002", "value");
    }

    [GlobalCleanup]
    public async Task Cleanup() => await _server.DisposeAsync();

    [Benchmark(OperationsPerInvoke = Many)]
    public int Ping() => Run(_ping);

    [Benchmark(OperationsPerInvoke = Many)]
    public int Get() => Run(_get);

    [Benchmark(OperationsPerInvoke = Many)]
    public int Set() => Run(_set);

    [Benchmark(OperationsPerInvoke = Many)]
    public int EvalshaNil() => Run(_scriptNil);

    [Benchmark(OperationsPerInvoke = Many)]
    public int EvalshaGet() => Run(_scriptGet);

    [Benchmark(OperationsPerInvoke = Many)]
    public int EvalshaThreeCalls() => Run(_scriptWrites);

    private static byte[] Repeat(params string[] command)
    {
        var one = new StringBuilder($"*{command.Length}\r\n");
        foreach (var argument in command)
        {
            one.Append($"${argument.Length}\r\n{argument}\r\n");
        }

        return Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(one.ToString(), Many)));
    }

    private async Task<string> LoadAsync(string script) => (await _client.ExecuteAsync("SCRIPT", "LOAD", script)).AsText();

    // Uncontended, so it has completed.
    private int Run(byte[] requests) => _client.ExecuteRawAsync(requests).Result.Length;
}
