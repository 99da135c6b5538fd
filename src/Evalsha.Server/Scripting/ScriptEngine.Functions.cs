// The engine's part for functions: loads libraries, runs FCALL, takes in and gives out payloads.
// Always: a library that does not load, or whose names are taken, changes nothing; several libraries come in together or not at all.
using System.Diagnostics;
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

/// <summary>FUNCTION RESTORE: what becomes of the libraries that are there.</summary>
internal enum RestorePolicy
{
    Append,
    Replace,
    Flush,
}

internal sealed partial class ScriptEngine
{
    private const int LoadMillisecondsMax = 500;
    private static readonly ByteString LoadTimeOut = ByteString.FromUtf8("ERR FUNCTION LOAD timeout");
    private long _loadingUntil; // timestamp; 0: no library is being loaded

    public FunctionSet Functions { get; } = new();

    private FunctionState FunctionWorld => _functions ??= new FunctionState(_server, Run, _memoryLimit, OnInterrupt, _state?.Lua ?? _flushed);

    /// <summary>Null, or the error.</summary>
    public string? LoadLibrary(ByteString code, bool replace, out string name)
    {
        if (!FunctionHeader.TryParse(code.Span, out var header, out var error))
        {
            name = "";
            return error;
        }

        name = header.Name;
        var old = Functions.FindLibrary(name);
        if (old is not null && !replace)
        {
            return $"ERR Library '{name}' already exists";
        }

        if (!TryMake(code, header, out var library, out error))
        {
            return error;
        }

        if (Functions.Refusal(library!, old) is { } refusal)
        {
            return refusal;
        }

        if (old is not null)
        {
            Functions.Remove(old);
        }

        Functions.Add(library!);
        return null;
    }

    /// <summary>Null, or the error.</summary>
    public string? Restore(ReadOnlySpan<byte> payload, RestorePolicy policy)
    {
        if (FunctionPayload.TryRead(payload, out var codes) is { } problem)
        {
            return problem;
        }

        var incoming = new FunctionSet();
        foreach (var code in codes)
        {
            if (!FunctionHeader.TryParse(code.Span, out var header, out var error) || !TryMake(code, header, out var library, out error))
            {
                return error;
            }

            if (incoming.FindLibrary(header.Name) is not null)
            {
                return $"ERR Library '{header.Name}' already exists";
            }

            if (incoming.Refusal(library!, null) is { } refusal)
            {
                return refusal;
            }

            incoming.Add(library!);
        }

        return Join(incoming, policy);
    }

    /// <summary>FCALL: its keys and arguments begin at argument 3. Replies.</summary>
    public void Execute(CommandContext c, LibraryFunction function, int keys, bool readOnly)
    {
        c.NoEffect();
        if (IsRefused(c, function, readOnly))
        {
            return;
        }

        var world = FunctionWorld;
        Begin(c, function, readOnly);
        try
        {
            End(c.Reply, function, world.TryRun(c, function.Function, keys, out var value), value, world.Protocol);
        }
        finally
        {
            Run.End();
            world.Clear();
        }
    }

    /// <summary>FUNCTION FLUSH: the libraries and their whole world go.</summary>
    public void FlushFunctions()
    {
        Functions.Clear();
        _flushed = _state?.Lua ?? _functions?.Lua ?? _flushed;
        _functions = null;
    }

    private string? Join(FunctionSet incoming, RestorePolicy policy)
    {
        var goes = policy == RestorePolicy.Flush
            ? Functions.Libraries.ToList()
            : Functions.Libraries.Where(library => incoming.FindLibrary(library.Name) is not null).ToList();
        if (policy == RestorePolicy.Append && goes.Count > 0)
        {
            return $"ERR Library {goes[0].Name} already exists";
        }

        var stays = Functions.Libraries.Except(goes).SelectMany(static library => library.Functions);
        if (stays.FirstOrDefault(function => incoming.Find(Encoding.UTF8.GetBytes(function.Name)) is not null) is { } taken)
        {
            return $"ERR Function {taken.Name} already exists";
        }

        goes.ForEach(Functions.Remove);
        foreach (var library in incoming.Libraries)
        {
            Functions.Add(library);
        }

        return null;
    }

    private bool TryMake(ByteString code, FunctionHeader header, out FunctionLibrary? library, out string error)
    {
        Debug.Assert(_loadingUntil == 0, "loads do not nest");
        var clock = _server.Clock.Provider;
        _loadingUntil = _server.IsLoading ? long.MaxValue : clock.GetTimestamp() + (LoadMillisecondsMax * clock.TimestampFrequency / 1000);
        try
        {
            var loaded = FunctionWorld.TryLoad(code.Span[header.Length..], out var functions, out error);
            library = loaded ? new FunctionLibrary(header.Name, code, functions) : null;
            return loaded;
        }
        finally
        {
            _loadingUntil = 0;
        }
    }
}
