// Commands and scripts as one MULTI…EXEC: all run together and nothing runs between them.
// Always: every script's SCRIPT LOAD is the first thing inside the transaction, because a NOSCRIPT in there would be half a commit
// and can only be prevented; the loads' replies are stripped.
using Evalsha.Resp;

namespace Evalsha.Client.Scripts;

public sealed class ScriptTransaction
{
    private readonly ScriptClient _client;
    private readonly List<BatchEntry> _entries = [];

    internal ScriptTransaction(ScriptClient client) => _client = client;

    public int Count => _entries.Count;

    /// <summary>Adds a script's run; returns the index of its reply.</summary>
    public int Run(ScriptDefinition script, ReadOnlyMemory<RedisArg> keys, ReadOnlyMemory<RedisArg> args) => Add(BatchEntry.Of(_client, script, keys, args));

    public int Run(ScriptDefinition script, RedisArg[] keys, RedisArg[] args) => Run(script, (ReadOnlyMemory<RedisArg>)keys, args);

    public int Run(string name, RedisArg[] keys, RedisArg[] args) => Run(_client.Registry[name], keys, args);

    /// <summary>Adds a command; returns the index of its reply.</summary>
    public int Command(string name, params ReadOnlySpan<RedisArg> args) => Command(new RedisRequest(name, args));

    public int Command(RedisRequest request) => Add(new BatchEntry(request, null));

    /// <summary>
    /// Runs the transaction. Replies by index, errors in place; null when a watched key had changed, so that nothing ran.
    /// Throws <see cref="RedisException"/> when a command was refused before EXEC: then nothing ran either.
    /// </summary>
    public async ValueTask<RespValue[]?> ExecuteAsync(CancellationToken ct = default)
    {
        if (_entries.Count == 0)
        {
            return [];
        }

        var loads = _entries.Select(entry => entry.Script).OfType<ScriptDefinition>().DistinctBy(script => script.Sha1).ToArray();
        var answers = await _client.Executor.SendBatchAsync(
            [ScriptRequests.Multi, .. loads.Select(ScriptRequests.Load), .. _entries.Select(entry => entry.Request), ScriptRequests.Exec], ct).ConfigureAwait(false);
        var refused = answers.AsSpan(0, answers.Length - 1).ToArray().FirstOrDefault(answer => answer.IsError);
        ScriptRequests.ThrowIfError(refused);
        var results = ScriptRequests.ThrowIfError(answers[^1]);
        if (results.IsNull)
        {
            return null;
        }

        var replies = results.Items.AsSpan()[loads.Length..].ToArray();
        for (var i = 0; i < loads.Length; i++)
        {
            if (ScriptRequests.LoadError(loads[i], results[i]) is { } error)
            {
                Explain(loads[i], results[i].IsError ? results[i] : RespValue.Error($"ERR script '{loads[i].Name}': {error}"), replies);
            }
        }

        return replies;
    }

    internal int Add(BatchEntry entry)
    {
        _entries.Add(entry);
        return _entries.Count - 1;
    }

    private void Explain(ScriptDefinition script, RespValue reason, RespValue[] replies)
    {
        for (var i = 0; i < replies.Length; i++)
        {
            if (_entries[i].Script?.Sha1 == script.Sha1 && BatchEntry.MetNoScript(replies[i]))
            {
                replies[i] = reason;
            }
        }
    }
}
