// A folder with an append-only log for one test: what is in it, copies of it as a kill would leave them, and servers that open them.
// Always: everything is below one temporary folder, which goes with the test.
using System.Text;
using Evalsha.Server.Dispatch;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Persistence;

internal sealed class LogFolder : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("evalsha-log-").FullName;
    private int _copies;

    public LogFolder() => Path = Directory.CreateDirectory(System.IO.Path.Combine(_root, "data")).FullName;

    public string Path { get; }

    public static string LogIn(string directory) => System.IO.Path.Combine(directory, "appendonlydir");

    public static string Increment(string directory, int number = 1) => System.IO.Path.Combine(LogIn(directory), $"appendonly.aof.{number}.incr.aof");

    public static string Base(string directory, int number = 1) => System.IO.Path.Combine(LogIn(directory), $"appendonly.aof.{number}.base.aof");

    public static string Text(string file) => Encoding.Latin1.GetString(File.ReadAllBytes(file));

    /// <summary>The files as they are now: what a server that is killed now leaves behind.</summary>
    public string Copy(string? from = null)
    {
        var copy = System.IO.Path.Combine(_root, $"copy{++_copies}");
        Directory.CreateDirectory(LogIn(copy));
        foreach (var file in Directory.GetFiles(LogIn(from ?? Path), "appendonly.*"))
        {
            File.Copy(file, System.IO.Path.Combine(LogIn(copy), System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    public string Fresh() => Directory.CreateDirectory(System.IO.Path.Combine(_root, $"fresh{++_copies}")).FullName;

    public Task<RedisServer> OpenAsync(string? directory = null, TimeProvider? time = null, AppendFsync fsync = AppendFsync.EverySecond, List<string>? log = null) =>
        RedisServer.StartAsync(new RedisServerOptions
        {
            Port = 0,
            Directory = directory ?? Path,
            AppendFsync = fsync,
            TimeProvider = time ?? TimeProvider.System,
            Seed = 7,
            Log = (level, line) =>
            {
                if (log is not null)
                {
                    lock (log)
                    {
                        log.Add($"{level}: {line}");
                    }
                }
            },
        });

    /// <summary>Loads a copy and prints what is in it.</summary>
    public async Task<string> DigestAsync(string directory, TimeProvider? time = null)
    {
        await using var server = await OpenAsync(directory, time);
        using var client = await RawRedis.ConnectAsync(server.Port);
        return await KeyspaceDigest.ReadAsync(client);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
