// What a server without replicas answers when asked about them: WAIT, REPLICAOF and SLAVEOF NO ONE, FAILOVER's refusal; and LOLWUT.
// Always: no replica can ever appear, so nothing waits for one.
using System.Text;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class ReplicationCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("wait", 3, NoScript, KeySpec.None, Wait) { Group = "generic", Since = "3.0.0", AclCategories = ["@connection"], Summary = "How many replicas have all writes so far: none.", Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:agg_min"], Syntax = "numreplicas:integer timeout:integer" },
        new("replicaof", 3, Admin | NoScript | Stale | NoAsyncLoading, KeySpec.None, ReplicaOf) { Group = "server", Since = "5.0.0", Summary = "Makes the server a replica; this one stays alone.", Complexity = "O(1)", Syntax = "args(host-port{host port:integer}|no-one{NO ONE})" },
        new("slaveof", 3, Admin | NoScript | Stale | NoAsyncLoading, KeySpec.None, ReplicaOf) { Group = "server", Since = "1.0.0", Summary = "The older name of REPLICAOF.", Complexity = "O(1)", Syntax = "args(host-port{host port:integer}|no-one{NO ONE})", DeprecatedSince = "5.0.0", ReplacedBy = "REPLICAOF" },
        new("lolwut", -1, ReadOnly | Fast, KeySpec.None, static c => c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes($"Redis ver. {ConnectionCommands.ServerVersion}\n"))) { Group = "server", Since = "5.0.0", Summary = "The server's version, without the art.", Complexity = "O(1)", Syntax = "[VERSION <version:integer>]" },
    ];

    private static void Wait(CommandContext c)
    {
        if (!c.TryInteger(1, out _) || !c.TryIntegerWithin(2, long.MinValue, long.MaxValue, "ERR timeout is not an integer or out of range"u8, out var timeout))
        {
            return;
        }

        if (timeout < 0)
        {
            c.Reply.Error("ERR timeout is negative"u8);
            return;
        }

        c.Reply.Integer(0);
    }

    private static void ReplicaOf(CommandContext c)
    {
        if (c.Is(1, "NO"u8) && c.Is(2, "ONE"u8))
        {
            c.Reply.Ok();
            return;
        }

        c.Reply.Error("ERR This server cannot be a replica"u8);
    }
}
