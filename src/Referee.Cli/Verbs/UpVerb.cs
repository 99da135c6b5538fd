// referee up: opens the store, runs the gateway until it is told to stop.
using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Evalsha.Client;
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
            var project = call.DoorOptions.ProjectOrUsual;
            var (opened, listening) = await StartAsync(call, folder, project, port, respPort);
            await using var store = opened;
            await using var gateway = listening;
            folder.Announce(new GatewayAddress(gateway.Url, Environment.ProcessId, project));
            try
            {
                Say(call, gateway, store, folder);
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

    // Side by side, because only a request needs both: on two cores that is a fifth of the start.
    private static async Task<(RefereeStore Store, Gateway Gateway)> StartAsync(VerbCall call, RefereeFolder folder, string project, int port, int? respPort)
    {
        var coordinator = new TaskCompletionSource<Coordinator>(TaskCreationOptions.RunContinuationsAsynchronously);
        var listening = Task.Run(() => Gateway.StartAsync(coordinator.Task, port, call.Cancellation), CancellationToken.None);
        var opening = DoorKeeper.OpenFolderAsync(call.Environment, folder, project, call.DoorOptions.Redis, respPort, call.Cancellation);
        try
        {
            var store = await opening;
            coordinator.SetResult(store.Coordinator);
            return (store, await listening);
        }
        catch
        {
            coordinator.TrySetCanceled();
            await ((Task)listening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await using var gateway = listening.IsCompletedSuccessfully ? await listening : null;
            await using var store = opening.IsCompletedSuccessfully ? await opening : null;
            throw;
        }
    }

    private static void Say(VerbCall call, Gateway gateway, RefereeStore store, RefereeFolder folder)
    {
        // A password in the address of a Redis is nobody's business on a terminal.
        var where = store.IsEmbedded ? folder.StorePath : RedisOptions.Parse(store.Options.Redis!).ToString();
        if (call.Terminal.Json)
        {
            var said = new JsonObject { ["url"] = $"{gateway.Url}rpc", ["project"] = store.Options.Project, ["store"] = where, ["respPort"] = store.RespPort };
            call.Terminal.Line(said.ToJsonString());
            return;
        }

        call.Terminal.Line($"referee is up at {gateway.Url}rpc, project {store.Options.Project}, store {where}");
        if (store.RespPort is { } open)
        {
            call.Terminal.Line($"RESP port {open} is open on loopback: whoever reaches it can write past the referee");
        }
    }
}
