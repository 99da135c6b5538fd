// Stands where a client is expected while no script runs. Always: knows nothing, keeps nothing.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Scripting;

internal sealed class NoClient : IClient
{
    public static NoClient Instance { get; } = new();

    public long Id => 0;

    public ByteString Name { get => ByteString.Empty; set { } }

    public ByteString LibraryName { get => ByteString.Empty; set { } }

    public ByteString LibraryVersion { get => ByteString.Empty; set { } }

    public int Protocol { get => 2; set { } }

    public int Database { get => 0; set { } }

    public bool IsAuthenticated { get => true; set { } }

    public Transaction Transaction { get; } = new();

    public ReplyMode ReplyMode { get => ReplyMode.On; set { } }

    public bool NoEvict { get => false; set { } }

    public bool NoTouch { get => false; set { } }

    public string RemoteAddress => "";

    public string LocalAddress => "";

    public long ConnectedAt => 0;

    public long LastCommandAt => 0;

    public string LastCommand => "NULL";

    public (int InputUsed, int InputFree, int OutputUsed) Buffers => default;

    public void CloseAfterReply()
    {
    }

    public void Kill()
    {
    }
}
