// A store opened by the verb itself: the folder under its lock, or a Redis in trusted mode. The same method table as the gateway's.
using System.Text.Json;
using Referee.Hosting;
using Referee.Records;
using Referee.Web.Api;

namespace Referee.Cli.Doors;

internal sealed class StoreDoor(RefereeStore store, FolderLock? held, Caller caller, string describe) : IDoor
{
    public string Describe => describe;

    public bool Verified => caller.Verified;

    public async Task<RpcOutcome> CallAsync(string method, byte[] parameters, CancellationToken ct)
    {
        using var document = JsonDocument.Parse(parameters);
        return await Methods.CallAsync(store.Coordinator, caller, method, document.RootElement, ct);
    }

    // The store first: whoever gets the lock next opens the same file.
    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        held?.Dispose();
    }
}
