// Who may call: names, kinds and roles in the first shard's principals hash, with the SHA-256 of each token.
// Always: a token is shown once and never stored; roles come from here, never from a request; a name is given once.
using System.Text.Json;
using Evalsha.Client;
using Referee.Records;
using Referee.Scripts;
using Referee.Work;

namespace Referee.Fleet;

public sealed class PrincipalRegistry
{
    public const int PrincipalsMax = 10_000;

    private readonly IRedisExecutor _executor;
    private readonly ShardKeys _shard;
    private readonly string _key;
    private readonly BoundScript _add;
    private readonly TokenSource _tokens;

    internal PrincipalRegistry(IRedisExecutor executor, ShardKeys shard, BoundScript add, TokenSource tokens) =>
        (_executor, _shard, _key, _add, _tokens) = (executor, shard, shard.Principals, add, tokens);

    /// <summary>Adds a principal and makes its token.</summary>
    public async ValueTask<Result<PrincipalAdded>> AddAsync(Principal principal, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(principal);
        if (Refuse(principal) is { } unfit)
        {
            return unfit;
        }

        var token = Token.Print(principal.Name, _tokens.Next());
        var answer = await _add.RunAsync(_shard, new RedisArg[] { principal.Name, Json(principal, token), PrincipalsMax }, ct);
        return answer[0].AsText() switch
        {
            "OK" => new PrincipalAdded(principal, token),
            RefusalCodes.Limit => Refusals.Limit("principals", $"at most {PrincipalsMax}", $"{answer[1].AsInteger()}"),
            _ => new Refusal(RefusalCodes.Duplicate, "principal", "a new name", principal.Name, "an operator", $"referee principal remove {principal.Name}"),
        };
    }

    /// <summary>Whether there is nobody yet.</summary>
    public async ValueTask<bool> IsEmptyAsync(CancellationToken ct = default) =>
        (await _executor.SendAsync(new RedisRequest("HLEN", _key) { Repeatable = true }, ct)).AsInteger() == 0;

    /// <summary>Everybody, by name. At most 10,000.</summary>
    public async ValueTask<Result<PrincipalList>> ListAsync(CancellationToken ct = default)
    {
        var all = await _executor.SendAsync(new RedisRequest("HGETALL", _key) { Repeatable = true }, ct);
        return new PrincipalList(
            [.. all.AsMap().Select(entry => Read(entry.Key, entry.Value.AsText()).Principal).OrderBy(principal => principal.Name, StringComparer.Ordinal)]);
    }

    /// <summary>Ends a principal's access at once.</summary>
    public async ValueTask<Result<PrincipalRemoved>> RemoveAsync(string name, CancellationToken ct = default)
    {
        if (!Names.IsName(name))
        {
            return Refusals.BadName("principal", name);
        }

        var removed = await _executor.SendAsync(new RedisRequest("HDEL", _key, name), ct);
        return removed.AsInteger() == 1 ? new PrincipalRemoved(name) : Unknown(name);
    }

    /// <summary>Who a token belongs to; null when it is nobody's.</summary>
    public async ValueTask<Caller?> AuthenticateAsync(string? token, CancellationToken ct = default)
    {
        if (!Token.TryReadName(token, out var name))
        {
            return null;
        }

        var stored = await _executor.SendAsync(new RedisRequest("HGET", _key, name) { Repeatable = true }, ct);
        if (stored.IsNull)
        {
            return null;
        }

        var (principal, digest) = Read(name, stored.AsText());
        return Token.Matches(token!, digest) ? principal.ToCaller(verified: true) : null;
    }

    /// <summary>A caller as named in trusted mode, with the roles stored for that name; an unknown name is an agent without roles.</summary>
    /// <exception cref="ArgumentException">Not a name.</exception>
    public async ValueTask<Caller> TrustAsync(string name, CancellationToken ct = default)
    {
        if (!Names.IsName(name))
        {
            throw new ArgumentException($"A principal is named by {Names.Rule}.", nameof(name));
        }

        var stored = await _executor.SendAsync(new RedisRequest("HGET", _key, name) { Repeatable = true }, ct);
        return (stored.IsNull ? new Principal(name, PrincipalKind.Agent, []) : Read(name, stored.AsText()).Principal).ToCaller(verified: false);
    }

    private static Refusal? Refuse(Principal principal)
    {
        if (!Names.IsName(principal.Name))
        {
            return Refusals.BadName("principal", principal.Name);
        }

        if (principal.Roles.Count > Principal.RolesMax)
        {
            return Refusals.Limit("roles", $"at most {Principal.RolesMax}", $"{principal.Roles.Count}");
        }

        return principal.Roles.FirstOrDefault(role => !Names.IsName(role)) is { } bad ? Refusals.BadName("roles", bad) : null;
    }

    private static Refusal Unknown(string name) =>
        new(RefusalCodes.NotFound, "principal", "a principal of this project", name, "an operator", "referee principal list");

    private static string Json(Principal principal, string token) => JsonSerializer.Serialize(
        new StoredPrincipal(principal.Kind, principal.Roles, Token.Digest(token)), StoredPrincipalJson.Default.StoredPrincipal);

    private static (Principal Principal, string Digest) Read(string name, string json)
    {
        try
        {
            var stored = JsonSerializer.Deserialize(json, StoredPrincipalJson.Default.StoredPrincipal);
            return stored is null ? throw new JsonException("null") : (new Principal(name, stored.Kind, stored.Roles), stored.TokenSha256);
        }
        catch (JsonException cause)
        {
            throw new InvalidDataException($"The stored principal {name} cannot be read: {cause.Message}", cause);
        }
    }
}
