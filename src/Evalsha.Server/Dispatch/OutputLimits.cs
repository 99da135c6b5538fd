// client-output-buffer-limit: how many unsent bytes a client of each class may have before it is closed.
// Always: hard at once, soft when passed for longer than its seconds; 0 = no limit. Immutable: CONFIG SET makes another one.
using System.Globalization;

namespace Evalsha.Server.Dispatch;

/// <param name="Hard">Bytes; 0 = no limit.</param>
/// <param name="Soft">Bytes that may be passed for SoftSeconds only; 0 = no limit.</param>
public readonly record struct OutputLimit(long Hard, long Soft, long SoftSeconds);

public sealed class OutputLimits(OutputLimit normal, OutputLimit replica, OutputLimit pubSub)
{
    private const long Megabyte = 1024 * 1024;

    /// <summary>Redis's own.</summary>
    public static OutputLimits Default { get; } = new(default, new OutputLimit(256 * Megabyte, 64 * Megabyte, 60), new OutputLimit(32 * Megabyte, 8 * Megabyte, 60));

    public OutputLimit Normal { get; } = normal;

    public OutputLimit Replica { get; } = replica;

    public OutputLimit PubSub { get; } = pubSub;

    /// <summary>True when even the replies of ordinary clients are limited.</summary>
    public bool LimitsNormal { get; } = normal.Hard != 0 || normal.Soft != 0;

    public OutputLimit Of(IClient client) => client.Feeds is { IsSubscribed: true } ? PubSub : Normal;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"normal {Normal.Hard} {Normal.Soft} {Normal.SoftSeconds} slave {Replica.Hard} {Replica.Soft} {Replica.SoftSeconds} pubsub {PubSub.Hard} {PubSub.Soft} {PubSub.SoftSeconds}");

    /// <summary>These with the classes named in the text replaced; null and Redis's reason when it makes no sense.</summary>
    public OutputLimits? With(string text, out string? refusal)
    {
        refusal = null;
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length % 4 != 0)
        {
            refusal = "Wrong number of arguments in buffer limit configuration.";
            return null;
        }

        var limits = this;
        for (var i = 0; i < words.Length; i += 4)
        {
            var name = words[i].ToLowerInvariant();
            if (name is not ("normal" or "slave" or "replica" or "pubsub"))
            {
                refusal = "Invalid client class specified in buffer limit configuration.";
                return null;
            }

            if (!ServerConfig.TryParseMemory(words[i + 1], out var hard)
                || !ServerConfig.TryParseMemory(words[i + 2], out var soft)
                || !long.TryParse(words[i + 3], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            {
                refusal = "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
                return null;
            }

            var limit = new OutputLimit(hard, soft, seconds);
            limits = name switch
            {
                "normal" => new OutputLimits(limit, limits.Replica, limits.PubSub),
                "pubsub" => new OutputLimits(limits.Normal, limits.Replica, limit),
                _ => new OutputLimits(limits.Normal, limit, limits.PubSub),
            };
        }

        return limits;
    }
}
