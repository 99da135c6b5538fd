// What a server that is in no cluster says when it is asked about one: CLUSTER and its subcommands, READONLY, READWRITE, ASKING.
// Always: clients ask these when they connect, and tell a lone server by the one error; the rows are as complete as any, so that COMMAND, ACL and
// arity checks speak of them as Redis does.
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

public static class ClusterCommands
{
    private const CommandFlags Change = Admin | Stale | NoAsyncLoading;
    private const string OnNodes = "O(N), N: nodes";
    private const string OnSlots = "O(N), N: slots";

    public static readonly CommandRow[] Rows =
    [
        new("cluster", -2, None, KeySpec.None, NoCluster)
        {
            Group = "cluster", Since = "3.0.0", Summary = "What a node knows of its cluster; this server is in none.", Complexity = "That of the subcommand",
            Subcommands =
            [
                Sub("addslots", -3, Change, "3.0.0", "Makes this node serve slots.", "slot:integer...") with { Complexity = OnSlots },
                Sub("addslotsrange", -4, Change, "7.0.0", "Makes this node serve ranges of slots.", "start-slot_end-slot{start-slot:integer end-slot:integer}...") with { Complexity = OnSlots },
                Unsure("bumpepoch", 2, Change, "3.0.0", "Raises the node's epoch."),
                Unsure("count-failure-reports", 3, Admin | Stale, "3.0.0", "How many others call a node failing.", "node-id") with { Complexity = "O(N), N: reports" },
                Sub("countkeysinslot", 3, Stale, "3.0.0", "How many keys a slot has here.", "slot:integer"),
                Sub("delslots", -3, Change, "3.0.0", "Makes this node forget who serves slots.", "slot:integer...") with { Complexity = OnSlots },
                Sub("delslotsrange", -4, Change, "7.0.0", "Makes this node forget who serves ranges of slots.", "start-slot_end-slot{start-slot:integer end-slot:integer}...") with { Complexity = OnSlots },
                Sub("failover", -2, Change, "3.0.0", "Lets a replica take its master's place.", "[options(FORCE|TAKEOVER)]"),
                Sub("flushslots", 2, Change, "3.0.0", "Makes this node serve no slots."),
                Sub("forget", 3, Change, "3.0.0", "Makes this node forget another.", "node-id"),
                Unsure("getkeysinslot", 4, Stale, "3.0.0", "Keys of a slot.", "slot:integer count:integer") with { Complexity = "O(N), N: keys asked for" },
                Sub("help", 2, Loading | Stale, "5.0.0", "What CLUSTER knows."),
                Unsure("info", 2, Stale, "3.0.0", "The state of the cluster as this node sees it."),
                Sub("keyslot", 3, Stale, "3.0.0", "The slot of a key.", "`key`:string") with { Complexity = "O(N), N: bytes of the key" },
                Unsure("links", 2, Stale, "7.0.0", "The connections between this node and the others.") with { Complexity = OnNodes },
                Sub("meet", -4, Change, "3.0.0", "Joins another node's cluster.", "ip port:integer [`cluster_bus_port`:integer@4.0.0]") with { History = ["4.0.0: a port of the cluster's own"] },
                Sub("myid", 2, Stale, "3.0.0", "The node's name in the cluster."),
                Unsure("nodes", 2, Stale, "3.0.0", "The nodes and their slots, a line each.") with { Complexity = OnNodes },
                Unsure("replicas", 3, Admin | Stale, "5.0.0", "The replicas of a master.", "node-id"),
                Sub("replicate", 3, Change, "3.0.0", "Makes this node a replica of another.", "node-id"),
                Sub("reset", -2, Admin | NoScript | Stale, "3.0.0", "Makes this node know no other.", "[hard_soft(HARD|SOFT)]") with { Complexity = OnNodes },
                Sub("saveconfig", 2, Change, "3.0.0", "Writes the node's view of the cluster to its disk."),
                Sub("set-config-epoch", 3, Change, "3.0.0", "Gives a new node its epoch.", "config-epoch:integer"),
                Sub("setslot", -4, Change, "3.0.0", "Says who serves a slot, or that it moves.", "slot:integer subcommand(IMPORTING <node-id>|MIGRATING <node-id>|NODE <node-id>|STABLE)"),
                Unsure("shards", 2, Stale, "7.0.0", "The slots and the nodes that serve them, shard by shard.") with { Complexity = OnNodes },
                Unsure("slaves", 3, Admin | Stale, "3.0.0", "The older name of CLUSTER REPLICAS.", "node-id") with { DeprecatedSince = "5.0.0", ReplacedBy = "CLUSTER REPLICAS" },
                Unsure("slots", 2, Stale, "3.0.0", "Ranges of slots and the nodes that serve them.") with
                {
                    Complexity = OnNodes, DeprecatedSince = "7.0.0", ReplacedBy = "CLUSTER SHARDS", History = ["4.0.0: names of the nodes", "7.0.0: further addresses of the nodes"],
                },
            ],
        },
        Connection("readonly", Loading | Stale | Fast, "Lets this connection read from a replica of a cluster."),
        Connection("readwrite", Loading | Stale | Fast, "Takes READONLY back."),
        Connection("asking", Fast, "Lets the next command use a slot that is being moved here."),
    ];

    private static void NoCluster(CommandContext c) => c.Reply.Error("ERR This instance has cluster support disabled"u8);

    private static CommandRow Sub(string name, int arity, CommandFlags flags, string since, string summary, string syntax = "") =>
        new(name, arity, flags, KeySpec.None, NoCluster) { Group = "cluster", Since = since, Summary = summary, Syntax = syntax, Complexity = "O(1)" };

    /// <summary>A subcommand whose answer is another each time.</summary>
    private static CommandRow Unsure(string name, int arity, CommandFlags flags, string since, string summary, string syntax = "") =>
        Sub(name, arity, flags, since, summary, syntax) with { Tips = ["nondeterministic_output"] };

    private static CommandRow Connection(string name, CommandFlags flags, string summary) =>
        new(name, 1, flags, KeySpec.None, NoCluster) { Group = "cluster", Since = "3.0.0", Summary = summary, Complexity = "O(1)", AclCategories = ["@connection"] };
}
