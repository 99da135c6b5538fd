// One server process under measurement: started on a free port without persistence, asked by redis-cli, loaded by redis-benchmark.
// Always: killed when disposed of; what a figure needs is read from the server itself or from /proc.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Evalsha.Bench.Server;

internal sealed class ServerPeer : IDisposable
{
    private const string GarnetVersion = "2.2.5";
    private static readonly string Artifacts = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../.."));
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);
    private readonly Process _process;
    private readonly string _port;
    private readonly bool _countsErrors;
    private long _errors;

    private ServerPeer(string name, bool countsErrors, Func<int, string[]> command)
    {
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _port = ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        }

        (Name, _countsErrors) = (name, countsErrors);
        var words = command(int.Parse(_port, CultureInfo.InvariantCulture));
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TieredPGO"] = Environment.GetEnvironmentVariable("DOTNET_TieredPGO") ?? "0";
        _process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start");
        _process.OutputDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginErrorReadLine();
        var since = Stopwatch.GetTimestamp();
        while (!TryConnect())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(since) > StartTimeout)
            {
                throw new InvalidOperationException($"{name} does not answer on port {_port}");
            }

            Thread.Sleep(20);
        }
    }

    public string Name { get; }

    public static ServerPeer Redis() => new("redis-server", true, static port =>
        ["redis-server", "--port", $"{port}", "--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--daemonize", "no"]);

    /// <summary>The published tool, as the wrapper "evalsha" runs it. The wrapper "bench" has built it.</summary>
    public static ServerPeer Ours()
    {
        var tool = Environment.GetEnvironmentVariable("EVALSHA_TOOL") ?? Path.Combine(Artifacts, "tools/Evalsha.Cli/Evalsha.Cli.dll");
        if (!File.Exists(tool))
        {
            throw new FileNotFoundException("run ./evalsha once: it publishes the tool", tool);
        }

        return new("ours", true, port => ["dotnet", "exec", tool, "serve", "--port", $"{port}", "--quiet"]);
    }

    /// <summary>Installed under artifacts/peers when it is not there yet; null and the reason when that cannot be.</summary>
    public static ServerPeer? TryGarnet(out string reason)
    {
        reason = "";
        var folder = Path.Combine(Artifacts, "peers/garnet");
        var tool = Path.Combine(folder, "garnet-server");
        if (!File.Exists(tool))
        {
            var (code, text) = Run(["dotnet", "tool", "install", "garnet-server", "--version", GarnetVersion, "--tool-path", folder], null);
            if (code != 0)
            {
                reason = $"garnet-server {GarnetVersion} could not be installed: {text.Trim().Split('\n')[^1]}";
                return null;
            }
        }

        try
        {
            return new("garnet", false, port => [tool, "--port", $"{port}", "--bind", "127.0.0.1", "--lua", "--lua-transaction-mode", "--memory", "1g", "--index", "64m"]);
        }
        catch (InvalidOperationException e)
        {
            reason = e.Message;
            return null;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    /// <summary>What redis-cli prints for one command.</summary>
    public string Ask(params string[] command) => Run(["redis-cli", "-p", _port, .. command], null).Text.Trim();

    /// <summary>Several commands whose replies do not matter.</summary>
    public void Send(string[][] commands) => Pipe(commands);

    /// <summary>Many commands at full speed.</summary>
    public void Pipe(IEnumerable<string[]> commands)
    {
        var (code, text) = Run(["redis-cli", "-p", _port, "--pipe"], input =>
        {
            foreach (var command in commands)
            {
                var request = new StringBuilder().Append(CultureInfo.InvariantCulture, $"*{command.Length}\r\n");
                foreach (var word in command)
                {
                    request.Append(CultureInfo.InvariantCulture, $"${word.Length}\r\n{word}\r\n");
                }

                input.Write(request);
            }
        });
        if (code != 0 || !text.Contains("errors: 0", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"{Name} refused the data: {text}");
        }
    }

    /// <summary>Requests per second as redis-benchmark sees them.</summary>
    public double Benchmark(int clients, int requests, int pipeline, int randomKeys, string[] command)
    {
        var (code, text) = Run(
            ["redis-benchmark", "-p", _port, "-c", $"{clients}", "-n", $"{requests}", "-P", $"{pipeline}", "-r", $"{randomKeys}", "--csv", .. command], null);
        var last = text.Trim().Split('\n')[^1].Split("\",\"");
        return code == 0 && last.Length > 2 ? double.Parse(last[1], CultureInfo.InvariantCulture) : throw new InvalidOperationException($"redis-benchmark on {Name}: {text}");
    }

    /// <summary>Error replies since the last question.</summary>
    public long Errors()
    {
        if (!_countsErrors)
        {
            return 0;
        }

        var line = Ask("INFO", "stats").Split('\n').First(static line => line.StartsWith("total_error_replies:", StringComparison.Ordinal));
        var now = long.Parse(line.Trim()["total_error_replies:".Length..], CultureInfo.InvariantCulture);
        var since = now - _errors;
        _errors = now;
        return since;
    }

    public long ResidentBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static (int Code, string Text) Run(string[] command, Action<TextWriter>? feed)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardInput = feed is not null };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} is needed: install it");
        var text = process.StandardOutput.ReadToEndAsync();
        if (feed is not null)
        {
            feed(process.StandardInput);
            process.StandardInput.Close();
        }

        process.WaitForExit();
        return (process.ExitCode, text.Result);
    }

    private bool TryConnect()
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, int.Parse(_port, CultureInfo.InvariantCulture));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
