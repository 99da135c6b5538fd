// What a unit did to the data, as commands that do the same again: the append-only file, replicas and others subscribe to it.
// Always: effects are collected only while a sink listens; a unit's effects arrive in one call, in order, inside the turn and before the
// reply leaves; they hold no chance, no clock and no script (absolute deadlines, the values that were chosen, DEL for what expired).
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Dispatch;

/// <summary>One command with its arguments, to be run with that database selected.</summary>
public readonly record struct Effect(int Database, ByteString[] Command);

/// <summary>Implemented by whoever wants effects; registered with <see cref="EffectLog.Subscribe"/>.</summary>
public interface IEffectSink
{
    /// <summary>
    /// Takes the effects of one finished unit, inside the turn: copy or encode, do not keep the span, do no I/O that can block for long.
    /// More than one effect must be replayed all or nothing.
    /// </summary>
    void Commit(ReadOnlySpan<Effect> unit);

    /// <summary>True when replies must wait for <see cref="WaitAsync"/> (appendfsync always).</summary>
    bool DelaysReplies { get; }

    /// <summary>Completes when everything committed so far is durable. Called outside the turn, before the batch's replies leave.</summary>
    ValueTask WaitAsync();
}

/// <summary>Collects the running unit's effects. One per server; touched inside the turn.</summary>
public sealed class EffectLog
{
    private readonly List<IEffectSink> _sinks = [];
    private Effect[] _unit = new Effect[16];
    private int _count;

    /// <summary>False while nobody listens: then nothing is collected, and nothing allocated.</summary>
    public bool IsWanted => _sinks.Count > 0 && !IsSuspended;

    /// <summary>True while the append-only file is being replayed: what it says must not be written again.</summary>
    public bool IsSuspended { get; set; }

    public int Count => _count;

    /// <summary>True when some sink wants replies held back until it has synced.</summary>
    public bool DelaysReplies
    {
        get
        {
            foreach (var sink in _sinks)
            {
                if (sink.DelaysReplies)
                {
                    return true;
                }
            }

            return false;
        }
    }

    public void Subscribe(IEffectSink sink) => _sinks.Add(sink);

    public void Unsubscribe(IEffectSink sink) => _sinks.Remove(sink);

    public async ValueTask WaitAsync()
    {
        foreach (var sink in _sinks.ToArray())
        {
            if (sink.DelaysReplies)
            {
                await sink.WaitAsync().ConfigureAwait(false);
            }
        }
    }

    internal void Add(int database, ByteString[] command)
    {
        if (_count == _unit.Length)
        {
            Array.Resize(ref _unit, _count * 2);
        }

        _unit[_count++] = new Effect(database, command);
    }

    /// <summary>Forgets what the running unit collected: it was cut off on the way out of the server.</summary>
    internal void Discard()
    {
        _unit.AsSpan(0, _count).Clear();
        _count = 0;
    }

    internal void CommitUnit()
    {
        if (_count == 0)
        {
            return;
        }

        foreach (var sink in _sinks)
        {
            sink.Commit(_unit.AsSpan(0, _count));
        }

        _unit.AsSpan(0, _count).Clear();
        _count = 0;
    }
}
