// A token: `ref.NAME.SECRET`, the name of the principal and 256 random bits in base64url. Shown once, stored only as the SHA-256 of the whole.
// Always: comparing takes the same time wherever two digests differ; any text is either read or not a token, never an error.
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Referee.Records;

namespace Referee.Fleet;

internal static class Token
{
    private const string Prefix = "ref.";
    private const int SecretCharacters = 43; // 256 bits in base64url without padding

    public static string Print(string principal, ReadOnlySpan<byte> secret) => $"{Prefix}{principal}.{Base64Url.EncodeToString(secret)}";

    /// <summary>Whose token this says it is; whether it is true, only the digest tells.</summary>
    public static bool TryReadName(string? token, out string principal)
    {
        principal = "";
        if (token is null || token.Length > Prefix.Length + Names.LengthMax + 1 + SecretCharacters || !token.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var dot = token.LastIndexOf('.');
        if (dot <= Prefix.Length || token.Length - dot - 1 != SecretCharacters)
        {
            return false;
        }

        principal = token[Prefix.Length..dot];
        return Names.IsName(principal);
    }

    public static string Digest(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    public static bool Matches(string token, string digest) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Digest(token)), Encoding.ASCII.GetBytes(digest));
}
