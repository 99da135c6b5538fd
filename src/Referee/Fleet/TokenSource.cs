// Where the random bytes of new tokens come from. Tests give their own; programs use the system's cryptographic source.
using System.Security.Cryptography;

namespace Referee.Fleet;

public sealed class TokenSource(Func<int, byte[]> bytes)
{
    /// <summary>256 bits.</summary>
    public const int SecretBytes = 32;

    public static TokenSource System { get; } = new(RandomNumberGenerator.GetBytes);

    internal byte[] Next() => bytes(SecretBytes) is { Length: SecretBytes } secret
        ? secret
        : throw new InvalidOperationException($"A token needs {SecretBytes} random bytes.");
}
