// The door of a folder whose gateway may go while a verb runs: then the folder is entered again, as if the verb had just been typed.
// Always: what may have been done already is asked again only if asking twice is asking once, or it carries a request id that was fixed before the first try;
// at most ReentriesMax times for one call, because a folder whose gateways come and go that fast has another trouble.
using System.Text.Json;
using Referee.Web.Api;

namespace Referee.Cli.Doors;

/// <param name="first">The door that was found; this one's from here on.</param>
/// <param name="enter">Enters the folder anew: by its next gateway, or under its lock.</param>
internal sealed class FolderDoor(IDoor first, Func<CancellationToken, Task<IDoor>> enter) : IDoor
{
    private const int ReentriesMax = 3;

    private readonly SemaphoreSlim _entering = new(1, 1);
    private readonly List<IDoor> _left = [];
    private IDoor _door = first;

    public string Describe => _door.Describe;

    public bool Verified => _door.Verified;

    public async Task<RpcOutcome> CallAsync(string method, byte[] parameters, CancellationToken ct)
    {
        for (var again = 0; ; again++)
        {
            var door = Volatile.Read(ref _door);
            try
            {
                return await door.CallAsync(method, parameters, ct);
            }
            catch (GatewayLostException lost) when (again < ReentriesMax && (!lost.Sent || IsRepeatable(method, parameters)))
            {
                await EnterAgainAsync(door, ct);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var door in _left)
        {
            await door.DisposeAsync();
        }

        await _door.DisposeAsync();
        _entering.Dispose();
    }

    // Calls that lost the same gateway enter once; the door that they left stays open until the end, because others may still be waiting at it.
    private async Task EnterAgainAsync(IDoor lost, CancellationToken ct)
    {
        await _entering.WaitAsync(ct);
        try
        {
            if (ReferenceEquals(_door, lost))
            {
                var next = await enter(ct);
                _left.Add(lost);
                Volatile.Write(ref _door, next);
            }
        }
        finally
        {
            _entering.Release();
        }
    }

    private static bool IsRepeatable(string method, byte[] parameters)
    {
        if (Methods.Find(method) is { Repeatable: true })
        {
            return true;
        }

        using var document = JsonDocument.Parse(parameters);
        return document.RootElement.TryGetProperty("requestId", out var id) && id.ValueKind == JsonValueKind.String && id.GetString()!.Length > 0;
    }
}
