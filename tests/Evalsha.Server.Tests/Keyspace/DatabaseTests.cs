// Deadlines: lazy, active, moved, dropped; and what watchers and followers hear of it.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Keyspace;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Keyspace;

public sealed class DatabaseTests : IKeyspaceEvents
{
    private readonly ManualTime _time = new();
    private readonly ServerClock _clock;
    private readonly Database _database;
    private readonly List<string> _expired = [];

    public DatabaseTests()
    {
        _clock = new ServerClock(_time);
        _database = new Database(0, _clock, this, new ByteStringComparer(1));
    }

    void IKeyspaceEvents.Added(Database database, ByteString key)
    {
    }

    void IKeyspaceEvents.Expired(Database database, ByteString key) => _expired.Add(key.ToString());

    [Fact]
    public void A_key_past_its_deadline_is_gone_when_somebody_looks()
    {
        _database.SetExpiry(_database.Add(Key("a"), "value"), _clock.Now + 10);
        _database.Find(Key("a")).ShouldNotBeNull();
        Move(10);
        _database.Count.ShouldBe(1);
        _database.Find(Key("a")).ShouldBeNull();
        _database.Count.ShouldBe(0);
        _expired.ShouldBe(["a"]);
    }

    [Fact]
    public void Time_stands_still_within_a_unit()
    {
        _database.SetExpiry(_database.Add(Key("a"), "value"), _clock.Now + 10);
        _time.Advance(TimeSpan.FromHours(1));
        _database.Find(Key("a")).ShouldNotBeNull();
        _clock.Thaw();
        _database.Find(Key("a")).ShouldBeNull();
    }

    [Fact]
    public void Active_expiry_removes_what_is_due_in_order_and_nothing_else()
    {
        foreach (var (name, at) in new[] { ("c", 30), ("a", 10), ("never", 0), ("b", 20) })
        {
            var entry = _database.Add(Key(name), "value");
            if (at > 0)
            {
                _database.SetExpiry(entry, _clock.Now + at);
            }
        }

        Move(25);
        _database.ExpireDue(100).ShouldBe(2);
        _expired.ShouldBe(["a", "b"]);
        _database.Count.ShouldBe(2);
        _database.ExpiringCount.ShouldBe(1);
    }

    [Fact]
    public void A_deadline_that_moved_or_went_away_is_not_kept_to()
    {
        var later = _database.Add(Key("later"), "value");
        var stays = _database.Add(Key("stays"), "value");
        var replaced = _database.Add(Key("replaced"), "value");
        foreach (var entry in new[] { later, stays, replaced })
        {
            _database.SetExpiry(entry, _clock.Now + 10);
        }

        _database.SetExpiry(later, _clock.Now + 1_000);
        _database.ClearExpiry(stays).ShouldBeTrue();
        _database.Set(Key("replaced"), "other");
        Move(20);
        _database.ExpireDue(100).ShouldBe(0);
        _database.Count.ShouldBe(3);
        Move(1_000);
        _database.ExpireDue(100).ShouldBe(1);
    }

    [Fact]
    public void Deadlines_that_change_for_ever_do_not_pile_up()
    {
        var entry = _database.Add(Key("a"), "value");
        for (var i = 0; i < 100_000; i++)
        {
            _database.SetExpiry(entry, _clock.Now + 1_000 + i);
        }

        Move(200_000);
        _database.ExpireDue(100).ShouldBe(1);
        _expired.Count.ShouldBe(1);
    }

    [Fact]
    public void A_deadline_that_is_changed_to_and_fro_is_kept_to_and_costs_nothing_more()
    {
        var entry = _database.Add(Key("a"), "value");
        var other = _database.Add(Key("b"), "value");
        _database.SetExpiry(other, _clock.Now + 500);
        for (var i = 0; i < 1_000; i++)
        {
            _database.SetExpiry(entry, _clock.Now + 1_000 + (i % 2));
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100_000; i++)
        {
            _database.SetExpiry(entry, _clock.Now + 1_000 + (i % 2));
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        Move(1_000);
        _database.ExpireDue(100).ShouldBe(1);
        Move(1);
        _database.ExpireDue(100).ShouldBe(1);
        _expired.ShouldBe(["b", "a"]);
    }

    private static ByteString Key(string name) => ByteString.FromUtf8(name);

    private void Move(int milliseconds)
    {
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        _clock.Thaw();
    }
}
