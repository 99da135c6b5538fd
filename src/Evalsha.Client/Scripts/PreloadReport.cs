// What became of each script when all were loaded ahead of use.
namespace Evalsha.Client.Scripts;

/// <param name="Script">The script.</param>
/// <param name="Error">Null when the server holds it under the same digest; otherwise the server's error, or that the digests differ.</param>
public sealed record PreloadEntry(ScriptDefinition Script, string? Error);

public sealed class PreloadReport(IReadOnlyList<PreloadEntry> entries)
{
    public IReadOnlyList<PreloadEntry> Entries { get; } = entries;

    public bool Succeeded => Entries.All(entry => entry.Error is null);

    /// <summary>Throws <see cref="RedisException"/> naming each script that the server does not take.</summary>
    public PreloadReport ThrowIfFailed() => Succeeded
        ? this
        : throw new RedisException("ERR " + string.Join("; ", Entries.Where(entry => entry.Error is not null).Select(entry => $"script '{entry.Script.Name}': {entry.Error}")));

    public override string ToString() => $"{Entries.Count(entry => entry.Error is null)} of {Entries.Count} scripts loaded";
}
