// What a verb's exit code says; printed by `referee --help` and in docs/cli.md. Scripts rely on the numbers: never renumber.
using Evalsha.Client;

namespace Referee.Cli;

public static class ExitCodes
{
    /// <summary>Done; for promote and explain: passed, or would pass.</summary>
    public const int Done = 0;

    /// <summary>The referee refused; each reason is printed.</summary>
    public const int Refused = 1;

    /// <summary>Wrong usage: unknown option, missing argument, a file that cannot be read.</summary>
    public const int Usage = 2;

    /// <summary>The store or the gateway does not answer.</summary>
    public const int Unavailable = 3;

    /// <summary>No token, a token that nobody has, or a role that is missing.</summary>
    public const int Forbidden = 4;

    /// <summary><c>verify</c> found something that does not fit.</summary>
    public const int Tampered = 5;

    /// <summary>Interrupted, as shells count it: 128 and the number of SIGINT.</summary>
    public const int Interrupted = 130;

    public static readonly IReadOnlyList<(int Code, string Meaning)> All =
    [
        (Done, "done, passed, or would pass"),
        (Refused, "the referee refused; each reason is printed"),
        (Usage, "wrong usage, or a file that cannot be read"),
        (Unavailable, "the store or the gateway does not answer"),
        (Forbidden, "no token, a token that nobody has, or a missing role"),
        (Tampered, "verify found something that does not fit"),
        (Interrupted, "interrupted"),
    ];
}

/// <summary>Ends a verb with an exit code and one line on standard error.</summary>
public class CliException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>What the world's errors come to at a command line; null for a mistake of ours, which keeps its stack trace.</summary>
    public static CliException? Of(Exception error) => error switch
    {
        CliException said => said,
        RedisConnectionException => new(ExitCodes.Unavailable, $"the store does not answer: {error.Message}"),
        RedisException => new(ExitCodes.Unavailable, $"the store refused: {error.Message}"),
        TimeoutException or InvalidDataException => new(ExitCodes.Unavailable, error.Message),
        IOException or UnauthorizedAccessException or FormatException or ArgumentException => new(ExitCodes.Usage, error.Message),
        OperationCanceledException => new(ExitCodes.Interrupted, "interrupted"),
        _ => null,
    };
}
