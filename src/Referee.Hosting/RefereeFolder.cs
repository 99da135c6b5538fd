// The `.referee` folder: what a project keeps on disk, and who may open its store now.
// Always: the store is open in at most one process, the one that holds the lock; the lock ends with its process, however that ends;
// files with secrets are readable by their owner alone. Nothing here opens the store itself.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Referee.Hosting;

/// <summary>Where a running gateway answers, as it wrote it itself when it began to listen.</summary>
/// <param name="Project">The one project it serves.</param>
public sealed record GatewayAddress(Uri Url, int ProcessId, string Project);

/// <summary>The exclusive right to open the folder's store. Disposing gives it back.</summary>
public sealed class FolderLock : IDisposable
{
    private readonly FileStream _file;

    internal FolderLock(FileStream file) => _file = file;

    public void Dispose() => _file.Dispose();
}

/// <summary>
/// Files: <c>lock</c>, <c>gateway.json</c> while a gateway runs, <c>operator.token</c> (one for each project), <c>config.json</c>, and <c>store/</c> with the append-only file.
/// </summary>
public sealed partial class RefereeFolder
{
    public const string Name = ".referee";

    // How often a waiting verb looks again whether the lock is free or a gateway has come up.
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(15);
    private readonly TimeProvider _time;

    public RefereeFolder(string path, TimeProvider time) => (Path, _time) = (System.IO.Path.GetFullPath(path), time);

    public string Path { get; }

    public string StorePath => System.IO.Path.Combine(Path, "store");

    public string ConfigurationPath => System.IO.Path.Combine(Path, "config.json");

    private string LockPath => System.IO.Path.Combine(Path, "lock");

    private string GatewayPath => System.IO.Path.Combine(Path, "gateway.json");

    /// <summary>The nearest folder at or above <paramref name="from"/>, or null.</summary>
    public static RefereeFolder? Find(string from, TimeProvider time)
    {
        for (var parent = new DirectoryInfo(from); parent is not null; parent = parent.Parent)
        {
            var path = System.IO.Path.Combine(parent.FullName, Name);
            if (Directory.Exists(path))
            {
                return new(path, time);
            }
        }

        return null;
    }

    /// <summary>Makes the folder below <paramref name="parent"/> with a <c>.gitignore</c> of its own; an existing one is left as it is.</summary>
    public static RefereeFolder Create(string parent, TimeProvider time)
    {
        var folder = new RefereeFolder(System.IO.Path.Combine(parent, Name), time);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder.Path);
        }
        else
        {
            Directory.CreateDirectory(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.CreateDirectory(folder.StorePath);
        var ignore = System.IO.Path.Combine(folder.Path, ".gitignore");
        if (!File.Exists(ignore))
        {
            File.WriteAllText(ignore, "*\n");
        }

        return folder;
    }

    /// <summary>The right to open the store, or null while another process has it.</summary>
    public FolderLock? TryLock()
    {
        try
        {
            return new(new FileStream(LockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (Directory.Exists(Path))
        {
            return null; // held by another process; FileShare.None says so with this exception on every system
        }
    }

    /// <summary>Waits until the folder is free or a gateway runs in it, whichever comes first; exactly one of the two is not null.</summary>
    /// <exception cref="TimeoutException">Neither came within <paramref name="patience"/>.</exception>
    public async Task<(GatewayAddress? Gateway, FolderLock? Lock)> EnterAsync(TimeSpan patience, CancellationToken ct)
    {
        for (var until = _time.GetUtcNow() + patience; ;)
        {
            if (TryLock() is { } mine)
            {
                // Whoever left an address behind no longer holds the lock, so it no longer answers.
                File.Delete(GatewayPath);
                return (null, mine);
            }

            if (ReadGateway() is { } gateway)
            {
                return (gateway, null);
            }

            if (_time.GetUtcNow() >= until)
            {
                throw new TimeoutException($"{Path} is in use by another process that does not listen; waited {patience.TotalSeconds:0} s for its lock");
            }

            await Task.Delay(LookAgain, _time, ct);
        }
    }

    /// <summary>Announces a gateway to the verbs; the caller holds the lock.</summary>
    public void Announce(GatewayAddress gateway) =>
        WritePrivate(GatewayPath, JsonSerializer.Serialize(gateway, FolderJson.Default.GatewayAddress));

    public void Withdraw() => File.Delete(GatewayPath);

    /// <summary>Where the operator's token of a project is kept: principals belong to a project, so their tokens do too.</summary>
    public string TokenPath(string project) =>
        System.IO.Path.Combine(Path, project == RefereeStoreOptions.ProjectUsual ? "operator.token" : $"operator.{project}.token");

    public string? ReadToken(string project) => File.Exists(TokenPath(project)) ? File.ReadAllText(TokenPath(project)).Trim() : null;

    public void WriteToken(string project, string token) => WritePrivate(TokenPath(project), token + "\n");

    // Written beside and moved over, so that a reader sees the old text or the new one, and never one with wider rights.
    /// <summary>Writes a file that only its owner can read.</summary>
    public static void WritePrivate(string path, string text)
    {
        var fresh = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(fresh, options))
        {
            writer.Write(text);
        }

        File.Move(fresh, path, overwrite: true);
    }

    private GatewayAddress? ReadGateway()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(GatewayPath), FolderJson.Default.GatewayAddress);
        }
        catch (FileNotFoundException)
        {
            return null; // none has announced itself
        }
    }

    [JsonSerializable(typeof(GatewayAddress))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
    private sealed partial class FolderJson : JsonSerializerContext;
}
