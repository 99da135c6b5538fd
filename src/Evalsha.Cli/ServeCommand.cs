// evalsha serve: a server on a TCP port until Ctrl+C, SIGTERM or SHUTDOWN.
// Always: loopback unless --bind says otherwise; the port is printed once it answers; the exit code is 0 for an asked-for end.
using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Evalsha.Server;
using Evalsha.Server.Dispatch;

namespace Evalsha.Cli;

internal static class ServeCommand
{
    private const int DefaultPort = 6379;

    public static Command Create()
    {
        var port = new Option<int>("--port") { Description = "TCP port; 0 takes a free one.", DefaultValueFactory = _ => DefaultPort };
        var bind = new Option<IPAddress>("--bind")
        {
            Description = "Address to listen on.",
            DefaultValueFactory = _ => IPAddress.Loopback,
            CustomParser = result => IPAddress.TryParse(result.Tokens[0].Value, out var address) ? address : Refuse(result),
        };
        var password = new Option<string?>("--requirepass") { Description = "Password that clients must give." };
        var dir = new Option<DirectoryInfo>("--dir") { Description = "Where the append-only file lives.", DefaultValueFactory = _ => new DirectoryInfo(".") };
        var appendOnly = new Option<string>("--appendonly") { Description = "Keep the data in an append-only file.", DefaultValueFactory = _ => "no" };
        appendOnly.AcceptOnlyFromAmong("yes", "no");
        var appendFsync = new Option<string>("--appendfsync") { Description = "When the append-only file is forced onto the disk.", DefaultValueFactory = _ => "everysec" };
        appendFsync.AcceptOnlyFromAmong("always", "everysec", "no");
        var quiet = new Option<bool>("--quiet") { Description = "Print nothing but errors." };
        var command = new Command("serve", "Run a Redis-compatible server.") { port, bind, password, dir, appendOnly, appendFsync, quiet };
        command.SetAction((parsed, ct) => RunAsync(
            new RedisServerOptions
            {
                Port = parsed.GetValue(port),
                Bind = parsed.GetValue(bind) ?? IPAddress.Loopback,
                Password = parsed.GetValue(password),
                Directory = parsed.GetValue(appendOnly) == "yes" ? parsed.GetValue(dir)!.FullName : null,
                AppendFsync = parsed.GetValue(appendFsync) switch
                {
                    "always" => AppendFsync.Always,
                    "no" => AppendFsync.No,
                    _ => AppendFsync.EverySecond,
                },
                Log = static (level, line) => Console.Error.WriteLine($"{level}: {line}"),
            },
            parsed.GetValue(quiet),
            ct));
        return command;
    }

    private static IPAddress Refuse(System.CommandLine.Parsing.ArgumentResult result)
    {
        result.AddError($"'{result.Tokens[0].Value}' is not an IP address.");
        return IPAddress.None;
    }

    private static async Task<int> RunAsync(RedisServerOptions options, bool quiet, CancellationToken ct)
    {
        RedisServer started;
        try
        {
            started = await RedisServer.StartAsync(options);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or SocketException)
        {
            await Console.Error.WriteLineAsync($"evalsha: {e.Message}");
            return 1;
        }

        await using var server = started;
        if (!quiet)
        {
            Console.WriteLine($"Listening on {server.EndPoint}.");
        }

        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var canceled = ct.Register(() => stopped.TrySetResult());
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stopped.TrySetResult();
        });
        await Task.WhenAny(stopped.Task, server.ShutdownRequested);
        return 0;
    }
}
