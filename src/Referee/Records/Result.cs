// What an operation of the front door answers: a value, or the refusals that stood against it. Always exactly one of the two.
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Referee.Records;

public sealed record Result<T>
    where T : class
{
    [JsonConstructor]
    internal Result(T? value, IReadOnlyList<Refusal> refusals) => (Value, Refusals) = (value, refusals);

    /// <summary>The answer; null when refused.</summary>
    public T? Value { get; }

    /// <summary>Empty when there is a value.</summary>
    public IReadOnlyList<Refusal> Refusals { get; }

    [MemberNotNullWhen(true, nameof(Value))]
    [JsonIgnore]
    public bool Ok => Value is not null;

    /// <summary>The code of the first refusal; empty when there is a value.</summary>
    [JsonIgnore]
    public string Code => Refusals.Count == 0 ? "" : Refusals[0].Code;

    public static implicit operator Result<T>(T value) => new(value, []);

    public static implicit operator Result<T>(Refusal refusal) => new(null, [refusal]);

    /// <summary>The value, for callers to whom a refusal is a mistake of their own.</summary>
    /// <exception cref="InvalidOperationException">It was refused; the message names code and path.</exception>
    public T OrThrow() => Value ?? throw new InvalidOperationException(
        string.Join("; ", Refusals.Select(refusal => $"{refusal.Code} {refusal.Path}: wanted {refusal.Wanted}, got {refusal.Got}")));
}
