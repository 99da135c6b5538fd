// How a verb runs: its door is opened, its work done, and whatever goes wrong becomes one line on standard error and an exit code.
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;
using Referee.Cli.Doors;
using Referee.Records;

namespace Referee.Cli;

/// <summary>One call of a verb.</summary>
internal sealed class VerbCall(ParseResult parsed, GlobalOptions options, Terminal terminal, CancellationToken ct) : IAsyncDisposable
{
    private const int OwnRequestIdDigits = 16;

    private IDoor? _door;

    public ParseResult Parsed => parsed;

    public Terminal Terminal => terminal;

    public CliEnvironment Environment => terminal.Environment;

    public DoorOptions DoorOptions => options.Door(parsed);

    public CancellationToken Cancellation => ct;

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>The request id that was given, or one of this call's own: fixed before the first try, so that a try after a lost gateway is the same request.</summary>
    public string RequestId(Option<string> option) => Get(option) is { Length: > 0 } given ? given : OwnRequestId();

    public static string OwnRequestId() => RandomNumberGenerator.GetHexString(OwnRequestIdDigits, lowercase: true);

    public async Task<IDoor> DoorAsync()
    {
        if (_door is null)
        {
            _door = await DoorKeeper.OpenAsync(Environment, DoorOptions, ct);
            if (!_door.Verified)
            {
                await Environment.Error.WriteLineAsync($"referee: {_door.Describe}");
            }
        }

        return _door;
    }

    public async Task<Answer<TResult>> CallAsync<TRequest, TResult>(string method, TRequest request, JsonTypeInfo<TRequest> requestJson, JsonTypeInfo<Result<TResult>> resultJson)
        where TResult : class =>
        await (await DoorAsync()).CallAsync(method, request, requestJson, resultJson, ct);

    /// <summary>Calls, prints the JSON or what <paramref name="show"/> makes of the value, and gives the exit code.</summary>
    public async Task<int> AnswerAsync<TRequest, TResult>(
        string method, TRequest request, JsonTypeInfo<TRequest> requestJson, JsonTypeInfo<Result<TResult>> resultJson, Action<TResult> show)
        where TResult : class
    {
        var answer = await CallAsync(method, request, requestJson, resultJson);
        return Show(answer, show);
    }

    public int Show<TResult>(Answer<TResult> answer, Action<TResult> show)
        where TResult : class
    {
        if (terminal.Json)
        {
            terminal.PrintJson(answer.Json);
        }
        else if (answer.Result.Ok)
        {
            show(answer.Result.Value);
        }
        else
        {
            terminal.Refusals("refused", answer.Result.Refusals);
        }

        return answer.Result.Ok ? ExitCodes.Done : ExitCodes.Refused;
    }

    public async ValueTask DisposeAsync()
    {
        if (_door is not null)
        {
            await _door.DisposeAsync();
        }
    }
}

/// <summary>What the verbs are made with.</summary>
internal sealed class VerbFactory(CliEnvironment environment, GlobalOptions options)
{
    public CliEnvironment Environment => environment;

    public GlobalOptions Options => options;

    /// <summary>A command from its symbols and its work.</summary>
    public Command Create(string name, string description, IEnumerable<Symbol> symbols, Func<VerbCall, Task<int>> work)
    {
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    command.Options.Add(option);
                    break;
                case Argument argument:
                    command.Arguments.Add(argument);
                    break;
                case Command child:
                    command.Subcommands.Add(child);
                    break;
            }
        }

        command.SetAction(async (parsed, ct) =>
        {
            var terminal = new Terminal(environment, parsed.GetValue(options.Json));
            await using var call = new VerbCall(parsed, options, terminal, ct);
            try
            {
                return await work(call);
            }
            catch (Exception e) when (CliException.Of(e) is { } said)
            {
                await environment.Error.WriteLineAsync($"{Path(parsed)}: {said.Message}");
                return said.ExitCode;
            }
        });
        return command;
    }

    // "referee principal add": the names from the root down.
    private static string Path(ParseResult parsed)
    {
        var names = new List<string>();
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult command; result = result.Parent)
        {
            names.Add(command.Command.Name);
        }

        return string.Join(' ', names.AsEnumerable().Reverse());
    }
}
