// referee up: opens the store, runs the gateway until it is told to stop.
using System.CommandLine;
using System.Runtime.InteropServices;
using Referee.Cli.Doors;
using Referee.Hosting;
using Referee.Web;

namespace Referee.Cli.Verbs;

internal static class UpVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var port = new Option<int>("--port") { Description = "The gateway's port on loopback; 0 takes a free one", DefaultValueFactory = _ => 0 };
        var respPort = new Option<int?>("--resp-port") { Description = "Also open the embedded store as a Redis on loopback: whoever reaches it can write past the referee" };
        return verbs.Create("up", "Run the gateway: JSON-RPC over HTTP on loopback, with the store inside", [port, respPort],
            call => RunAsync(call, call.Get(port), call.Get(respPort)));
    }

    private static async Task<int> RunAsync(VerbCall call, int port, int? respPort)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(call.Cancellation);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => { context.Cancel = true; stop.Cancel(); });
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => { context.Cancel = true; stop.Cancel(); });

        var folder = RefereeFolder.Find(call.Environment.Directory, call.Environment.Time) ?? RefereeFolder.Create(call.Environment.Directory, call.Environment.Time);
        var (running, held) = await folder.EnterAsync(TimeSpan.FromSeconds(10), call.Cancellation);
        if (running is not null)
        {
            throw new CliException(ExitCodes.Usage, $"a gateway already runs at {running.Url} (process {running.ProcessId})");
        }

        using (held)
        {
            await using var store = await OpenAsync(call, folder, respPort);
            await using var gateway = await Gateway.StartAsync(store.Coordinator, port, call.Cancellation);
            folder.Announce(new GatewayAddress(gateway.Url, Environment.ProcessId));
            try
            {
                call.Terminal.Line($"referee is up at {gateway.Url}rpc, store {(store.IsEmbedded ? folder.StorePath : call.DoorOptions.Redis)}");
                if (store.RespPort is { } open)
                {
                    call.Terminal.Line($"RESP port {open} is open on loopback: whoever reaches it can write past the referee");
                }

                await call.Environment.Out.FlushAsync(CancellationToken.None);
                await Task.Delay(Timeout.InfiniteTimeSpan, call.Environment.Time, stop.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                return ExitCodes.Done;
            }
            finally
            {
                folder.Withdraw();
            }
        }
    }

    private static async Task<RefereeStore> OpenAsync(VerbCall call, RefereeFolder folder, int? respPort)
    {
        var options = call.DoorOptions;
        return options.Redis is { } address
            ? await RefereeStore.OpenAsync(new RefereeStoreOptions { Redis = address, Project = options.Project, TimeProvider = call.Environment.Time }, call.Cancellation)
            : await DoorKeeper.OpenFolderAsync(call.Environment, folder, options.Project, respPort, call.Cancellation);
    }
}
