// Real clients of another language against our server: the two of Node, and BullMQ with its scripts, each with a program next to this file.
// Always: run when node and the pinned packages are there (./test fetches them into artifacts/), skipped with the reason otherwise.
// A program that says "restart" gets the server stopped and another, on the same port and from the same log, in its place.
using System.Diagnostics;
using System.Globalization;

namespace Evalsha.Server.Tests.Clients;

public sealed class NodeClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("node-clients-").FullName;

    [NodeTheory]
    [InlineData("ioredis")]
    [InlineData("node-redis", "2")]
    [InlineData("node-redis", "3")]
    [InlineData("bullmq")]
    public async Task A_node_client_finds_all_that_it_knows_from_redis(string program, params string[] arguments)
    {
        var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, Directory = _folder });
        try
        {
            using var process = Start(program, [server.Port.ToString(CultureInfo.InvariantCulture), .. arguments]);
            var errors = process.StandardError.ReadToEndAsync();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
                {
                    line.ShouldBe("restart");
                    var port = server.Port;
                    await server.DisposeAsync();
                    server = await RedisServer.StartAsync(new RedisServerOptions { Port = port, Directory = _folder });
                    await process.StandardInput.WriteLineAsync("started");
                    await process.StandardInput.FlushAsync(patience.Token);
                }

                await process.WaitForExitAsync(patience.Token);
            }
            finally
            {
                process.Kill(entireProcessTree: true);
            }

            process.ExitCode.ShouldBe(0, await errors);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static Process Start(string program, string[] arguments)
    {
        var root = NodePackages.Root();
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(root, "tests", "Evalsha.Server.Tests", "Clients", $"{program}.cjs"));
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["NODE_PATH"] = NodePackages.Folder(root);
        return Process.Start(start)!;
    }

    private static class NodePackages
    {
        private static readonly string[] Needed = ["ioredis", "redis", "bullmq"];

        public static string Root()
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Referee.slnx")))
            {
                folder = folder.Parent;
            }

            return folder!.FullName;
        }

        public static string Folder(string root) => Path.Combine(root, "artifacts", "node-clients", "node_modules");

        /// <summary>Null when the tests can run.</summary>
        public static string? WhyNot()
        {
            var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
            if (!folders.Any(static folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node"))))
            {
                return "node is not installed";
            }

            var modules = Folder(Root());
            return Needed.All(name => Directory.Exists(Path.Combine(modules, name)))
                ? null
                : $"the packages {string.Join(", ", Needed)} are not in artifacts/node-clients; ./test fetches them when npm can reach its registry";
        }
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class NodeTheoryAttribute : TheoryAttribute
    {
        public NodeTheoryAttribute()
        {
            if (NodePackages.WhyNot() is { } reason)
            {
                Skip = reason;
            }
        }
    }
}
