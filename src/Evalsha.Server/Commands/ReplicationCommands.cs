// What a server without replicas answers when asked about them: REPLICAOF and SLAVEOF NO ONE; and LOLWUT.
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
        new("lolwut", -1, ReadOnly | Fast, KeySpec.None, static c => c.Reply.Verbatim("txt"u8, Encoding.ASCII.GetBytes($"Redis ver. {ConnectionCommands.ServerVersion}\n"))) { Group = "server", Since = "5.0.0", Summary = "The server's version, without the art.", Complexity = "O(1)", Syntax = "[VERSION <version:integer>]" },
    ];

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
