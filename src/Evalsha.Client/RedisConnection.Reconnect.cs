// Making a link: dial, shake hands, and after a break do both again until it works.
// Always: the handshake is written before anything that waits; unsent operations keep their order across a reconnect;
// the delay doubles from ReconnectDelayMin to ReconnectDelayMax and each is drawn between zero and it (full jitter), the first try is at once.
// A server that refuses the login twice in a row ends the connection for good: trying on would lock the account.
using Evalsha.Resp;

namespace Evalsha.Client;

public sealed partial class RedisConnection
{
    /// <summary>How often a repeatable operation is sent in all.</summary>
    internal const int MaxAttempts = 3;

    private const int MaxRefusals = 2;

    private static readonly string LibraryVersion = typeof(RedisConnection).Assembly.GetName().Version?.ToString(3) ?? "0";

    private Task _reconnecting = Task.CompletedTask;
    private int _refusals;

    private static async ValueTask<RedisConnection> ConnectAsync(RedisOptions options, Func<CancellationToken, ValueTask<Transport.Transport>> dial, CancellationToken ct)
    {
        var connection = new RedisConnection(options, dial);
        try
        {
            if (!connection.TryPublish(await connection.MakeLinkAsync(ct).ConfigureAwait(false)))
            {
                throw new RedisConnectionException($"The server at {options} closed the connection right after the handshake.", wasWritten: false);
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The link has ended; <paramref name="back"/> are its operations that did not run or may run again, in order.</summary>
    internal void OnDead(RedisLink link, Exception reason, List<Operation> back)
    {
        if (!link.IsPublished)
        {
            back.ForEach(operation => operation.FailUnanswered("The connection broke during its handshake: " + reason.Message, reason));
            return;
        }

        lock (_gate)
        {
            if (back.Count > 0)
            {
                var waiting = new Queue<Operation>(back.Count + _waiting.Count);
                back.ForEach(waiting.Enqueue);
                while (_waiting.TryDequeue(out var operation))
                {
                    waiting.Enqueue(operation);
                }

                _waiting = waiting;
                _waitingCount = _waiting.Count;
            }

            if (ReferenceEquals(link, _link))
            {
                _link = null;
                if (_failed is null)
                {
                    if (_options.TimeProvider.GetElapsedTime(link.StartedAt) >= _options.StableAfter)
                    {
                        _backoff.Reset();
                    }

                    _reconnecting = ReconnectAsync();
                    return;
                }
            }
        }

        if (_failed is not null)
        {
            FailWaiting($"The connection is closed: {reason.Message}", reason);
        }
    }

    private async Task ReconnectAsync()
    {
        await Task.Yield();
        while (true)
        {
            try
            {
                if (_backoff.Next() is var delay && delay > TimeSpan.Zero)
                {
                    await Task.Delay(delay, _options.TimeProvider, _stop.Token).ConfigureAwait(false);
                }

                if (TryPublish(await MakeLinkAsync(_stop.Token).ConfigureAwait(false)))
                {
                    Reconnected?.Invoke(Generation);
                    return;
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (RedisException refused) when (IsLoginRefused(refused) && ++_refusals >= MaxRefusals)
            {
                lock (_gate)
                {
                    _failed ??= refused;
                }

                FailWaiting($"The server at {_options} refuses the connection: {refused.Message}", refused);
                return;
            }
            catch (Exception error) when (error is RedisConnectionException or RedisException)
            {
                // The next round tries again, later. Callers who wait are released by their timeouts.
            }
        }
    }

    private async ValueTask<RedisLink> MakeLinkAsync(CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(_options.ConnectTimeout, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        RedisLink? link = null;
        try
        {
            link = new RedisLink(this, _gate, await _dial(either.Token).ConfigureAwait(false), _options);
            link.Start();
            await ShakeHandsAsync(link, either.Token).ConfigureAwait(false);
            _refusals = 0;
            return link;
        }
        catch (Exception error)
        {
            link?.Abort(error);
            ct.ThrowIfCancellationRequested();
            if (error is RedisException)
            {
                throw;
            }

            throw new RedisConnectionException(
                limit.IsCancellationRequested ? $"No connection to {_options} within {_options.ConnectTimeout.TotalMilliseconds:0} ms." : $"No connection to {_options}: {error.Message}", wasWritten: false, error);
        }
    }

    // At most two writes: HELLO with the login, then all the rest. Labels that an old server or a proxy does not know are no reason to stay away.
    private async ValueTask ShakeHandsAsync(RedisLink link, CancellationToken ct)
    {
        var protocol = 2;
        string? version = null;
        if (_options.Protocol == 3)
        {
            var hello = new List<RedisArg> { 3 };
            if (_options.Password is { } secret)
            {
                hello.AddRange(["AUTH", _options.User ?? "default", secret]);
            }

            var reply = (await SendOnAsync(link, [new RedisRequest("HELLO", [.. hello])], ct).ConfigureAwait(false))[0];
            if (!reply.IsError)
            {
                protocol = 3;
                version = reply.TryGet("version", out var text) ? text.AsTextOrNull() : null;
            }
            else if (!KnowsNoHello(reply.AsText()))
            {
                throw new RedisException(reply.AsText());
            }
        }

        var needed = new List<RedisRequest>();
        if (protocol == 2 && _options.Password is { } password)
        {
            needed.Add(_options.User is { } user ? new RedisRequest("AUTH", user, password) : new RedisRequest("AUTH", password));
        }

        if (_options.Database != 0)
        {
            needed.Add(new RedisRequest("SELECT", _options.Database));
        }

        if (protocol == 2 && needed.Count == 0)
        {
            needed.Add(new RedisRequest("PING")); // Without HELLO nothing else tells that a login is wanted.
        }

        var requests = new List<RedisRequest>(needed)
        {
            new("CLIENT", "SETINFO", "LIB-NAME", "evalsha"),
            new("CLIENT", "SETINFO", "LIB-VER", LibraryVersion),
        };
        if (_options.ClientName is { } name)
        {
            requests.Add(new RedisRequest("CLIENT", "SETNAME", name));
        }

        var replies = await SendOnAsync(link, [.. requests], ct).ConfigureAwait(false);
        for (var i = 0; i < needed.Count; i++)
        {
            if (replies[i].IsError && replies[i].ErrorCode is not "LOADING") // A server that loads is there; callers will hear it themselves.
            {
                throw new RedisException(replies[i].AsText());
            }
        }

        Protocol = protocol;
        ServerVersion = version;
    }

    private static async ValueTask<RespValue[]> SendOnAsync(RedisLink link, RedisRequest[] requests, CancellationToken ct)
    {
        var operation = new BatchOperation(requests) { Deadline = long.MaxValue };
        link.SendFirst(operation);
        operation.Watch(ct);
        return await operation.Replies.ConfigureAwait(false);
    }

    // Other refusals, such as too many clients, pass.
    private static bool IsLoginRefused(RedisException refused) =>
        refused.Code is "WRONGPASS" or "NOAUTH" or "NOPERM" || refused.Message.Contains("password", StringComparison.OrdinalIgnoreCase);

    private static bool KnowsNoHello(string error) =>
        error.StartsWith("NOPROTO", StringComparison.Ordinal) || error.StartsWith("ERR unknown command", StringComparison.OrdinalIgnoreCase);

    // False when the link died meanwhile or the connection was closed; the link is of no use then.
    private bool TryPublish(RedisLink link)
    {
        var flush = false;
        bool published;
        lock (_gate)
        {
            published = _failed is null && link.TryPublish();
            if (published)
            {
                _link = link;
                Volatile.Write(ref _generation, _generation + 1);
                MoveWaiting(link);
                flush = link.TryBecomeFlusher();
            }
        }

        if (flush)
        {
            _ = link.FlushAsync();
        }
        else if (!published)
        {
            link.Abort(new IOException("The connection is no longer wanted."));
        }

        return published;
    }

    private void FailWaiting(string message, Exception? inner = null)
    {
        Queue<Operation> failed;
        lock (_gate)
        {
            failed = _waiting;
            _waiting = new Queue<Operation>();
            _waitingCount = 0;
        }

        while (failed.TryDequeue(out var operation))
        {
            operation.FailUnanswered(message, inner);
        }
    }
}
