// Measures how long things take from their start to their first answer: the programs as processes, the embedded server inside this one.
// Always: every kind is started once in turn, round after round, so that what else the machine does falls on all of them; a redis-server stands
// beside as the peer; processes are killed when they have answered, and what they wrote lies in a temporary folder.
using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Evalsha.Server;
using Referee.Cli.Doors;
using Referee.Hosting;
using Referee.Web.Api;
using Referee.Work;

namespace Referee.Cli.Bench;

/// <param name="Budget">Milliseconds for the median; null when there is none.</param>
/// <param name="Times">Milliseconds, one for each start.</param>
public sealed record StartupRow(string What, int? Budget, bool IsPeer, IReadOnlyList<double> Times)
{
    public double Minimum => Times.Min();

    public double Median => Times.Order().ElementAt(Times.Count / 2);

    public bool WithinBudget => Budget is not { } budget || Median <= budget;
}

/// <param name="say">Told what cannot be measured here, and why.</param>
public sealed class StartupBench(CliEnvironment environment, Action<string> say)
{
    private const int Items = 300;
    private const int UpBudget = 400;
    private const int EmbeddedBudget = 20;
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(1);
    private static readonly byte[] Ping = "*1\r\n$4\r\nPING\r\n"u8.ToArray();
    private static readonly byte[] Pong = "+PONG\r\n"u8.ToArray();

