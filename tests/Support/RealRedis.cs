// A real redis-server for one test class: started on a free loopback port in a folder of its own, killed and swept when disposed.
// Always: nothing listens outside loopback, nothing stays behind, and a missing redis-server is an error that names the fix, never a skip.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Evalsha.Tests.Support;

public sealed class RealRedis : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);
    private readonly Process _process;

    private RealRedis(Process process, int port, string directory) => (_process, Port, Directory) = (process, port, directory);

    public int Port { get; }

    /// <summary>The server's working folder; its appendonlydir is here when started with <c>--appendonly yes</c>.</summary>
    public string Directory { get; }

    /// <summary>Starts a server. <paramref name="options"/> are redis-server's own, for example <c>--appendonly yes</c>.</summary>
    public static async Task<RealRedis> StartAsync(params string[] options) => await StartInAsync(null, options);

    /// <summary>Starts a server in an existing folder, to load what is there; the folder is kept.</summary>
    public static async Task<RealRedis> StartInAsync(string? directory, params string[] options)
    {
        var owned = directory is null;
        directory ??= System.IO.Directory.CreateTempSubdirectory("real-redis-").FullName;
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var start = new ProcessStartInfo("redis-server") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = directory };
            foreach (var option in (string[])["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", directory, "--daemonize", "no", .. options])
            {
                start.ArgumentList.Add(option);
            }

            var log = new StringBuilder();
            var process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start");
            process.OutputDataReceived += (_, e) => { lock (log) { log.AppendLine(e.Data); } };
            process.ErrorDataReceived += (_, e) => { lock (log) { log.AppendLine(e.Data); } };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (await AnswersAsync(process, port))
            {
                return new RealRedis(process, port, directory) { OwnsDirectory = owned };
            }

            process.Kill(entireProcessTree: true);
            if (attempt == 3)
            {
                lock (log) { throw new InvalidOperationException($"redis-server did not answer on port {port}; its log:\n{log}"); }
            }
        }
    }

    private bool OwnsDirectory { get; init; }

    /// <summary>Ends the server as <c>kill -9</c> does: nothing is flushed.</summary>
    public void Kill()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        if (OwnsDirectory)
        {
            System.IO.Directory.Delete(Directory, recursive: true);
        }
    }

    /// <summary>A port nobody listens on now. Another process may take it first, so starters try again.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> AnswersAsync(Process process, int port)
    {
        var clock = Stopwatch.StartNew();
        var answer = new byte[64];
        while (clock.Elapsed < StartLimit && !process.HasExited)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
                var read = await client.GetStream().ReadAsync(answer);
                if (answer.AsSpan(0, read).StartsWith("+PONG"u8) || answer.AsSpan(0, read).StartsWith("-NOAUTH"u8))
                {
                    return true;
                }
            }
            catch (SocketException)
            {
                // Not listening yet.
            }

            await Task.Delay(10); // A process of the system's is being started; only its answer tells that it is ready.
        }

        return false;
    }
}
