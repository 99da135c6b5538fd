// What a command line is tested on. Test classes are abstract over it and have one sealed subclass per world, so the same tests run on every door.
// Always: each test takes a project with a folder of its own; a verb runs in this process, with its own outputs; nothing stays behind.
using System.Diagnostics;
using System.Text.Json;
using Evalsha.Tests.Support;
using Referee.Cli.Doors;
using Referee.Fleet;
using Referee.Hosting;
using Referee.Web.Api;

namespace Referee.Cli.Tests;

public abstract class CliWorld : IAsyncLifetime
{
    private readonly List<CliProject> _projects = [];
    private int _count;

    /// <summary>Whether callers prove who they are. Without that, roles bind nobody and every answer is labelled.</summary>
    public abstract bool Verified { get; }

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var project in _projects)
        {
            await project.DisposeAsync();
        }
    }

    /// <summary>A project that no other test uses, with an operator.</summary>
    public async Task<CliProject> NewAsync(bool git = false)
    {
        var project = new CliProject(this, $"p{Interlocked.Increment(ref _count)}");
        lock (_projects)
        {
            _projects.Add(project);
        }

        if (git)
        {
            project.BeginGit();
        }

        await OpenAsync(project);
        return project;
    }

    /// <summary>Brings the project up and sets its operator.</summary>
    protected abstract Task OpenAsync(CliProject project);
}

/// <summary>Verbs that open a real redis-server themselves.</summary>
public sealed class TrustedRedis : CliWorld
{
    private RealRedis _redis = null!;

    public override bool Verified => false;

    public string Url => $"redis://127.0.0.1:{_redis.Port}";

    public override async Task InitializeAsync() => _redis = await RealRedis.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    protected override async Task OpenAsync(CliProject project)
    {
        project.Common = ["--redis", Url, "--project", project.Name];
        project.Operator = new CliActor(project, "olga", null);
        (await project.Operator.RunAsync("principal", "add", "olga", "--kind", "Human", "--role", "operator")).ShouldBeDone();
    }
}

/// <summary>Verbs that find a gateway running in their folder; a real redis-server stands behind it.</summary>
public sealed class GatewayOverRedis : CliWorld
{
    private RealRedis _redis = null!;

    public override bool Verified => true;

    public string Url => $"redis://127.0.0.1:{_redis.Port}";

    public override async Task InitializeAsync() => _redis = await RealRedis.StartAsync();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _redis.DisposeAsync();
    }

    protected override Task OpenAsync(CliProject project) => project.UpAsync("--redis", Url, "--project", project.Name);
}

/// <summary>Verbs that find a gateway running in their folder, on the embedded server.</summary>
public sealed class EmbeddedGateway : CliWorld
{
    public override bool Verified => true;

    protected override Task OpenAsync(CliProject project) => project.UpAsync();
}

/// <summary>Verbs without a gateway: each opens the folder's store in its turn, and finds what the one before wrote.</summary>
public sealed class EmbeddedFolder : CliWorld
{
    public override bool Verified => true;

    protected override Task OpenAsync(CliProject project)
    {
        RefereeFolder.Create(project.Folder, TimeProvider.System);
        project.Operator = new CliActor(project, CliEnvironment.OfProcess().OsUser, null);
        return Task.CompletedTask;
    }
}

/// <summary>One project: a folder, an operator, and whoever else joins.</summary>
/// <param name="folder">A folder of somebody else, who also deletes it; null for one of its own.</param>
public sealed class CliProject(CliWorld world, string name, string? folder = null) : IAsyncDisposable
{
    private readonly CancellationTokenSource _down = new();
    private Task<CliRun> _gateway = Task.FromResult(new CliRun(0, "", ""));

    public string Name => name;

    public string Folder { get; } = folder ?? Directory.CreateTempSubdirectory("cli-").FullName;

    public string Referee => Path.Combine(Folder, RefereeFolder.Name);

    public string GatewayFile => Path.Combine(Referee, "gateway.json");

    /// <summary>What every call carries, whoever calls.</summary>
    public string[] Common { get; set; } = [];

    /// <summary>The one who may add principals; where tokens prove who calls, it is the folder's own.</summary>
    public CliActor Operator { get; set; } = null!;

    public Task<CliRun> RunAsync(params string[] arguments) => Operator.RunAsync(arguments);

    /// <summary>Another principal of the project.</summary>
    public async Task<CliActor> AddAsync(string principal, PrincipalKind kind = PrincipalKind.Agent, params string[] roles)
    {
        string[] arguments = ["principal", "add", principal, "--kind", $"{kind}", .. roles.SelectMany(role => (string[])["--role", role])];
        var token = (await RunAsync(arguments)).ShouldBeDone().Out.Trim();
        return new(this, principal, world.Verified ? token : null);
    }

