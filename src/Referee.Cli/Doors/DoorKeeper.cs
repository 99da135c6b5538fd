// Which door a verb takes: --redis goes to that Redis in trusted mode; else the gateway of the nearest .referee folder, else the folder itself.
// Always: a folder is entered with a token; the first to open a folder becomes its operator and keeps the token in it, readable by its owner alone.
using Evalsha.Client;
using Referee.Fleet;
using Referee.Hosting;
using Referee.Records;
using Referee.Web.Api;

namespace Referee.Cli.Doors;

/// <summary>The options that every verb has.</summary>
public sealed record DoorOptions
{
    public string? Redis { get; init; }

    /// <summary>In trusted mode, who says to be calling; the user of the operating system when null.</summary>
    public string? As { get; init; }

    /// <summary>A token; else <c>REFEREE_TOKEN</c>, else the folder's own.</summary>
    public string? Token { get; init; }

    /// <summary>Null for the one the running gateway serves, else the usual one.</summary>
    public string? Project { get; init; }

    public string ProjectOrUsual => Project ?? RefereeStoreOptions.ProjectUsual;
}

public static class DoorKeeper
{
    public const string TokenVariable = "REFEREE_TOKEN";

    // Longer than any verb holds a folder; a verb that waits this long says who is in the way.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="CliException">Nothing to open, nobody answers, or the token is nobody's.</exception>
    public static async Task<IDoor> OpenAsync(CliEnvironment environment, DoorOptions options, CancellationToken ct)
    {
        try
        {
            return options.Redis is { } address ? await TrustAsync(environment, options, address, ct) : await FolderAsync(environment, options, ct);
        }
        catch (Exception e) when (CliException.Of(e) is { } said)
        {
            throw said;
        }
    }

    private static async Task<IDoor> TrustAsync(CliEnvironment environment, DoorOptions options, string address, CancellationToken ct)
    {
        var store = await RefereeStore.OpenAsync(new RefereeStoreOptions { Redis = address, Project = options.ProjectOrUsual, TimeProvider = environment.Time }, ct);
        try
        {
            var caller = await store.Coordinator.Principals.TrustAsync(options.As ?? environment.OsUser, ct);
            return new StoreDoor(store, null, caller, $"{RedisOptions.Parse(address)} (trusted mode: {caller.Principal} is not verified)");
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    private static async Task<IDoor> FolderAsync(CliEnvironment environment, DoorOptions options, CancellationToken ct)
    {
        var door = await EnterAsync(environment, options, ct);
        return door is GatewayDoor ? new FolderDoor(door, again => EnterAsync(environment, options, again)) : door;
    }

    private static async Task<IDoor> EnterAsync(CliEnvironment environment, DoorOptions options, CancellationToken ct)
    {
        if (options.As is not null)
        {
            throw new CliException(ExitCodes.Usage, "--as is for trusted mode (--redis); a folder is entered with a token");
        }

        var folder = RefereeFolder.Find(environment.Directory, environment.Time) ?? RefereeFolder.Create(environment.Directory, environment.Time);
        var (gateway, held) = await folder.EnterAsync(Patience, ct);
        if (gateway is not null)
        {
            if (options.Project is { } wanted && wanted != gateway.Project)
            {
                throw new CliException(ExitCodes.Usage, $"the gateway here serves the project {gateway.Project}, not {wanted}");
            }

            var known = TokenOf(environment, options, folder, gateway.Project) ?? throw new CliException(ExitCodes.Forbidden, $"no token: give --token or {TokenVariable}");
            return new GatewayDoor(gateway.Url, known);
        }

        RefereeStore? store = null;
        try
        {
            store = await OpenFolderAsync(environment, folder, options.ProjectOrUsual, null, null, ct);
            var caller = await store.Coordinator.Principals.AuthenticateAsync(TokenOf(environment, options, folder, options.ProjectOrUsual), ct)
                ?? throw new CliException(ExitCodes.Forbidden, "nobody has this token; see referee principal list");
            return new StoreDoor(store, held, caller, $"folder {folder.Path}");
        }
        catch
        {
            if (store is not null)
            {
                await store.DisposeAsync();
            }

            held!.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens the folder's store, or the Redis that a gateway in this folder stands before; the caller holds the lock.
    /// A project without an operator gets one, whose token stays in the folder.
    /// </summary>
    /// <exception cref="CliException">A Redis elsewhere knows this user already, and the token is not here.</exception>
    public static async Task<RefereeStore> OpenFolderAsync(CliEnvironment environment, RefereeFolder folder, string project, string? redis, int? respPort, CancellationToken ct)
    {
        var store = await RefereeStore.OpenAsync(
            new RefereeStoreOptions { Redis = redis, Directory = folder.StorePath, Project = project, RespPort = respPort, TimeProvider = environment.Time, Log = environment.Error.WriteLine }, ct);
        try
        {
            await EnsureOperatorAsync(store, environment.OsUser, folder, project, ct);
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    // The embedded store is this folder's alone, so a lost token is made anew. In a Redis that others share, the name may be somebody's on another machine.
    private static async Task EnsureOperatorAsync(RefereeStore store, string name, RefereeFolder folder, string project, CancellationToken ct)
    {
        var principals = store.Coordinator.Principals;
        if (folder.ReadToken(project) is not null && !await principals.IsEmptyAsync(ct))
        {
            return;
        }

        if (store.IsEmbedded)
        {
            await principals.RemoveAsync(name, ct);
        }

        var added = await principals.AddAsync(new Principal(name, PrincipalKind.Human, [Methods.OperatorRole]), ct);
        if (added.Value is not { } value)
        {
            throw new CliException(
                ExitCodes.Forbidden,
                $"{name} is a principal of this store already, and the token is not in {folder.TokenPath(project)}: put it there, or end it with referee --redis {RedisOptions.Parse(store.Options.Redis!)} principal remove {name}");
        }

        folder.WriteToken(project, value.Token);
    }

    private static string? TokenOf(CliEnvironment environment, DoorOptions options, RefereeFolder folder, string project) =>
        options.Token ?? environment.Variables.GetValueOrDefault(TokenVariable) ?? folder.ReadToken(project);
}
