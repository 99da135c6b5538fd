// Runs scripts by digest, and sees to it that no caller ever meets NOSCRIPT.
// Always: a script that the server does not know did not run, so sending it again is safe; recovery is SCRIPT LOAD and EVALSHA, never EVAL
// (servers evict what came in by EVAL); the last recovery puts both into MULTI, where no stranger's SCRIPT FLUSH can come between.
// Callers who need the same unknown script at once share one SCRIPT LOAD. Several scripts at once are in ScriptBatch and ScriptTransaction.
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Evalsha.Resp;

namespace Evalsha.Client.Scripts;

public sealed class ScriptClient(IRedisExecutor executor, ScriptRegistry registry)
{
    private const int RefusalsMax = 2; // NOSCRIPTs before the transaction.

    private const int StatesMax = 10_000; // Redefined scripts leave states behind; they are hints, so all may be dropped.

    private readonly ConcurrentDictionary<string, ScriptState> _states = new(StringComparer.Ordinal);
    private long _noReadOnlyForms = -1; // the generation whose server does not know EVALSHA_RO

    public IRedisExecutor Executor => executor;

    public ScriptRegistry Registry => registry;

    /// <summary>Runs a script. Its error reply throws <see cref="RedisException"/>; a wrong number of keys throws <see cref="ArgumentException"/>.</summary>
    public ValueTask<RespValue> RunAsync(ScriptDefinition script, ReadOnlyMemory<RedisArg> keys, ReadOnlyMemory<RedisArg> args, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(script);
        return RunCurrentAsync(registry.Current(script), keys, args, ct);
    }

    public ValueTask<RespValue> RunAsync(ScriptDefinition script, RedisArg[] keys, RedisArg[] args, CancellationToken ct = default) =>
        RunAsync(script, (ReadOnlyMemory<RedisArg>)keys, args, ct);

    /// <summary>Runs the script that the registry knows by <paramref name="name"/>.</summary>
    public ValueTask<RespValue> RunAsync(string name, ReadOnlyMemory<RedisArg> keys, ReadOnlyMemory<RedisArg> args, CancellationToken ct = default) =>
        RunCurrentAsync(registry[name], keys, args, ct);

    public ValueTask<RespValue> RunAsync(string name, RedisArg[] keys, RedisArg[] args, CancellationToken ct = default) =>
        RunCurrentAsync(registry[name], keys, args, ct);

    /// <summary>Loads every script of the registry in one write and compares the server's digests with ours. Nothing depends on it but the first calls' speed.</summary>
    public async ValueTask<PreloadReport> PreloadAsync(CancellationToken ct = default)
    {
        var scripts = registry.All.ToArray();
        var generation = executor.Generation;
        var replies = await executor.SendBatchAsync(Array.ConvertAll(scripts, ScriptRequests.Load), ct).ConfigureAwait(false);
        var entries = new PreloadEntry[scripts.Length];
        for (var i = 0; i < scripts.Length; i++)
        {
            entries[i] = new PreloadEntry(scripts[i], ScriptRequests.LoadError(scripts[i], replies[i]));
            if (entries[i].Error is null)
            {
                StateOf(scripts[i]).Believe(generation);
            }
        }

        return new PreloadReport(entries);
    }

    /// <summary>Commands and scripts in one write, each with its own reply.</summary>
    public ScriptBatch CreateBatch(BatchOrder order = BatchOrder.Relaxed) => new(this, order);

    /// <summary>Commands and scripts as one MULTI…EXEC.</summary>
    public ScriptTransaction CreateTransaction() => new(this);

    internal ScriptState StateOf(ScriptDefinition script)
    {
        if (_states.Count > StatesMax)
        {
            _states.Clear();
        }

        return _states.GetOrAdd(script.Sha1, static _ => new ScriptState());
    }

    internal ScriptDefinition Current(ScriptDefinition script) => registry.Current(script);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<RespValue> RunCurrentAsync(ScriptDefinition script, ReadOnlyMemory<RedisArg> keys, ReadOnlyMemory<RedisArg> args, CancellationToken ct)
    {
        var request = ScriptRequests.Evalsha(script, keys.Span, args.Span, readOnlyForm: script.ReadOnly && Volatile.Read(ref _noReadOnlyForms) != executor.Generation);
        var state = StateOf(script);
        for (var refusals = 0; refusals < RefusalsMax;)
        {
            var generation = executor.Generation;
            try
            {
                if (state.IsLoaded(generation, out var belief))
                {
                    try
                    {
                        return await executor.SendAsync(request, ct).ConfigureAwait(false);
                    }
                    catch (RedisException refused) when (ScriptRequests.IsNoScript(refused.Message))
                    {
                        state.Forget(belief);
                        refusals++;
                    }
                }
                else if (state.LeadOrFollow() is { } leader)
                {
                    await leader.WaitAsync(ct).ConfigureAwait(false); // Then look again: loaded, or the leader failed and somebody else leads.
                }
                else if (await LoadAndRunAsync(script, state, request, generation, ct).ConfigureAwait(false) is { } reply)
                {
                    return ScriptRequests.ThrowIfError(reply);
                }
                else
                {
                    refusals++;
                }
            }
            catch (RedisException refused) when (request.Name == ScriptRequests.ReadOnlyForm && ScriptRequests.IsUnknownCommand(refused.Message))
            {
                Volatile.Write(ref _noReadOnlyForms, generation);
                request = ScriptRequests.Evalsha(script, keys.Span, args.Span, readOnlyForm: false);
            }
        }

        return await DeliverInTransactionAsync(script, request, ct).ConfigureAwait(false);
    }

    // Null: the script was flushed between its load and its run.
    private async ValueTask<RespValue?> LoadAndRunAsync(ScriptDefinition script, ScriptState state, RedisRequest request, long generation, CancellationToken ct)
    {
        try
        {
            var replies = await executor.SendBatchAsync([ScriptRequests.Load(script), request], ct).ConfigureAwait(false);
            ScriptRequests.ThrowUnlessLoaded(script, replies[0]);
            if (replies[1].IsError && ScriptRequests.IsNoScript(replies[1].AsText()))
            {
                return null;
            }

            state.Believe(generation);
            return replies[1];
        }
        finally
        {
            state.EndLoading();
        }
    }

    // Somebody flushes scripts faster than we load them. Between MULTI and EXEC nobody can.
    private async ValueTask<RespValue> DeliverInTransactionAsync(ScriptDefinition script, RedisRequest request, CancellationToken ct)
    {
        var replies = await executor.SendBatchAsync([ScriptRequests.Multi, ScriptRequests.Load(script), request, ScriptRequests.Exec], ct).ConfigureAwait(false);
        ScriptRequests.ThrowIfError(replies[2]); // Refused before it was queued, for example an unknown EVALSHA_RO; EXEC has then run nothing.
        var results = ScriptRequests.ThrowIfError(replies[3]);
        ScriptRequests.ThrowUnlessLoaded(script, results[0]);
        return ScriptRequests.ThrowIfError(results[1]);
    }
}
