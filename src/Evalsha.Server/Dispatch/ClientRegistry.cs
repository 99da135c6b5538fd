// Who is connected. Always: ids only grow and are never used twice; joining, leaving and listing take a lock of their own, because sessions
// come and go without a turn.
namespace Evalsha.Server.Dispatch;

public sealed class ClientRegistry
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<long, IClient> _clients = [];
    private long _lastId;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _clients.Count;
            }
        }
    }

    public long NextId() => Interlocked.Increment(ref _lastId);

    public void Join(IClient client)
    {
        lock (_lock)
        {
            _clients.Add(client.Id, client);
        }
    }

    public void Leave(IClient client)
    {
        lock (_lock)
        {
            _clients.Remove(client.Id);
        }
    }

    public IClient? Find(long id)
    {
        lock (_lock)
        {
            return _clients.GetValueOrDefault(id);
        }
    }

    /// <summary>Everyone now connected, by id.</summary>
    public IClient[] List()
    {
        lock (_lock)
        {
            return [.. _clients.Values];
        }
    }
}
