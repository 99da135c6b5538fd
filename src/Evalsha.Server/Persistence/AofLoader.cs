// Replays the log into an empty keyspace, before anyone is served.
// Always: commands go through the same rows as a client's; a MULTI…EXEC is one unit and is run only when its EXEC is there; nothing expires
// meanwhile (a later command may have moved the deadline); only what writes is accepted, and an error is damage.
// A tail that was never whole is cut off the file with a warning, if nothing follows it; any other damage refuses the start.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Microsoft.Win32.SafeHandles;

namespace Evalsha.Server.Persistence;

internal sealed class AofLoader(ServerContext server)
{
    private readonly List<(CommandRow Row, ByteString[] Command, long Offset)> _multi = [];
    private ReplayClient _client = new(server);

    /// <summary>Loads the manifest's files in their order. Inside the turn.</summary>
    /// <exception cref="InvalidDataException">Damage, or something this server cannot load; the message names the file and the byte offset.</exception>
    public void Load(in Turn turn, string folder, AofManifest manifest)
    {
        turn.Demand();
        (server.IsLoading, server.Effects.IsSuspended, server.Clock.IsBeforeAllDeadlines) = (true, true, true);
        try
        {
            var files = manifest.Files.ToList();
            for (var i = 0; i < files.Count; i++)
            {
                var path = Path.Combine(folder, files[i].Name);
                if (!File.Exists(path))
                {
                    throw new InvalidDataException($"{path} is missing, and {AofManifest.FileName} names it");
                }

                var isLast = files.Skip(i + 1).All(later => new FileInfo(Path.Combine(folder, later.Name)) is { Exists: true, Length: 0 });
                LoadFile(turn, path, isLast);
            }
        }
        finally
        {
            (server.IsLoading, server.Effects.IsSuspended, server.Clock.IsBeforeAllDeadlines) = (false, false, false);
            server.Clock.Thaw();
        }
    }

    private void LoadFile(in Turn turn, string path, bool mayBeTorn)
    {
        _client = new ReplayClient(server);
        _client.Context.Turn = turn;
        _multi.Clear();
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RefuseSnapshot(path, file);
        var reader = new AofReader(file);
        long? openMulti = null;
        try
        {
            while (true)
            {
                switch (reader.Next())
                {
                    case AofStatus.Command:
                        openMulti = Take(reader, openMulti);
                        break;
                    case AofStatus.End when openMulti is null:
                        return;
                    case AofStatus.Corrupt:
                        throw new InvalidDataException("not a command; everything before it is whole");
                    default:
                        Cut(path, file, openMulti ?? reader.Offset, mayBeTorn);
                        return;
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}, byte offset {reader.Offset}: {e.Message}", e);
        }
    }

    /// <summary>Runs or queues the command; returns where the open MULTI began, if one is open.</summary>
    private long? Take(AofReader reader, long? openMulti)
    {
        var c = _client.Context;
        c.Load(reader.Buffer, reader.Base, reader.Arguments, row: null);
        if (c.Is(0, "MULTI"u8) && c.Count == 1)
        {
            return openMulti is null ? reader.Offset : throw new InvalidDataException("MULTI inside MULTI");
        }

        if (c.Is(0, "EXEC"u8) && c.Count == 1)
        {
            RunQueued(openMulti ?? throw new InvalidDataException("EXEC without MULTI"));
            return null;
        }

        var row = Accept(c);
        if (openMulti is not null)
        {
            _multi.Add((row, c.Own(), reader.Offset));
            return openMulti;
        }

        server.Unit.Begin();
        try
        {
            Run(c, row);
        }
        finally
        {
            server.Unit.End();
        }

        return null;
    }

    private void RunQueued(long offset)
    {
        server.Unit.Begin();
        try
        {
            foreach (var (row, command, at) in _multi)
            {
                offset = at;
                _client.Context.Load(command, command.Length);
                Run(_client.Context, row);
            }
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"in the transaction, at byte offset {offset}: {e.Message}", e);
        }
        finally
        {
            server.Unit.End();
            _multi.Clear();
        }
    }

    private CommandRow Accept(CommandContext c)
    {
        var row = server.Dispatcher.Resolve(c, out var refusal);
        refusal = row is null ? refusal : Checks.Arity(c, row);
        if (!refusal.IsEmpty || row is null)
        {
            throw new InvalidDataException(System.Text.Encoding.Latin1.GetString(refusal));
        }

        return row.Is(CommandFlags.Write) || row.Name == "select" ? row : throw new InvalidDataException($"'{row.FullName}' does not write, so it does not belong into the log");
    }

    private void Run(CommandContext c, CommandRow row)
    {
        c.BeginCommand(row);
        row.Body(c);
        if (_client.FirstError is { } error)
        {
            throw new InvalidDataException($"'{row.FullName}' was refused: {error}");
        }
    }

    private void Cut(string path, SafeFileHandle file, long offset, bool mayBeTorn)
    {
        if (!mayBeTorn)
        {
            throw new InvalidDataException("the file ends in the middle of a unit, and another file follows it");
        }

        var length = RandomAccess.GetLength(file);
        RandomAccess.SetLength(file, offset);
        RandomAccess.FlushToDisk(file);
        server.Log.Write(ServerLogLevel.Warning, $"{path} ended in the middle of a unit that was never acknowledged: cut at byte offset {offset}, {length - offset} bytes dropped");
    }

    private static void RefuseSnapshot(string path, SafeFileHandle file)
    {
        Span<byte> magic = stackalloc byte[5];
        if (path.EndsWith(".rdb", StringComparison.Ordinal) || (RandomAccess.Read(file, magic, 0) == magic.Length && magic.SequenceEqual("REDIS"u8)))
        {
            throw new InvalidDataException(
                $"{path} is an RDB snapshot, which this server does not read. On the Redis that wrote it: CONFIG SET aof-use-rdb-preamble no, then BGREWRITEAOF.");
        }
    }
}
