// Which commands may be sent on a connection that others use too.
// Always: what is not named here is fine. The rule looks at the command's name and first argument only.

namespace Evalsha.Client;

internal enum SharingRule : byte
{
    Fine,

    /// <summary>Only as part of one contiguous batch: alone, other callers' commands would come between.</summary>
    InBatchOnly,

    /// <summary>Never: replies would lose their callers, or the connection would change for everybody.</summary>
    Never,
}

internal static class SharingRules
{
    private static readonly Dictionary<string, SharingRule> Rules = Named()
        .SelectMany(row => row.Names.Split(' '), (row, name) => KeyValuePair.Create(name, row.Rule))
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    public static SharingRule Of(string name, ReadOnlySpan<RedisArg> args)
    {
        if (Rules.TryGetValue(name, out var rule))
        {
            return rule;
        }

        return (Is(name, "CLIENT") && args.Length > 0 && Is(args[0].ToString(), "REPLY"))
            || (Is(name, "SCRIPT") && args.Length > 0 && Is(args[0].ToString(), "DEBUG"))
            ? SharingRule.Never
            : SharingRule.Fine;
    }

    private static (SharingRule Rule, string Names)[] Named() =>
    [
        (SharingRule.InBatchOnly, "MULTI EXEC DISCARD WATCH UNWATCH ASKING"),
        (SharingRule.Never, "SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE MONITOR SYNC PSYNC"), // replies not one for one
        (SharingRule.Never, "AUTH HELLO RESET QUIT SELECT READONLY READWRITE"), // change the connection, and a reconnect would undo it
    ];

    private static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);
}
