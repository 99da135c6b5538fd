// Who sends the commands that are read from the log: a client with every right whose replies go nowhere, except that an error is kept.
// Always: its database is the one the file has selected; it is in no list of clients.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Persistence;

internal sealed class ReplayClient : IClient, IReply
{
    public ReplayClient(ServerContext server) => Context = new CommandContext(server, this, this);

    public CommandContext Context { get; }

    /// <summary>The first error since it was last cleared.</summary>
    public string? FirstError { get; set; }

    public long Id => 0;

    public ByteString Name { get; set; } = ByteString.Empty;

    public ByteString LibraryName { get; set; } = ByteString.Empty;

    public ByteString LibraryVersion { get; set; } = ByteString.Empty;

    public int Protocol { get; set; } = 2;

    public int Database
    {
        get => Context.Db.Index;
        set => Context.Select(value);
    }

    public bool IsAuthenticated { get; set; } = true;

    public Transaction Transaction { get; } = new();

    public ReplyMode ReplyMode { get; set; }

    public bool NoEvict { get; set; }

    public bool NoTouch { get; set; }

    public string RemoteAddress => "append-only file";

    public string LocalAddress => "";

    public long ConnectedAt => 0;

    public long LastCommandAt => 0;

    public string LastCommand => Context.Row.FullName;

    public (int InputUsed, int InputFree, int OutputUsed) Buffers => default;

    public void CloseAfterReply() => FirstError ??= "the command ends its connection";

    public void Kill() => FirstError ??= "the command kills its connection";

    public void Error(ReadOnlySpan<byte> text) => FirstError ??= Encoding.Latin1.GetString(text);

    public void Status(ReadOnlySpan<byte> text)
    {
    }

    public void Integer(long value)
    {
    }

    public void Bulk(ReadOnlySpan<byte> value)
    {
    }

    public void Bulk(ByteString value)
    {
    }

    public void Null()
    {
    }

    public void NullArray()
    {
    }

    public void Array(int count)
    {
    }

    public void Map(int pairs)
    {
    }

    public void Set(int count)
    {
    }

    public void Push(int count)
    {
    }

    public void Double(double value)
    {
    }

    public void Double(double value, ReadOnlySpan<byte> digits)
    {
    }

    public void Boolean(bool value)
    {
    }

    public void BigNumber(ReadOnlySpan<byte> digits)
    {
    }

    public void Verbatim(ReadOnlySpan<byte> format, ReadOnlySpan<byte> text)
    {
    }
}
