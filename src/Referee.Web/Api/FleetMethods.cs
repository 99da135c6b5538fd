// The fleet side of the method table: who may call, and who is calling now.
using Referee.Fleet;
using Referee.Records;

namespace Referee.Web.Api;

internal static class FleetMethods
{
    public static readonly RpcMethod[] Rows =
    [
        RpcMethod.Of("principal.add", "Adds a principal and shows its token this once.", () => ApiJson.Default.Principal, () => FleetJson.Default.PrincipalAddedResult,
            (c, _, request, ct) => c.Principals.AddAsync(request, ct).AsTask(), forOperators: true),
        RpcMethod.Of("principal.list", "Everybody who may call, by name.", () => ApiJson.Default.NoParameters, () => FleetJson.Default.PrincipalListResult,
            (c, _, _, ct) => c.Principals.ListAsync(ct).AsTask(), reads: true),
        RpcMethod.Of("principal.remove", "Ends a principal's access at once.", () => ApiJson.Default.NameQuery, () => FleetJson.Default.PrincipalRemovedResult,
            (c, _, request, ct) => c.Principals.RemoveAsync(request.Name, ct).AsTask(), forOperators: true),
        RpcMethod.Of("system.whoami", "The caller as the referee sees it.", () => ApiJson.Default.NoParameters, () => ApiJson.Default.ResultCaller,
            (_, caller, _, _) => Task.FromResult<Result<Caller>>(caller), reads: true),
    ];
}
