// SUBSCRIBE PSUBSCRIBE SSUBSCRIBE and their opposites, PUBLISH SPUBLISH, PUBSUB.
// Always: a subscription command answers once for each name it was given, as push frames in RESP3; PUBLISH changes no data and is not logged.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class PubSubCommands
{
    private const CommandFlags Listening = CommandFlags.PubSub | NoScript | Loading | Stale;
    private const CommandFlags Publishing = CommandFlags.PubSub | Loading | Stale | Fast | MayReplicate;
    private const CommandFlags Asking = CommandFlags.PubSub | Loading | Stale;

    private static readonly KeySpec ShardChannels = KeySpec.All with { IsNotKey = true };

    public static readonly CommandRow[] Rows =
    [
        Listener("subscribe", -2, KeySpec.None, static c => Subscribe(c, AudienceKind.Channel, "subscribe"u8), "2.0.0", "Listens to channels.") with { Complexity = "O(N), N: channels to subscribe to", Syntax = "channel..." },
        Listener("unsubscribe", -1, KeySpec.None, static c => Unsubscribe(c, AudienceKind.Channel, "unsubscribe"u8), "2.0.0", "Stops listening to channels, or to all of them.") with { Complexity = "O(N), N: clients already subscribed to a channel", Syntax = "[channel...]" },
        Listener("psubscribe", -2, KeySpec.None, static c => Subscribe(c, AudienceKind.Pattern, "psubscribe"u8), "2.0.0", "Listens to every channel that matches a pattern.") with { Complexity = "O(N), N: patterns the client is already subscribed to", Syntax = "pattern{pattern:pattern}..." },
        Listener("punsubscribe", -1, KeySpec.None, static c => Unsubscribe(c, AudienceKind.Pattern, "punsubscribe"u8), "2.0.0", "Stops listening to patterns, or to all of them.") with { Complexity = "O(N+M), N: patterns the client is already subscribed, M: total patterns subscribed in the system", Syntax = "[pattern:pattern...]" },
        Listener("ssubscribe", -2, ShardChannels, static c => Subscribe(c, AudienceKind.ShardChannel, "ssubscribe"u8), "7.0.0", "Listens to shard channels.") with { Complexity = "O(N), N: shard channels to subscribe to", KeyUses = ["NOT_KEY"], Syntax = "shardchannel..." },
        Listener("sunsubscribe", -1, ShardChannels, static c => Unsubscribe(c, AudienceKind.ShardChannel, "sunsubscribe"u8), "7.0.0", "Stops listening to shard channels, or to all of them.") with { Complexity = "O(N), N: clients already subscribed to a shard channel", KeyUses = ["NOT_KEY"], Syntax = "[shardchannel...]" },
        new("publish", 3, Publishing, KeySpec.None, Publish) { Group = "pubsub", Since = "2.0.0", Summary = "Sends a message to whoever listens to a channel; how many heard it.", Complexity = "O(N+M), N: clients subscribed to the receiving channel, M: subscribed patterns", Syntax = "channel message" },
        new("spublish", 3, Publishing, KeySpec.One with { IsNotKey = true }, PublishToShard) { Group = "pubsub", Since = "7.0.0", Summary = "The same for a shard's channel.", Complexity = "O(N), N: clients subscribed to the receiving shard channel", KeyUses = ["NOT_KEY"], Syntax = "shardchannel message" },
        new("pubsub", -2, None, KeySpec.None, static _ => { })
        {
            Complexity = "That of the subcommand",
            Group = "pubsub", Since = "2.8.0", Summary = "Who listens to what.",
            Subcommands =
            [
                Sub("channels", -2, static c => Names(c, AudienceKind.Channel), "2.8.0", "The channels somebody listens to, all or those that match.") with { Complexity = "O(N), N: active channels", Syntax = "[pattern:pattern]" },
                Sub("numpat", 2, static c => c.Reply.Integer(c.Server.PubSub.PatternCount), "2.8.0", "How many different patterns are listened to.") with { Complexity = "O(1)" },
                Sub("numsub", -2, static c => Counts(c, AudienceKind.Channel), "2.8.0", "For each channel, how many listen to it.") with { Complexity = "O(N), N: requested channels", Syntax = "[channel...]" },
                Sub("shardchannels", -2, static c => Names(c, AudienceKind.ShardChannel), "7.0.0", "The shard channels somebody listens to.") with { Complexity = "O(N), N: active shard channels", Syntax = "[pattern:pattern]" },
                Sub("shardnumsub", -2, static c => Counts(c, AudienceKind.ShardChannel), "7.0.0", "For each shard channel, how many listen to it.") with { Complexity = "O(N), N: requested shard channels", Syntax = "[shardchannel...]" },
                Sub("help", 2, Help, "6.2.0", "What PUBSUB knows.") with { Flags = Loading | Stale, Complexity = "O(1)" },
            ],
        },
    ];

    private static CommandRow Listener(string name, int arity, KeySpec keys, CommandBody body, string since, string summary) =>
        new(name, arity, Listening, keys, body) { Group = "pubsub", Since = since, Summary = summary, RunsWhenSubscribed = true, RepliesByPush = true };

    private static CommandRow Sub(string name, int arity, CommandBody body, string since, string summary) =>
        new(name, arity, Asking, KeySpec.None, body) { Group = "pubsub", Since = since, Summary = summary };

    private static void Subscribe(CommandContext c, AudienceKind kind, ReadOnlySpan<byte> said)
    {
        if (!c.Client.TakesFeeds)
        {
            c.Reply.Error($"ERR {c.Row.Name.ToUpperInvariant()} isn't allowed for a DENY BLOCKING client");
            return;
        }

        for (var i = 1; i < c.Count; i++)
        {
            var name = c.Text(i);
            c.Server.PubSub.Subscribe(c.Client, kind, name);
            Say(c, kind, said, name);
        }
    }

    private static void Unsubscribe(CommandContext c, AudienceKind kind, ReadOnlySpan<byte> said)
    {
        if (c.Count > 1)
        {
            for (var i = 1; i < c.Count; i++)
            {
                Leave(c, kind, said, c.Text(i));
            }
        }
        else if (c.Client.Feeds?.Of(kind) is { Count: > 0 } own)
        {
            Audience[] all = [.. own];
            foreach (var audience in all)
            {
                Leave(c, kind, said, audience.Key);
            }
        }
        else
        {
            Say(c, kind, said, null);
        }

        PubSubHub.LeaveIfQuiet(c.Client);
    }

    private static void Leave(CommandContext c, AudienceKind kind, ReadOnlySpan<byte> said, ByteString name)
    {
        c.Server.PubSub.Unsubscribe(c.Client, kind, name);
        Say(c, kind, said, name);
    }

    private static void Say(CommandContext c, AudienceKind kind, ReadOnlySpan<byte> said, ByteString? name)
    {
        c.Reply.Push(3);
        c.Reply.Bulk(said);
        if (name is null)
        {
            c.Reply.Null();
        }
        else
        {
            c.Reply.Bulk(name);
        }

        var feeds = c.Client.Feeds;
        c.Reply.Integer(feeds is null ? 0 : kind == AudienceKind.ShardChannel ? feeds.ShardChannels.Count : feeds.Subscriptions);
    }

    private static void Publish(CommandContext c) => c.Reply.Integer(c.Server.PubSub.Publish(c[1], c[2]));

    private static void PublishToShard(CommandContext c) => c.Reply.Integer(c.Server.PubSub.PublishToShard(c[1], c[2]));

    private static void Names(CommandContext c, AudienceKind kind)
    {
        if (c.Count > 3)
        {
            c.Reply.Error(Checks.BadSubcommandArguments(c));
            return;
        }

        var names = c.Server.PubSub.Names(kind);
        for (var i = names.Count - 1; i >= 0; i--)
        {
            if (c.Count == 3 && !Glob.Matches(c[2], names[i].Span))
            {
                names.RemoveAt(i);
            }
        }

        c.Reply.Array(names.Count);
        foreach (var name in names)
        {
            c.Reply.Bulk(name);
        }
    }

    private static void Counts(CommandContext c, AudienceKind kind)
    {
        c.Reply.Array((c.Count - 2) * 2);
        for (var i = 2; i < c.Count; i++)
        {
            c.Reply.Bulk(c[i]);
            c.Reply.Integer(c.Server.PubSub.CountListeners(kind, c[i]));
        }
    }

    private static void Help(CommandContext c) => c.ReplyHelp(
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)");
}
