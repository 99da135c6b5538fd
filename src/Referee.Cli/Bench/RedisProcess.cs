// A redis-server of our own beside the embedded one, for measuring both in one run: loopback, a free port, a temporary folder, AOF every second.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Evalsha.Client;

namespace Referee.Cli.Bench;

internal sealed class RedisProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(10);
    private readonly Process _process;
    private readonly string _folder;

    private RedisProcess(Process process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    public int Port { get; }

    /// <summary>Starts it; null when there is no redis-server on this machine.</summary>
    public static async Task<RedisProcess?> TryStartAsync(TimeProvider time, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("referee-bench-").FullName;
        var port = FreePort();
        var start = new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--loglevel", "warning"])
        {
            RedirectStandardOutput = true,
        };
        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            process = null; // not installed
        }

        if (process is null)
        {
            Directory.Delete(folder, recursive: true);
            return null;
        }

        process.BeginOutputReadLine();
        var redis = new RedisProcess(process, folder, port);
        for (var until = time.GetUtcNow() + StartPatience; ;)
        {
            try
            {
                await using var connection = await RedisConnection.ConnectAsync(new RedisOptions { Port = port }, ct);
                await connection.SendAsync("PING");
                return redis;
            }
            catch (RedisConnectionException) when (time.GetUtcNow() < until && !process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), time, ct);
            }
            catch
            {
                await redis.DisposeAsync();
                throw;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
