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
        var unixSocket = new Option<string?>("--unixsocket") { Description = "Path of a unix socket to listen on as well." };
        var unixSocketPerm = new Option<string?>("--unixsocketperm") { Description = "Its permissions, in octal (700)." };
        unixSocketPerm.Validators.Add(static result =>
        {
            if (result.Tokens.Count > 0 && !TryOctal(result.Tokens[0].Value, out _))
            {
                result.AddError($"'{result.Tokens[0].Value}' is not an octal number of permissions.");
            }
        });
        var tlsPort = new Option<int?>("--tls-port") { Description = "TCP port that speaks TLS; 0 takes a free one." };
        var tlsCert = new Option<FileInfo?>("--tls-cert-file") { Description = "The server's certificate, PEM." };
        var tlsKey = new Option<FileInfo?>("--tls-key-file") { Description = "The certificate's key, PEM." };
        var tlsCa = new Option<FileInfo?>("--tls-ca-cert-file") { Description = "Certificates, PEM, that may have signed a client's." };
        var tlsAuth = new Option<string>("--tls-auth-clients") { Description = "Must clients have a certificate?", DefaultValueFactory = _ => "yes" };
        tlsAuth.AcceptOnlyFromAmong("yes", "no", "optional");
        var quiet = new Option<bool>("--quiet") { Description = "Print nothing but errors." };
        var command = new Command("serve", "Run a Redis-compatible server.") { port, bind, password, dir, appendOnly, appendFsync, unixSocket, unixSocketPerm, tlsPort, tlsCert, tlsKey, tlsCa, tlsAuth, quiet };
        command.SetAction((parsed, ct) => RunAsync(
            new RedisServerOptions
            {
                Port = parsed.GetValue(port),
                Bind = parsed.GetValue(bind) ?? IPAddress.Loopback,
                Password = parsed.GetValue(password),
                UnixSocket = parsed.GetValue(unixSocket),
                UnixSocketPermissions = TryOctal(parsed.GetValue(unixSocketPerm), out var mode) ? mode : null,
                TlsPort = parsed.GetValue(tlsPort),
                TlsCertFile = parsed.GetValue(tlsCert)?.FullName,
                TlsKeyFile = parsed.GetValue(tlsKey)?.FullName,
                TlsCaCertFile = parsed.GetValue(tlsCa)?.FullName,
                TlsAuthClients = Enum.Parse<TlsAuthClients>(parsed.GetValue(tlsAuth)!, ignoreCase: true),
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

    private static bool TryOctal(string? text, out UnixFileMode mode)
    {
        mode = default;
        if (text is not { Length: > 0 and <= 4 } || text.AsSpan().ContainsAnyExceptInRange('0', '7'))
        {
            return false;
        }

        mode = (UnixFileMode)Convert.ToInt32(text, 8);
        return true;
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
        catch (Exception e) when (e is InvalidDataException or IOException or SocketException or ArgumentException or System.Security.Cryptography.CryptographicException)
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
