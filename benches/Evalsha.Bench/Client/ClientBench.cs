// The client against a real redis-server on this machine: one caller, many callers, and scripts by digest.
// Needs REDIS (an address such as localhost:6379); the keys it writes are bench:*. Operations are requests.
using BenchmarkDotNet.Attributes;
using Evalsha.Client;
using Evalsha.Client.Scripts;

namespace Evalsha.Bench.Client;

[MemoryDiagnoser]
public class ClientBench
{
    private const int Requests = 10_000;

    private readonly ScriptRegistry _registry = new();
    private RedisConnection _connection = null!;
    private ScriptClient _scripts = null!;
    private ScriptDefinition _get = null!;

    [GlobalSetup]
    public void Setup() => SetupAsync().GetAwaiter().GetResult(); // The in-process toolchain does not wait for an asynchronous one.

    [GlobalCleanup]
    public void Cleanup() => _connection.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task SetupAsync()
    {
        _connection = await RedisConnection.ConnectAsync(Environment.GetEnvironmentVariable("REDIS") ?? "localhost:6379");
        await _connection.SetAsync("bench:k", "v");
        _get = _registry.Define("get", 1, "return redis.call('GET', KEYS[1])");
        _scripts = new ScriptClient(_connection, _registry);
        await _scripts.PreloadAsync();
    }

    [Benchmark(OperationsPerInvoke = Requests)]
    public async Task OneCaller()
    {
        for (var i = 0; i < Requests; i++)
        {
            await _connection.GetAsync("bench:k");
        }
    }

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task FiftyCallers() => Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
    {
        for (var i = 0; i < Requests / 50; i++)
        {
            await _connection.GetAsync("bench:k");
        }
    })));

    [Benchmark(OperationsPerInvoke = Requests)]
    public Task FiftyCallersOfAScript() => Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
    {
        RedisArg[] keys = ["bench:k"];
        for (var i = 0; i < Requests / 50; i++)
        {
            await _scripts.RunAsync(_get, keys, []);
        }
    })));

    [Benchmark(OperationsPerInvoke = Requests)]
    public async Task Pipelined()
    {
        var pending = new ValueTask<Evalsha.Resp.RespValue>[100];
        for (var i = 0; i < Requests; i += pending.Length)
        {
            for (var j = 0; j < pending.Length; j++)
            {
                pending[j] = _connection.GetAsync("bench:k");
            }

            foreach (var one in pending)
            {
                await one;
            }
        }
    }
}
