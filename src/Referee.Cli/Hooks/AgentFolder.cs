// What `init` leaves in .referee for a coding agent: its token, a runner's token, the hook's configuration and memory, and the hook script itself.
// Always: tokens are readable by their owner alone; the memory holds nothing that the store does not know better.
using System.Text.Json;
using System.Text.Json.Serialization;
using Referee.Hosting;

namespace Referee.Cli.Hooks;

/// <param name="Shadow">Records what it would have done and never blocks.</param>
public sealed record HookConfiguration(string Agent, bool Shadow);

/// <summary>What the hook last blocked on: it blocks once for each state of tree and item.</summary>
public sealed record HookMemory(string Item, long Version, string Tree);

internal sealed partial class AgentFolder(RefereeFolder folder)
{
    public string AgentTokenPath => Path.Combine(folder.Path, "agent.token");

    public string RunnerTokenPath => Path.Combine(folder.Path, "runner.token");

    public string ScriptPath => Path.Combine(folder.Path, "hooks", "stop");

    public string ShadowPath => Path.Combine(folder.Path, "shadow.jsonl");

    private string MemoryPath => Path.Combine(folder.Path, "hook-memory.json");

    /// <exception cref="CliException">`init` has not been run here, or the file is damaged.</exception>
    public HookConfiguration ReadConfiguration() => FindConfiguration() ?? throw new CliException(ExitCodes.Usage, $"{folder.ConfigurationPath} is not there: run referee init");

    /// <summary>Null before the first `init`.</summary>
    /// <exception cref="CliException">The file is damaged.</exception>
    public HookConfiguration? FindConfiguration() => Read(folder.ConfigurationPath, AgentJson.Default.HookConfiguration);

    public void WriteConfiguration(HookConfiguration configuration) =>
        File.WriteAllText(folder.ConfigurationPath, JsonSerializer.Serialize(configuration, AgentJson.Default.HookConfiguration) + "\n");

    /// <summary>Null when there is nothing to remember; a memory that cannot be read is none.</summary>
    public HookMemory? ReadMemory()
    {
        try
        {
            return Read(MemoryPath, AgentJson.Default.HookMemory);
        }
        catch (CliException)
        {
            return null; // it costs one more block, and is then written anew
        }
    }

    public void WriteMemory(HookMemory memory) => File.WriteAllText(MemoryPath, JsonSerializer.Serialize(memory, AgentJson.Default.HookMemory) + "\n");

    public void ForgetMemory() => File.Delete(MemoryPath);

    public void WriteScript(string refereeCommand)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(ScriptPath)!);
        File.WriteAllText(ScriptPath, $"""
            #!/bin/sh
            # The stop event of a coding agent: asks the referee whether the claimed item may move on.
            # Agents run it from wherever they stand, so it goes to its project first. Exit code 2 hands the reasons to the agent and keeps it working; whatever else goes wrong here must not read as "passed".
            REFEREE_COMMAND="$(printenv REFEREE_COMMAND || echo '{refereeCommand.Replace("'", "'\\''", StringComparison.Ordinal)}')"
            cd "$(dirname "$0")/../.." || exit 2
            "$REFEREE_COMMAND" hook stop
            case $? in
              0) exit 0 ;;
              *) exit 2 ;;
            esac

            """.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(ScriptPath, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json)
        where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), json) : null;
        }
        catch (JsonException e)
        {
            throw new CliException(ExitCodes.Usage, $"{path}: {e.Message}");
        }
    }

    [JsonSerializable(typeof(HookConfiguration))]
    [JsonSerializable(typeof(HookMemory))]
    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true)]
    private sealed partial class AgentJson : JsonSerializerContext;
}
