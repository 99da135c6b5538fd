// What a server without replicas answers when asked about them: REPLICAOF and SLAVEOF NO ONE, FAILOVER; and LOLWUT.
// Always: no replica can ever appear.
using System.Text;
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class ReplicationCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("replicaof", 3, Admin | NoScript | Stale | NoAsyncLoading, KeySpec.None, ReplicaOf) { Group = "server", Since = "5.0.0", Summary = "Makes the server a replica; this one stays alone.", Complexity = "O(1)", Syntax = "args(host-port{host port:integer}|no-one{NO ONE})" },
        new("slaveof", 3, Admin | NoScript | Stale | NoAsyncLoading, KeySpec.None, ReplicaOf) { Group = "server", Since = "1.0.0", Summary = "The older name of REPLICAOF.", Complexity = "O(1)", Syntax = "args(host-port{host port:integer}|no-one{NO ONE})", DeprecatedSince = "5.0.0", ReplacedBy = "REPLICAOF" },
        new("failover", -1, Admin | NoScript | Stale, KeySpec.None, Failover) { Group = "server", Since = "6.2.0", Summary = "Hands over to a replica; refused, since there is none.", Complexity = "O(1)", Syntax = "[TO <target{host port:integer [FORCE]}>] [ABORT] [TIMEOUT <milliseconds:integer>]" },
        new("lolwut", -1, ReadOnly | Fast, KeySpec.None, static c => c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes($"Redis ver. {ConnectionCommands.ServerVersion}\n"))) { Group = "server", Since = "5.0.0", Summary = "The server's version, without the art.", Complexity = "O(1)", Syntax = "[VERSION <version:integer>]" },
    ];

    private static void Failover(CommandContext c)
    {
        if (c.Count == 2 && c.Is(1, "ABORT"u8))
        {
            c.Reply.Error("ERR No failover in progress."u8);
            return;
        }

        bool hasTarget = false, hasTimeout = false;
        for (var i = 1; i < c.Count; i++)
        {
            if (!hasTimeout && i + 1 < c.Count && c.Is(i, "TIMEOUT"u8))
            {
                if (!c.TryInteger(++i, out var milliseconds))
                {
                    return;
                }

                if (milliseconds <= 0)
                {
                    c.Reply.Error("ERR FAILOVER timeout must be greater than 0"u8);
                    return;
                }

                hasTimeout = true;
            }
            else if (!hasTarget && i + 2 < c.Count && c.Is(i, "TO"u8))
            {
                i += 2;
                if (!c.TryInteger(i, out _))
                {
                    return;
                }

                hasTarget = true;
            }
            else if (!c.Is(i, "FORCE"u8))
            {
                c.SyntaxError();
                return;
            }
        }

        c.Reply.Error("ERR FAILOVER requires connected replicas."u8);
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
