// One parameter of CONFIG: its names, its value as text, and what may be set.
// Always: what is refused is refused in Redis's words; a parameter that Redis has and this server does not need is kept and answered, and says so.
namespace Evalsha.Server.Dispatch;

/// <param name="Set">Takes the new text and returns null, or the reason why not; null = it cannot change while the server runs.</param>
public sealed record ConfigParameter(string Name, Func<string> Get, Func<string, string?>? Set)
{
    /// <summary>The older name, when there is one; CONFIG GET shows both.</summary>
    public string? Alias { get; init; }

    /// <summary>True: the value is kept and answered, and nothing follows from it.</summary>
    public bool IsKept { get; init; }

    /// <summary>True: CONFIG GET shows it when asked for by its name, and not for a pattern.</summary>
    public bool IsHidden { get; init; }

    /// <summary>True: SLOWLOG and MONITOR do not show what it is set to.</summary>
    public bool IsSecret { get; init; }

    /// <summary>What CONFIG SET answers when there is no <see cref="Set"/>.</summary>
    public string Refusal { get; init; } = "can't set immutable config";
}
