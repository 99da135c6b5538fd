// The method table: every operation by its name on the wire, for HTTP and for the command line alike.
// Always: whoever calls has been authenticated before; a method for operators refuses every other verified caller with FORBIDDEN.
using System.Text.Json;
using Evalsha.Client;
using Referee.Records;

namespace Referee.Web.Api;

public static class Methods
{
    public const string OperatorRole = "operator";

    private static readonly JsonElement NoMembers = JsonDocument.Parse("{}").RootElement;

    public static IReadOnlyList<RpcMethod> All { get; } = [.. WorkMethods.Rows, .. WorkflowMethods.Rows, .. FleetMethods.Rows];

    // A plain dictionary: making a frozen one of thirty names takes longer at a start than all that is ever looked up in it.
    private static readonly Dictionary<string, RpcMethod> ByName = All.ToDictionary(method => method.Name, StringComparer.Ordinal);

    /// <summary>The method of that name; null when there is none.</summary>
    public static RpcMethod? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Runs a method for a caller. Only cancellation leaves as an exception.</summary>
    public static async Task<RpcOutcome> CallAsync(Coordinator coordinator, Caller caller, string name, JsonElement parameters, CancellationToken ct)
    {
        if (!ByName.TryGetValue(name, out var method))
        {
            return RpcOutcome.Error(RpcErrors.MethodNotFound, $"there is no method {name}");
        }

        // In trusted mode the caller holds the store itself; asking for a role there would only look like a lock.
        if (method.Operator && caller.Verified && !caller.Has(OperatorRole))
        {
            return RpcOutcome.Error(RpcErrors.Forbidden, $"{name} is for principals with the role {OperatorRole}; {caller.Principal} has not got it");
        }

        try
        {
            return RpcOutcome.Of(await method.Invoke(coordinator, caller, parameters.ValueKind == JsonValueKind.Undefined ? NoMembers : parameters, ct));
        }
        catch (RpcParameterException e)
        {
            return RpcOutcome.Error(RpcErrors.InvalidParameters, e.Message);
        }
        catch (RedisException e)
        {
            return RpcOutcome.Error(RpcErrors.InternalError, $"the store refused: {e.Message}");
        }
        catch (RedisConnectionException e)
        {
            return RpcOutcome.Error(RpcErrors.StoreUnavailable, $"the store does not answer: {e.Message}");
        }
        catch (InvalidDataException e)
        {
            return RpcOutcome.Error(RpcErrors.InternalError, e.Message);
        }
    }
}
