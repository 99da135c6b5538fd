// Real clients of another language against our server: the two of Node, each with a program next to this file.
// Always: run when node and the pinned packages are there (./test fetches them into artifacts/), skipped with the reason otherwise.
using System.Diagnostics;
using System.Globalization;

namespace Evalsha.Server.Tests.Clients;

public sealed class NodeClientTests
{
    [NodeTheory]
    [InlineData("ioredis")]
    [InlineData("node-redis")]
    public async Task A_node_client_finds_all_that_it_knows_from_redis(string program)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        var root = NodePackages.Root();
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(root, "tests", "Evalsha.Server.Tests", "Clients", $"{program}.cjs"));
        start.ArgumentList.Add(server.Port.ToString(CultureInfo.InvariantCulture));
        start.Environment["NODE_PATH"] = NodePackages.Folder(root);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }

        var said = $"{await output}{await errors}";
        process.ExitCode.ShouldBe(0, said);
    }

    private static class NodePackages
    {
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
            return Directory.Exists(Path.Combine(modules, "ioredis")) && Directory.Exists(Path.Combine(modules, "redis"))
                ? null
                : "the packages ioredis and redis are not in artifacts/node-clients; ./test fetches them when npm can reach its registry";
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