    /// <summary>Starts a gateway in the folder and waits until it has announced itself.</summary>
    public async Task UpAsync(params string[] arguments)
    {
        var up = new CliActor(this, "up", null);
        _gateway = Task.Run(() => up.RunAsync(_down.Token, ["up", .. arguments]));
        while (!File.Exists(GatewayFile))
        {
            if (_gateway.IsCompleted)
            {
                (await _gateway).ShouldBeDone();
                throw new InvalidOperationException("the gateway went down at once");
            }

            await Task.Yield();
        }

        Operator = new CliActor(this, CliEnvironment.OfProcess().OsUser, null);
    }

    /// <summary>Stops the gateway as a signal would; its whole output.</summary>
    public async Task<CliRun> DownAsync()
    {
        await _down.CancelAsync();
        return await _gateway;
    }

    public string Write(string file, string text)
    {
        var path = Path.Combine(Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>A file that can be executed.</summary>
    public string WriteProgram(string file, string text)
    {
        var path = Write(file, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return path;
    }

    public static UnixFileMode Mode(string path) =>
        OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException("These tests run where files have owners.") : File.GetUnixFileMode(path);

    /// <summary>Makes the folder a git work tree with one commit; reports are ignored, as a build's output is.</summary>
    public void BeginGit()
    {
        Write("code.txt", "one");
        Write(".gitignore", "junit.xml\n");
        Git("init", "-q");
        Commit();
    }

    public void Commit()
    {
        Git("add", ".");
        Git("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "work");
    }

    public string Git(params string[] arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true })!;
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        git.ExitCode.ShouldBe(0);
        return output.Trim();
    }

    public string Tree() => Git("rev-parse", "HEAD^{tree}");

    public async ValueTask DisposeAsync()
    {
        await DownAsync();
        _down.Dispose();
        if (folder is not null)
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(file, FileAttributes.Normal); // git keeps its objects read-only
        }

        Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Somebody at a command line: by token, or in trusted mode by name.</summary>
public sealed class CliActor(CliProject project, string name, string? token)
{
    public string Name => name;

    public string? Token => token;

    public Task<CliRun> RunAsync(params string[] arguments) => RunAsync(CancellationToken.None, arguments);

    public async Task<CliRun> RunAsync(CancellationToken ct, string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        // What follows `--` is another program's, so the options of ours come first.
        string[] all = [.. project.Common, .. project.Common.Length > 0 ? (string[])["--as", name] : [], .. arguments];
        var exit = await RefereeCommand.RunAsync(all, Environment(output, error), ct);
        return new(exit, output.ToString(), error.ToString());
    }

    /// <summary>Calls a method of the table through the same door a verb takes; the answer as the wire has it.</summary>
    public async Task<string> CallAsync(string method, string parameters = "{}")
    {
        var options = new DoorOptions { Token = token };
        if (project.Common.Length > 0)
        {
            options = options with { Redis = project.Common[1], Project = project.Name, As = name };
        }

        await using var door = await DoorKeeper.OpenAsync(Environment(TextWriter.Null, TextWriter.Null), options, CancellationToken.None);
        var outcome = await door.CallAsync(method, System.Text.Encoding.UTF8.GetBytes(parameters), CancellationToken.None);
        return System.Text.Encoding.UTF8.GetString(outcome.Result ?? throw new InvalidOperationException($"{outcome.Code} {outcome.Message}"));
    }

    private CliEnvironment Environment(TextWriter output, TextWriter error)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (token is not null)
        {
            variables[DoorKeeper.TokenVariable] = token;
        }

        return new(project.Folder, variables, TextWriter.Synchronized(output), TextWriter.Synchronized(error), IsInteractive: false, TimeProvider.System);
    }
}

/// <summary>What a verb said.</summary>
public sealed record CliRun(int Exit, string Out, string Error)
{
    public JsonElement Json
    {
        get
        {
            using var document = JsonDocument.Parse(Out);
            return document.RootElement.Clone();
        }
    }

    /// <summary>The value of an answer printed with --json.</summary>
    public JsonElement Value => Json.GetProperty("value");

    /// <summary>The codes of the refusals of an answer printed with --json.</summary>
    public string[] Codes => [.. Json.GetProperty("refusals").EnumerateArray().Select(refusal => refusal.GetProperty("code").GetString()!)];

    public CliRun ShouldBeDone() => ShouldExit(ExitCodes.Done);

    public CliRun ShouldExit(int code)
    {
        Exit.ShouldBe(code, $"out: {Out}\nerror: {Error}");
        return this;
    }
}
