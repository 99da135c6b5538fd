// Commands and scripts sent together in one write; each entry has its own reply, error replies included.
// Always: loads of scripts not known to be loaded go first in the same write, and their replies are stripped.
// Relaxed: an entry that met NOSCRIPT is sent again, so it may run after entries behind it. Strict: it is reported, as PartialBatchException.
using Evalsha.Resp;

namespace Evalsha.Client.Scripts;

/// <summary>What a <see cref="ScriptBatch"/> does when a stranger's SCRIPT FLUSH falls into the middle of it.</summary>
public enum BatchOrder
{
    /// <summary>Entries do not depend on each other: those that did not run are sent again.</summary>
    Relaxed,

    /// <summary>Entries must run in their order: those that did not run are reported by <see cref="PartialBatchException"/>.</summary>
    Strict,
}

public sealed class ScriptBatch
{
    private readonly ScriptClient _client;
    private readonly BatchOrder _order;
    private readonly List<BatchEntry> _entries = [];

    internal ScriptBatch(ScriptClient client, BatchOrder order) => (_client, _order) = (client, order);

    public int Count => _entries.Count;

    /// <summary>Adds a script's run; returns the index of its reply.</summary>
    public int Run(ScriptDefinition script, ReadOnlyMemory<RedisArg> keys, ReadOnlyMemory<RedisArg> args) => Add(BatchEntry.Of(_client, script, keys, args));

    public int Run(ScriptDefinition script, RedisArg[] keys, RedisArg[] args) => Run(script, (ReadOnlyMemory<RedisArg>)keys, args);

    public int Run(string name, RedisArg[] keys, RedisArg[] args) => Run(_client.Registry[name], keys, args);

    /// <summary>Adds a command; returns the index of its reply.</summary>
    public int Command(string name, params ReadOnlySpan<RedisArg> args) => Command(new RedisRequest(name, args));

    public int Command(RedisRequest request) => Add(new BatchEntry(request, null));

    /// <summary>Sends what was added and returns the replies by index; errors stay in place and none of them is NOSCRIPT. A batch can be executed again.</summary>
    public async ValueTask<RespValue[]> ExecuteAsync(CancellationToken ct = default)
    {
        var replies = new RespValue[_entries.Count];
        var open = Enumerable.Range(0, _entries.Count).ToList();
        await SendAsync(open, replies, loadAll: false, ct).ConfigureAwait(false);
        if (_order == BatchOrder.Strict && open.Count > 0)
        {
            throw new PartialBatchException(replies, open);
        }

        if (open.Count > 0)
        {
            await SendAsync(open, replies, loadAll: true, ct).ConfigureAwait(false);
        }

        if (open.Count > 0)
        {
            var transaction = new ScriptTransaction(_client);
            open.ForEach(index => transaction.Add(_entries[index]));
            var last = await transaction.ExecuteAsync(ct).ConfigureAwait(false) ?? throw new RedisException("ERR EXEC answered null although nothing was watched");
            for (var i = 0; i < open.Count; i++)
            {
                replies[open[i]] = last[i];
            }
        }

        return replies;
    }

    private int Add(BatchEntry entry)
    {
        _entries.Add(entry);
        return _entries.Count - 1;
    }

    // Sends the open entries; afterwards only those that met NOSCRIPT are open.
    private async ValueTask SendAsync(List<int> open, RespValue[] replies, bool loadAll, CancellationToken ct)
    {
        var generation = _client.Executor.Generation;
        var beliefs = new Dictionary<ScriptDefinition, long>();
        var loads = new List<ScriptDefinition>();
        foreach (var script in open.Select(index => _entries[index].Script).OfType<ScriptDefinition>())
        {
            if (!beliefs.ContainsKey(script))
            {
                if (!_client.StateOf(script).IsLoaded(generation, out var belief) || loadAll)
                {
                    loads.Add(script);
                }

                beliefs[script] = belief;
            }
        }

        var answers = await _client.Executor.SendBatchAsync([.. loads.Select(ScriptRequests.Load), .. open.Select(index => _entries[index].Request)], ct).ConfigureAwait(false);
        for (var i = 0; i < open.Count; i++)
        {
            replies[open[i]] = answers[loads.Count + i];
        }

        for (var i = 0; i < loads.Count; i++)
        {
            if (ScriptRequests.LoadError(loads[i], answers[i]) is { } error)
            {
                // It will not load the next time either: the runs get the reason instead of a NOSCRIPT.
                Explain(loads[i], answers[i].IsError ? answers[i] : RespValue.Error($"ERR script '{loads[i].Name}': {error}"), open, replies);
            }
            else
            {
                _client.StateOf(loads[i]).Believe(generation);
            }
        }

        open.RemoveAll(index => _entries[index].Script is null || !BatchEntry.MetNoScript(replies[index]));
        foreach (var script in open.Select(index => _entries[index].Script!))
        {
            if (!loads.Contains(script))
            {
                _client.StateOf(script).Forget(beliefs[script]);
            }
        }
    }

    private void Explain(ScriptDefinition script, RespValue reason, List<int> open, RespValue[] replies)
    {
        foreach (var index in open.Where(index => _entries[index].Script?.Sha1 == script.Sha1 && BatchEntry.MetNoScript(replies[index])))
        {
            replies[index] = reason;
        }
    }
}

internal sealed record BatchEntry(RedisRequest Request, ScriptDefinition? Script)
{
    // EVALSHA even for read-only scripts: a server that does not know EVALSHA_RO would refuse it in the middle of the batch.
    public static BatchEntry Of(ScriptClient client, ScriptDefinition script, ReadOnlyMemory<RedisArg> keys, ReadOnlyMemory<RedisArg> args)
    {
        ArgumentNullException.ThrowIfNull(script);
        var current = client.Current(script);
        return new BatchEntry(ScriptRequests.Evalsha(current, keys.Span, args.Span, readOnlyForm: false), current);
    }

    public static bool MetNoScript(RespValue reply) => reply.IsError && ScriptRequests.IsNoScript(reply.AsText());
}
