// Which clients watch which keys (WATCH), and the mark that a change of one of them leaves.
// Always: a mark once broken stays broken; a key nobody watches costs one comparison per change.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Keyspace;

/// <summary>One client's set of watched keys, from its first WATCH to EXEC, DISCARD, UNWATCH or RESET.</summary>
public sealed class WatchMark
{
    internal List<WatchedKey> Keys { get; } = [];

    /// <summary>True once a watched key was changed: the EXEC will answer null.</summary>
    public bool IsBroken { get; internal set; }

    public int Count => Keys.Count;
}

/// <param name="WasExpired">The key was past its deadline when the watch began: its removal is then no change.</param>
internal readonly record struct WatchedKey(Database Database, ByteString Key, bool WasExpired);

public sealed class KeyWatches
{
    private readonly Dictionary<(int Database, ByteString Key), List<WatchMark>> _marks = [];
    private int[] _perDatabase = [];

    /// <summary>How many keys are watched.</summary>
    public int Count => _marks.Count;

    public void Add(WatchMark mark, Database database, ByteString key)
    {
        foreach (var watched in mark.Keys)
        {
            if (watched.Database == database && watched.Key.Equals(key))
            {
                return;
            }
        }

        var entry = database.Entries.Find(key);
        mark.Keys.Add(new WatchedKey(database, key, entry is not null && database.IsExpired(entry)));
        if (!_marks.TryGetValue((database.Index, key), out var marks))
        {
            _marks.Add((database.Index, key), marks = []);
            Tally(database.Index, 1);
        }

        marks.Add(mark);
    }

    /// <summary>The key changed: every client watching it loses its transaction.</summary>
    public void Touch(Database database, ReadOnlySpan<byte> key)
    {
        if (!Any(database.Index))
        {
            return;
        }

        Touch(database, ByteString.From(key));
    }

    public void Touch(Database database, ByteString key)
    {
        if (!Any(database.Index) || !_marks.TryGetValue((database.Index, key), out var marks))
        {
            return;
        }

        foreach (var mark in marks)
        {
            mark.IsBroken = true;
        }
    }

    /// <summary>A key past its deadline was removed: a change, except for those who began to watch it when it had already passed.</summary>
    public void TouchExpired(Database database, ByteString key)
    {
        if (!Any(database.Index) || !_marks.TryGetValue((database.Index, key), out var marks))
        {
            return;
        }

        foreach (var mark in marks)
        {
            for (var i = 0; i < mark.Keys.Count; i++)
            {
                var watched = mark.Keys[i];
                if (watched.Database != database || !watched.Key.Equals(key))
                {
                    continue;
                }

                if (watched.WasExpired)
                {
                    mark.Keys[i] = watched with { WasExpired = false };
                }
                else
                {
                    mark.IsBroken = true;
                }
            }
        }
    }

    /// <summary>The database is emptied, or exchanged with <paramref name="incoming"/>: watched keys that exist on either side change.</summary>
    public void TouchAll(Database database, Database? incoming)
    {
        if (!Any(database.Index))
        {
            return;
        }

        foreach (var ((index, key), marks) in _marks)
        {
            if (index != database.Index)
            {
                continue;
            }

            var was = database.Entries.Find(key);
            var becomes = incoming?.Entries.Find(key);
            if (was is not null || becomes is not null)
            {
                TouchExchanged(marks, database, key, was is not null, becomes is null ? null : incoming!.IsExpired(becomes));
            }
        }
    }

    /// <param name="becomesExpired">Null: no key of that name comes in.</param>
    private static void TouchExchanged(List<WatchMark> marks, Database database, ByteString key, bool existed, bool? becomesExpired)
    {
        foreach (var mark in marks)
        {
            for (var i = 0; i < mark.Keys.Count; i++)
            {
                var watched = mark.Keys[i];
                if (watched.Database != database || !watched.Key.Equals(key))
                {
                    continue;
                }

                // Nobody can tell an expired key from a missing one: from one to the other is no change.
                if (watched.WasExpired && becomesExpired is null)
                {
                    mark.Keys[i] = watched with { WasExpired = false };
                }
                else if (becomesExpired == true && (watched.WasExpired || !existed))
                {
                    mark.Keys[i] = watched with { WasExpired = true };
                }
                else
                {
                    mark.IsBroken = true;
                }
            }
        }
    }

    /// <summary>True when a key that was alive at its WATCH has passed its deadline, looked at or not.</summary>
    public static bool HasExpiredKey(WatchMark mark)
    {
        foreach (var watched in mark.Keys)
        {
            if (!watched.WasExpired && watched.Database.Entries.Find(watched.Key) is { } entry && watched.Database.IsExpired(entry))
            {
                return true;
            }
        }

        return false;
    }

    public void Release(WatchMark mark)
    {
        foreach (var watched in mark.Keys)
        {
            var at = (watched.Database.Index, watched.Key);
            if (_marks.TryGetValue(at, out var marks) && marks.Remove(mark) && marks.Count == 0)
            {
                _marks.Remove(at);
                Tally(watched.Database.Index, -1);
            }
        }

        mark.Keys.Clear();
    }

    private bool Any(int database) => database < _perDatabase.Length && _perDatabase[database] != 0;

    private void Tally(int database, int change)
    {
        if (database >= _perDatabase.Length)
        {
            Array.Resize(ref _perDatabase, database + 1);
        }

        _perDatabase[database] += change;
    }
}