    public async Task<IReadOnlyList<StartupRow>> RunAsync(int starts, CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("referee-startup-").FullName;
        try
        {
            var full = Directory.CreateDirectory(Path.Combine(folder, "full")).FullName;
            await SeedAsync(full, ct);
            var kinds = new List<(string What, int? Budget, bool IsPeer, Func<Task<double>> Start)>
            {
                ($"referee up, a folder of {Items} items", UpBudget, false, () => UpAsync(full, ct)),
                ("referee up, a new folder", UpBudget, false, () => UpAsync(Directory.CreateDirectory(Path.Combine(folder, Path.GetRandomFileName())).FullName, ct)),
                ("referee status, the gateway running", null, false, () => StatusAsync(full, ct)),
            };
            // Built by ./evalsha beside this program; a program of its own, so this one is not built on it.
            var evalsha = Path.Combine(AppContext.BaseDirectory, "..", "Evalsha.Cli", "Evalsha.Cli.dll");
            if (File.Exists(evalsha))
            {
                kinds.Add(("evalsha serve, to the first PING", null, false, () => ServerAsync(port => Dotnet(folder, evalsha, "serve", "--quiet", "--port", $"{port}"), ct)));
            }
            else
            {
                say("evalsha is not built beside this program (./evalsha --version builds it): it is left out");
            }

            if (HasRedis())
            {
                kinds.Add(("redis-server, to the first PING", null, true, () => ServerAsync(port => new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--loglevel", "warning"]), ct)));
            }
            else
            {
                say("no redis-server on this machine: there is no peer to compare with");
            }

            kinds.Add(("RedisServer in this warm process, by pipe", EmbeddedBudget, false, () => EmbeddedPipeAsync(ct)));
            kinds.Add(("RedisServer in this warm process, by TCP", EmbeddedBudget, false, () => EmbeddedTcpAsync(ct)));
            await EmbeddedPipeAsync(ct); // the process is warm from here on
            await EmbeddedTcpAsync(ct);

            var times = kinds.Select(_ => new List<double>()).ToList();
            for (var round = 0; round < starts; round++)
            {
                for (var kind = 0; kind < kinds.Count; kind++)
                {
                    times[kind].Add(await kinds[kind].Start());
                }
            }

            return [.. kinds.Select((kind, i) => new StartupRow(kind.What, kind.Budget, kind.IsPeer, times[i]))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task SeedAsync(string folder, CancellationToken ct)
    {
        RefereeFolder.Create(folder, environment.Time);
        await using var door = await DoorKeeper.OpenAsync(environment with { Directory = folder, Variables = new Dictionary<string, string>() }, new DoorOptions(), ct);
        for (var i = 0; i < Items; i++)
        {
            (await door.SubmitAsync(new SubmitRequest($"item-{i}", $"Item {i}", "code-change"), ct)).OrThrow();
        }
    }

    /// <summary>From the start of the process to the answer to a first call, here for the project's counts.</summary>
    private async Task<double> UpAsync(string folder, CancellationToken ct)
    {
        var began = environment.Time.GetTimestamp();
        using var up = Start(Myself(folder, "up"));
        try
        {
            await AskGatewayAsync(up, folder, ct);
            return Elapsed(began);
        }
        finally
        {
            await KillAsync(up);
        }
    }

    private async Task<double> StatusAsync(string folder, CancellationToken ct)
    {
        using var up = Start(Myself(folder, "up"));
        try
        {
            await AskGatewayAsync(up, folder, ct);
            var began = environment.Time.GetTimestamp();
            using var status = Start(Myself(folder, "status"));
            var text = await status.StandardOutput.ReadToEndAsync(ct);
            await status.WaitForExitAsync(ct);
            var took = Elapsed(began);
            return status.ExitCode == ExitCodes.Done ? took : throw Failed("referee status", text + await status.StandardError.ReadToEndAsync(ct));
        }
        finally
        {
            await KillAsync(up);
        }
    }

    private async Task AskGatewayAsync(Process up, string folder, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(AnswerPatience);
        // The gateway has announced itself in the folder before it says so.
        if (await up.StandardOutput.ReadLineAsync(patience.Token) is null)
        {
            throw Failed("referee up", await up.StandardError.ReadToEndAsync(ct));
        }

        await using var door = await DoorKeeper.OpenAsync(environment with { Directory = folder, Variables = new Dictionary<string, string>() }, new DoorOptions(), patience.Token);
        (await door.StatusAsync(patience.Token)).OrThrow();
    }

    private async Task<double> ServerAsync(Func<int, ProcessStartInfo> command, CancellationToken ct)
    {
        var port = FreePort();
        var start = command(port);
        var began = environment.Time.GetTimestamp();
        using var server = Start(start);
        try
        {
            while (!await TryPingAsync(port, ct))
            {
                if (server.HasExited || environment.Time.GetElapsedTime(began) > AnswerPatience)
                {
                    throw Failed(start.FileName, $"nobody answers on port {port}");
                }

                await Task.Delay(AskAgain, environment.Time, ct);
            }

            return Elapsed(began);
        }
        finally
        {
            await KillAsync(server);
        }
    }

    private async Task<double> EmbeddedPipeAsync(CancellationToken ct)
    {
        var began = environment.Time.GetTimestamp();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions());
        var pipe = server.OpenPipe();
        await pipe.Output.WriteAsync(Ping, ct);
        await ReadPongAsync(pipe.Input, ct);
        var took = Elapsed(began);
        await pipe.Output.CompleteAsync();
        await pipe.Input.CompleteAsync();
        return took;
    }

    private async Task<double> EmbeddedTcpAsync(CancellationToken ct)
    {
        var began = environment.Time.GetTimestamp();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        return await TryPingAsync(server.Port, ct) ? Elapsed(began) : throw Failed("RedisServer", $"nobody answers on port {server.Port}");
    }

    private static async Task ReadPongAsync(PipeReader input, CancellationToken ct)
    {
        while (true)
        {
            var read = await input.ReadAsync(ct);
            var answered = read.Buffer.Length >= Pong.Length;
            if (answered && !read.Buffer.Slice(0, Pong.Length).ToArray().AsSpan().SequenceEqual(Pong))
            {
                throw Failed("RedisServer", "the answer to PING is not PONG");
            }

            input.AdvanceTo(answered ? read.Buffer.End : read.Buffer.Start, read.Buffer.End);
            if (answered)
            {
                return;
            }
        }
    }

    /// <summary>False while nobody listens.</summary>
    private static async Task<bool> TryPingAsync(int port, CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, ct);
            await socket.SendAsync(Ping, ct);
            var answer = new byte[Pong.Length];
            for (var read = 0; read < answer.Length;)
            {
                var more = await socket.ReceiveAsync(answer.AsMemory(read), ct);
                if (more == 0)
                {
                    return false;
                }

                read += more;
            }

            return answer.AsSpan().SequenceEqual(Pong);
        }
        catch (SocketException)
        {
            return false; // not yet
        }
    }

    private double Elapsed(long began) => environment.Time.GetElapsedTime(began).TotalMilliseconds;

    private static ProcessStartInfo Myself(string folder, params string[] arguments) => Dotnet(folder, Path.Combine(AppContext.BaseDirectory, "Referee.Cli.dll"), arguments);

    // As the wrappers start them.
    private static ProcessStartInfo Dotnet(string folder, string program, params string[] arguments) => new("dotnet", ["exec", program, .. arguments])
    {
        WorkingDirectory = folder,
        Environment = { ["DOTNET_TieredPGO"] = "0", [DoorKeeper.TokenVariable] = null },
    };

    private static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return Process.Start(start) ?? throw Failed(start.FileName, "it did not start");
    }

    private static async Task KillAsync(Process process)
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
    }

    private static bool HasRedis()
    {
        try
        {
            using var version = Start(new ProcessStartInfo("redis-server", ["--version"]));
            version.WaitForExit();
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // not installed
        }
    }

    private static CliException Failed(string what, string why) => new(ExitCodes.Unavailable, $"{what} did not answer: {why.Trim()}");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
