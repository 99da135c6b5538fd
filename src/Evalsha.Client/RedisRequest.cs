// One command with its arguments, ready to be sent any number of times.
// Always: immutable, apart from byte arrays that the caller passed and still holds.
using Evalsha.Resp;

namespace Evalsha.Client;

public sealed class RedisRequest
{
    private readonly RedisArg[] _args;

    /// <summary>A command by its name; a subcommand is the first argument: <c>new RedisRequest("SCRIPT", "LOAD", source)</c>.</summary>
    public RedisRequest(string name, params ReadOnlySpan<RedisArg> args)
        : this(args.ToArray(), name)
    {
    }

    private RedisRequest(RedisArg[] owned, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        _args = owned;
        Sharing = SharingRules.Of(name, owned);
    }

    public string Name { get; }

    public ReadOnlyMemory<RedisArg> Args => _args;

    /// <summary>True if running it twice does what running it once does. Only such a request is sent again when the connection broke and nobody knows whether it ran.</summary>
    public bool Repeatable { get; init; }

    /// <summary>How long a caller waits for the reply; null is the connection's <see cref="RedisOptions.OperationTimeout"/>, <see cref="Timeout.InfiniteTimeSpan"/> is for ever.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The same without copying the arguments: the array belongs to the request from now on.</summary>
    internal static RedisRequest Owning(string name, RedisArg[] args, bool repeatable) => new(args, name) { Repeatable = repeatable };

    internal SharingRule Sharing { get; }

    internal void Write(RespWriter writer)
    {
        writer.Request(_args.Length + 1);
        writer.Bulk(Name);
        foreach (ref readonly var arg in _args.AsSpan())
        {
            arg.Write(writer);
        }
    }

    /// <summary>Name and number of arguments; values are left out, they may be secret.</summary>
    public override string ToString() => $"{Name} ({_args.Length} arguments)";
}
