// The keys of one shard of one project, and the only place that prints them.
// Always: every key carries the same hash tag, `{project.shard}`, so one script on one cluster node can touch all of them;
// the set is fixed and small, and every script declares in KEYS exactly those it uses.
// Sits under everything else in this assembly.
namespace Referee.Records;

/// <summary>The keys of one shard. A project has one shard unless it was created with more.</summary>
public sealed class ShardKeys
{
    /// <summary>At most this many shards in a project, fixed for its life.</summary>
    public const int ShardsMax = 1024;

    /// <exception cref="ArgumentException">The project's name is not a name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The shard is outside 0..1023.</exception>
    public ShardKeys(string project, int shard)
    {
        if (!Names.IsName(project))
        {
            throw new ArgumentException($"A project is named by {Names.Rule}.", nameof(project));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, ShardsMax);
        Project = project;
        Shard = shard;
        Tag = $"{{{project}.{shard}}}";
        Items = Key("items");
        Index = Key("index");
        Leases = Key("leases");
        Dependencies = Key("deps");
        Tags = Key("tags");
        Audit = Key("audit");
        Refusals = Key("refusals");
        Orphans = Key("orphans");
        Requests = Key("requests");
        Details = Key("details");
        Workflows = Key("workflows");
        Principals = Key("principals");
    }

    public string Project { get; }

    public int Shard { get; }

    /// <summary>The hash tag, braces included.</summary>
    public string Tag { get; }

    /// <summary>Hash: <c>r:ID</c> record, <c>e:ID</c> evidence, <c>a:ID</c> approvals, <c>chain</c> head, <c>seq</c> counter.</summary>
    public string Items { get; }

    /// <summary>Sorted set of item ids by <see cref="IndexScore"/>.</summary>
    public string Index { get; }

    /// <summary>Sorted set of claimed item ids by the end of the lease, in milliseconds.</summary>
    public string Leases { get; }

    /// <summary>Sorted set, all scores 0: <c>blocker\0blocked</c>.</summary>
    public string Dependencies { get; }

    /// <summary>Sorted set, all scores 0: <c>label\0id</c>.</summary>
    public string Tags { get; }

    /// <summary>Stream of chained decisions; never trimmed.</summary>
    public string Audit { get; }

    /// <summary>Stream of what was refused or ran out, about the last 10,000.</summary>
    public string Refusals { get; }

    /// <summary>Stream of results that came after the claim was lost, about the last 10,000.</summary>
    public string Orphans { get; }

    /// <summary>Hash ring of the last 1,024 requests that no record can remember (submit, claim next, batches).</summary>
    public string Requests { get; }

    /// <summary>Hash: id -> JSON of title and body; <c>id\0kind</c> -> an evidence value too large for its slot.</summary>
    public string Details { get; }

    /// <summary>Hash: policy digest -> canonical JSON; workflow name -> current digest; <c>:stages</c> -> <see cref="StageNumbers"/>.</summary>
    public string Workflows { get; }

    /// <summary>Hash: principal's name -> JSON of kind, roles and the SHA-256 of the token.</summary>
    public string Principals { get; }

    /// <summary>Every key there is, in the order of this file.</summary>
    public IReadOnlyList<string> All =>
        [Items, Index, Leases, Dependencies, Tags, Audit, Refusals, Orphans, Requests, Details, Workflows, Principals];

    /// <summary>The shard an item lives in: FNV-1a of its id, so that no table has to be kept.</summary>
    public static int ShardOf(string item, int shardCount)
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentOutOfRangeException.ThrowIfLessThan(shardCount, 1);
        var hash = 2166136261u;
        foreach (var character in item)
        {
            hash = (hash ^ character) * 16777619u;
        }

        return (int)(hash % (uint)shardCount);
    }

    private string Key(string name) => $"ref:{Tag}:{name}";
}
