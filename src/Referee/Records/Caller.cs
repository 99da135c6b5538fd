// Who is calling, as the host found out: from a token, or as named in trusted mode. Never from the payload of a request.
namespace Referee.Records;

/// <param name="Verified">True when a token proved it, false in trusted mode.</param>
public sealed record Caller(string Principal, IReadOnlyList<string> Roles, Tier Tier, bool Verified)
{
    /// <summary>Roles as the scripts take them.</summary>
    public string FramedRoles => Framed.Join(Roles);

    public bool Has(string role) => Roles.Contains(role, StringComparer.Ordinal);
}
