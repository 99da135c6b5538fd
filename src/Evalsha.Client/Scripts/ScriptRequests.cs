// The requests that deliver scripts, and what their replies mean.
using Evalsha.Resp;

namespace Evalsha.Client.Scripts;

internal static class ScriptRequests
{
    public const string ReadOnlyForm = "EVALSHA_RO";

    public static RedisRequest Multi { get; } = new("MULTI");

    public static RedisRequest Exec { get; } = new("EXEC");

    public static RedisRequest Load(ScriptDefinition script) => new("SCRIPT", "LOAD", script.Source) { Repeatable = true };

    public static RedisRequest Evalsha(ScriptDefinition script, ReadOnlySpan<RedisArg> keys, ReadOnlySpan<RedisArg> args, bool readOnlyForm)
    {
        if (script.KeyCount is { } count && count != keys.Length)
        {
            throw new ArgumentException($"Script '{script.Name}' takes {count} keys and was given {keys.Length}.", nameof(keys));
        }

        var all = new RedisArg[2 + keys.Length + args.Length];
        all[0] = script.ShaBytes;
        all[1] = keys.Length;
        keys.CopyTo(all.AsSpan(2));
        args.CopyTo(all.AsSpan(2 + keys.Length));
        return RedisRequest.Owning(readOnlyForm ? ReadOnlyForm : "EVALSHA", all, repeatable: script.ReadOnly);
    }

    // The whole sentence, not only the code: a script may answer with an error of its own that begins with NOSCRIPT, and that one did run.
    public static bool IsNoScript(string error) => error.StartsWith("NOSCRIPT No matching script", StringComparison.Ordinal);

    public static bool IsUnknownCommand(string error) => error.StartsWith("ERR unknown command", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when the server holds the script under our digest.</summary>
    public static string? LoadError(ScriptDefinition script, RespValue reply) =>
        reply.IsError ? reply.AsText()
        : reply.AsText() == script.Sha1 ? null
        : $"the server's digest is {reply.AsText()}, ours is {script.Sha1}; the source was changed on its way";

    public static void ThrowUnlessLoaded(ScriptDefinition script, RespValue reply)
    {
        if (LoadError(script, reply) is { } error)
        {
            throw new RedisException(reply.IsError ? error : $"ERR script '{script.Name}': {error}");
        }
    }

    public static RespValue ThrowIfError(RespValue reply) => reply.IsError ? throw new RedisException(reply.AsText()) : reply;
}
