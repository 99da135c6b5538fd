// What may be the name of an item, a principal, a kind of evidence, a stage, a workflow, a project, a label or a request.
// Always: a name holds no character that frames names in the store (NUL, newline, slash, colon, braces), so framing never needs escaping.
namespace Referee.Records;

/// <summary>The one rule for names: <c>[A-Za-z0-9._-]{1,64}</c>.</summary>
public static class Names
{
    public const int LengthMax = 64;

    /// <summary>The rule as told to people.</summary>
    public const string Rule = "1 to 64 characters of A-Z a-z 0-9 . _ -";

    public static bool IsName(string? text)
    {
        if (text is null || text.Length is 0 or > LengthMax)
        {
            return false;
        }

        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A workflow is named like everything else, but never like a digest: both are fields of one hash.</summary>
    public static bool IsWorkflowName(string? text) => IsName(text) && !IsDigest(text);

    /// <summary>Forty lower-case hexadecimal digits: a policy's digest.</summary>
    public static bool IsDigest(string? text)
    {
        if (text is not { Length: 40 })
        {
            return false;
        }

        foreach (var character in text)
        {
            if (!char.IsAsciiHexDigitLower(character))
            {
                return false;
            }
        }

        return true;
    }
}
