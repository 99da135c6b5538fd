// The stage of the story: an embedded store in a temporary folder, the gateway before it, and one door for each principal.
// Always: everybody goes through the gateway with a token of their own; only the race and the raw edit reach the store itself, and say so.
using System.Collections.Concurrent;
using System.Diagnostics;
using Referee.Cli.Doors;
using Referee.Fleet;
using Referee.Hosting;
using Referee.Web;
using Referee.Web.Api;

namespace Referee.Cli.Demo;

internal sealed class DemoStage : IAsyncDisposable
{
    private readonly Gateway _gateway;
    private readonly List<IDoor> _doors = [];

    private DemoStage(RefereeStore store, Gateway gateway, string folder) => (Store, _gateway, Folder) = (store, gateway, folder);

    public RefereeStore Store { get; }

    public string Folder { get; }

    /// <summary>Round trips through the gateway by method, in microseconds.</summary>
    public ConcurrentDictionary<string, ConcurrentBag<double>> Latencies { get; } = new(StringComparer.Ordinal);

    public static async Task<DemoStage> OpenAsync(string folder, TimeProvider clock, CancellationToken ct)
    {
        var store = await RefereeStore.OpenAsync(new RefereeStoreOptions { Directory = Path.Combine(folder, "store"), TimeProvider = clock }, ct);
        return new(store, await Gateway.StartAsync(store.Coordinator, 0, ct), folder);
    }

    /// <summary>Adds a principal and opens its door.</summary>
    public async Task<IDoor> JoinAsync(string name, PrincipalKind kind, params string[] roles)
    {
        var added = (await Store.Coordinator.Principals.AddAsync(new Principal(name, kind, roles))).OrThrow();
        var door = new TimedDoor(new GatewayDoor(_gateway.Url, added.Token), Latencies);
        _doors.Add(door);
        return door;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var door in _doors)
        {
            await door.DisposeAsync();
        }

        await _gateway.DisposeAsync();
        await Store.DisposeAsync();
    }

    private sealed class TimedDoor(IDoor inner, ConcurrentDictionary<string, ConcurrentBag<double>> latencies) : IDoor
    {
        public string Describe => inner.Describe;

        public bool Verified => inner.Verified;

        public async Task<RpcOutcome> CallAsync(string method, byte[] parameters, CancellationToken ct)
        {
            var start = Stopwatch.GetTimestamp();
            var outcome = await inner.CallAsync(method, parameters, ct);
            latencies.GetOrAdd(method, _ => []).Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            return outcome;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
