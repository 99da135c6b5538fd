// A principal: somebody or something that may call, with the roles that policies ask for.
// Always: the kind gives the tier of all evidence it brings; nothing in a request can raise it.
using System.Text.Json.Serialization;
using Referee.Records;

namespace Referee.Fleet;

public enum PrincipalKind
{
    Agent,
    Runner,
    Ci,
    Human,
}

/// <param name="Roles">Such as <c>reviewer</c>, <c>validator</c>, <c>integrator</c>, <c>operator</c>.</param>
public sealed record Principal(string Name, PrincipalKind Kind, IReadOnlyList<string> Roles)
{
    public const int RolesMax = 16;

    [JsonIgnore]
    public Tier Tier => Kind switch
    {
        PrincipalKind.Agent => Tier.SelfReported,
        PrincipalKind.Runner => Tier.Observed,
        PrincipalKind.Ci => Tier.Ci,
        _ => Tier.Human,
    };

    public Caller ToCaller(bool verified) => new(Name, Roles, Tier, verified);
}

/// <param name="Token">Shown this once; only its SHA-256 is kept.</param>
public sealed record PrincipalAdded(Principal Principal, string Token);

public sealed record PrincipalList(IReadOnlyList<Principal> Principals);

public sealed record PrincipalRemoved(string Name);

/// <summary>As stored.</summary>
internal sealed record StoredPrincipal(PrincipalKind Kind, IReadOnlyList<string> Roles, string TokenSha256);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(StoredPrincipal))]
internal sealed partial class StoredPrincipalJson : JsonSerializerContext;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Result<PrincipalAdded>), TypeInfoPropertyName = "PrincipalAddedResult")]
[JsonSerializable(typeof(Result<PrincipalList>), TypeInfoPropertyName = "PrincipalListResult")]
[JsonSerializable(typeof(Result<PrincipalRemoved>), TypeInfoPropertyName = "PrincipalRemovedResult")]
public sealed partial class FleetJson : JsonSerializerContext;
