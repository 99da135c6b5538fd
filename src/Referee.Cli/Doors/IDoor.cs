// How a verb reaches the referee: through the running gateway, or through a store that it opens itself. Verbs do not know which.
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Referee.Records;
using Referee.Web.Api;

namespace Referee.Cli.Doors;

public interface IDoor : IAsyncDisposable
{
    /// <summary>What stands behind it, for people: "gateway http://…", "folder …", "redis://… (trusted mode: ann is not verified)".</summary>
    string Describe { get; }

    /// <summary>False in trusted mode: who is calling was said, not proved.</summary>
    bool Verified { get; }

    Task<RpcOutcome> CallAsync(string method, byte[] parameters, CancellationToken ct);
}

/// <summary>An answer twice: as the operation's own type, and as the JSON that <c>--json</c> prints.</summary>
public sealed record Answer<T>(Result<T> Result, byte[] Json)
    where T : class;

public static class DoorCalls
{
    /// <summary>Calls a method by its types.</summary>
    /// <exception cref="CliException">Anything but a result: not reachable, not allowed, not understood.</exception>
    public static async Task<Answer<TResult>> CallAsync<TRequest, TResult>(
        this IDoor door, string method, TRequest request, JsonTypeInfo<TRequest> requestJson, JsonTypeInfo<Result<TResult>> resultJson, CancellationToken ct)
        where TResult : class
    {
        var outcome = await door.CallAsync(method, JsonSerializer.SerializeToUtf8Bytes(request, requestJson), ct);
        if (outcome.Result is not { } json)
        {
            throw new CliException(
                outcome.Code switch
                {
                    RpcErrors.Forbidden => ExitCodes.Forbidden,
                    RpcErrors.StoreUnavailable => ExitCodes.Unavailable,
                    RpcErrors.InternalError => ExitCodes.Unavailable,
                    _ => ExitCodes.Usage,
                },
                outcome.Message);
        }

        var result = JsonSerializer.Deserialize(json, resultJson) ?? throw new CliException(ExitCodes.Unavailable, $"{method} was answered with nothing");
        return new(result, json);
    }
}
