// What the append-only log costs: the same pipelines of 100 commands in one turn, with the data in memory only and with the log.
// Guards the marker lines of Dispatch/Effects and Persistence/AppendOnlyFile: the log may add time, and no allocation, to a command.
using System.Text;
using BenchmarkDotNet.Attributes;
using Evalsha.Server;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Sessions;

namespace Evalsha.Bench.Server;

[MemoryDiagnoser]
public class AppendBench
{
    private const int Many = 100;

    private readonly byte[] _counters = Repeat("INCR", "counter:000001");
    private readonly byte[] _values = Repeat("SET", "key:000001", new string('v', 100));
    private string _folder = "";
    private RedisServer _server = null!;
    private DirectClient _client = null!;

    [Params("memory", "everysec", "always")]
    public string Log { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _folder = Directory.CreateTempSubdirectory("append-bench-").FullName;
        _server = RedisServer.StartAsync(new RedisServerOptions
        {
            Directory = Log == "memory" ? null : _folder,
            AppendFsync = Log == "always" ? AppendFsync.Always : AppendFsync.EverySecond,
            RewritePercentage = 0,
        }).GetAwaiter().GetResult();
        _client = _server.OpenDirect();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Many)]
    public async Task<int> Incr() => (await _client.ExecuteRawAsync(_counters)).Length;

    [Benchmark(OperationsPerInvoke = Many)]
    public async Task<int> Set100Bytes() => (await _client.ExecuteRawAsync(_values)).Length;

    private static byte[] Repeat(params string[] command)
    {
        var one = new StringBuilder().Append('*').Append(command.Length).Append("\r\n");
        foreach (var argument in command)
        {
            one.Append('$').Append(argument.Length).Append("\r\n").Append(argument).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(one.ToString(), Many)));
    }
}
