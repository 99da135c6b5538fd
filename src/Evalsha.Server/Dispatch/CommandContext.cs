// One command's view of the world: its arguments, its database, where the reply goes, and what it must say about changes.
// Always: reused for one command after another by its session or script, never kept by a command; arguments lie in the receive buffer, or are
// the very objects a script or a transaction handed over; Now stands still for the whole unit. Members are used inside the turn only.
// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Resp;
using Evalsha.Server.Keyspace;

namespace Evalsha.Server.Dispatch;

public sealed class CommandContext
{
    private static readonly ByteString[] NoObjects = [];
    private static readonly CommandRow NoRow = new("", 0, CommandFlags.None, KeySpec.None, static _ => { });

    private byte[] _buffer = [];
    private RespSlice[] _slices = new RespSlice[16];
    private ByteString[]? _objects = NoObjects;
    private EffectChoice _effect;

    internal CommandContext(ServerContext server, IClient client, IReply reply)
    {
        (Server, Client, Reply) = (server, client, reply);
        Db = server.Databases[0];
    }

    private enum EffectChoice
    {
        AsItCame,
        None,
        Replaced,
    }

    /// <summary>How many arguments, the command's name included.</summary>
    public int Count { get; private set; }

    public ServerContext Server { get; }

    public IClient Client { get; internal set; }

    public IReply Reply { get; }

    /// <summary>The selected database.</summary>
    public Database Db { get; private set; }

    /// <summary>The row that is running (a subcommand's own row).</summary>
    public CommandRow Row { get; internal set; } = NoRow;

    /// <summary>True when the arguments are objects already: <see cref="Text"/> then makes nothing.</summary>
    internal bool HoldsObjects => _objects is not null;

    /// <summary>True when a script makes this call.</summary>
    public bool IsScript { get; internal init; }

    /// <summary>True while EXEC runs this command.</summary>
    public bool IsInExec { get; internal init; }

    /// <summary>The command was kept back by CLIENT PAUSE: nothing was replied, and it must be run again.</summary>
    internal bool IsPostponed { get; set; }

    /// <summary>The waiting call that runs its command again here; null: the command runs for the first time.</summary>
    internal BlockedCall? Retries { get; init; }

    /// <summary>False inside a script or a transaction, and for clients that cannot wait: a blocking command then answers at once.</summary>
    public bool MayBlock => Retries is not null || (!IsScript && !IsInExec && Client.Blocked is not null);

    /// <summary>Who wants to know how long the running command took. Set by the command, taken by the dispatcher.</summary>
    internal IMeasured? Measured { get; set; }

    /// <summary>The row of the loaded command's name, when whoever loaded it has looked already.</summary>
    internal CommandRow? Named { get; private set; }

    /// <summary>True for a connection's context: its commands follow each other without a pause, until somebody sets <see cref="EndedAt"/> to 0.</summary>
    internal bool IsPipeline { get; init; }

    /// <summary>Stopwatch's ticks when the last command ended, and so when the next one began: one reading a command. 0: there was a pause.</summary>
    internal long EndedAt { get; set; }

    /// <summary>The turn this command runs in; not held for the few commands a busy server answers without one.</summary>
    public Turn Turn { get; internal set; }

    /// <summary>Unix milliseconds, frozen for the unit.</summary>
    public long Now => Server.Clock.Now;

    /// <summary>The bytes of argument <paramref name="i"/>; 0 is the command's name. Valid until the command returns.</summary>
    public ReadOnlySpan<byte> this[int i]
    {
        get
        {
            Debug.Assert((uint)i < (uint)Count, "an argument that came");
            if (_objects is { } objects)
            {
                return objects[i].Span;
            }

            var slice = _slices[i];
            return new ReadOnlySpan<byte>(_buffer, slice.Offset, slice.Length);
        }
    }

    /// <summary>Argument <paramref name="i"/> as an owned string: a copy out of the receive buffer, or the very object that was handed over.</summary>
    public ByteString Text(int i)
    {
        Debug.Assert((uint)i < (uint)Count, "an argument that came");
        return _objects is { } objects ? objects[i] : ByteString.From(this[i]);
    }

    /// <summary>Is argument <paramref name="i"/> this word, in any case? For options and subcommands.</summary>
    public bool Is(int i, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(this[i], word);

    /// <summary>False: "value is not an integer or out of range" has been replied.</summary>
    public bool TryInteger(int i, out long value)
    {
        if (Numbers.TryParseInteger(this[i], out value))
        {
            return true;
        }

        Reply.Error(Errors.NotInteger);
        return false;
    }

    /// <summary>As TryInteger, for counts that must fit an int.</summary>
    public bool TryInt(int i, out int value, int least = int.MinValue, int most = int.MaxValue)
    {
        value = 0;
        if (!TryInteger(i, out var wide))
        {
            return false;
        }

        if (wide < least || wide > most)
        {
            Reply.Error(least >= 0 && wide < least ? Errors.NotPositive : Errors.OutOfRange);
            return false;
        }

        value = (int)wide;
        return true;
    }

    /// <summary>False: "value is not a valid float" has been replied.</summary>
    public bool TryDouble(int i, out double value)
    {
        if (Numbers.TryParseDouble(this[i], out value))
        {
            return true;
        }

        Reply.Error(Errors.NotFloat);
        return false;
    }

    /// <summary>The live entry of the key at argument <paramref name="i"/>, or null. Allocates nothing.</summary>
    public Entry? Find(int i) => _objects is { } objects ? Db.Find(objects[i]) : Db.Find(this[i]);

    /// <summary>As <see cref="Find(int)"/>, and counts a hit or a miss for INFO: what read commands use.</summary>
    public Entry? Look(int i) => Looked(Find(i), this[i]);

    /// <summary>As <see cref="Look(int)"/>, for a key that is no argument (a pattern of SORT).</summary>
    public Entry? Look(ReadOnlySpan<byte> key) => Looked(Db.Find(key), key);

    /// <summary>As <see cref="Look(int)"/>, but the key's idle time stays.</summary>
    public Entry? Glance(int i) => Looked(Db.Peek(this[i]), this[i]);

    /// <summary>The value at the key of argument <paramref name="i"/>: null when missing; false: WRONGTYPE has been replied.</summary>
    public bool TryGet<T>(int i, out T? value)
        where T : class => TryCast(LookOrFind(i), out value);

    public bool TryGet<T>(ByteString key, out T? value)
        where T : class => TryCast(Db.Find(key), out value);

    /// <summary>Find; a read command's look at a key counts as a hit or a miss.</summary>
    public Entry? LookOrFind(int i) => Row.Is(CommandFlags.ReadOnly) || Row.LooksUp ? Look(i) : Find(i);

    /// <summary>As TryGet, with the entry. A missing key is not an error: entry and value are null.</summary>
    public bool TryGet<T>(int i, out Entry? entry, out T? value)
        where T : class
    {
        entry = Find(i);
        return TryCast(entry, out value);
    }

    /// <summary>Stores under the key of argument <paramref name="i"/>; a deadline it had is dropped. Say <see cref="Changed(int)"/> too.</summary>
    public Entry Store(int i, object value) =>
        Find(i) is { } entry ? Db.Replace(entry, value) : Add(i, value);

    /// <summary>Stores under the key of argument <paramref name="i"/>, which is not present (Find has just said so).</summary>
    public Entry Add(int i, object value) => _objects is { } objects ? Db.Add(objects[i], value) : Db.Add(this[i], value);

    /// <summary>The key at argument <paramref name="i"/> changed: counts, breaks WATCH, and makes the command an effect.</summary>
    public void Changed(int i)
    {
        if (_objects is { } objects)
        {
            Server.Unit.Changed(Db, objects[i]);
        }
        else
        {
            Server.Unit.Changed(Db, this[i]);
        }
    }

    public void Changed(ByteString key) => Server.Unit.Changed(Db, key);

    /// <summary>A key of another database changed (MOVE, COPY … DB).</summary>
    public void Changed(Database database, ByteString key) => Server.Unit.Changed(database, key);

    /// <summary>Tells of what happened to the key at argument <paramref name="i"/>, after it has happened.</summary>
    internal void Notify(KeyEvent what, int i)
    {
        if ((Server.KeyEvents.Wanted & what.Class) != 0)
        {
            Server.KeyEvents.Publish(what, Db.Index, this[i]);
        }
    }

    internal void Notify(KeyEvent what, ByteString key) => Notify(what, Db, key);

    internal void Notify(KeyEvent what, Database database, ByteString key)
    {
        if ((Server.KeyEvents.Wanted & what.Class) != 0)
        {
            Server.KeyEvents.Publish(what, database.Index, key.Span);
        }
    }

    /// <summary>Replaces the command in the append-only file by this one; may be called more than once. For commands that chose time or chance.</summary>
    public void Effect(params ReadOnlySpan<ByteString> command)
    {
        if (Server.Effects.IsWanted)
        {
            Server.Effects.Add(Db.Index, command);
        }

        _effect = EffectChoice.Replaced;
    }

    /// <summary>As Effect, for a command on another database than the selected one.</summary>
    public void EffectIn(Database database, params ReadOnlySpan<ByteString> command)
    {
        if (Server.Effects.IsWanted)
        {
            Server.Effects.Add(database.Index, command);
        }

        _effect = EffectChoice.Replaced;
    }

    /// <summary>This command leaves nothing in the append-only file, whatever it changed.</summary>
    public void NoEffect() => _effect = EffectChoice.None;

    /// <summary>True when effects are collected; a command that would have to build an expensive one may ask first.</summary>
    public bool WantsEffects => Server.Effects.IsWanted;

    /// <summary>
    /// Instead of a reply: the command waits, and is run again when one of the keys holds a value of this class. Asks <see cref="MayBlock"/> first.
    /// </summary>
    /// <param name="milliseconds">0: for ever.</param>
    /// <param name="command">What to run again, when it is not what came.</param>
    /// <param name="hearsOfLoss">It is also run again when a key is gone or holds a value of another class.</param>
    internal void Block(Type kind, int firstKey, int lastKey, long milliseconds, ByteString[]? command = null, bool hearsOfLoss = false)
    {
        if (Retries is { } call)
        {
            call.StayBlocked();
            return;
        }

        command ??= Own();
        Client.Blocked!.Begin(this, kind, command.AsSpan(firstKey..(lastKey + 1)), milliseconds, command, hearsOfLoss: hearsOfLoss);
    }

    /// <summary>As Block, for no key: the command waits for its time-out, and then answers this.</summary>
    internal BlockedCall BlockUntilLate(long milliseconds, Action<IReply> answer)
    {
        var call = Client.Blocked!;
        call.Begin(this, typeof(object), [], milliseconds, [], answer);
        return call;
    }

    /// <summary>Selects another database for this context (SELECT); the client's own choice is the client's affair.</summary>
    internal void Select(int database) => Db = Server.Databases[database];

    /// <summary>The arguments as owned strings, for the transaction queue.</summary>
    internal ByteString[] Own()
    {
        var owned = new ByteString[Count];
        for (var i = 0; i < owned.Length; i++)
        {
            owned[i] = Text(i);
        }

        return owned;
    }

    /// <summary>Takes the next command from a receive buffer; valid while the buffer's bytes stay where they are.</summary>
    /// <param name="row">Whose name it has, when that is known already.</param>
    internal void Load(byte[] buffer, int offset, ReadOnlySpan<RespSlice> arguments, CommandRow? row)
    {
        if (arguments.Length > _slices.Length)
        {
            _slices = new RespSlice[arguments.Length * 2];
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            _slices[i] = new RespSlice(arguments[i].Offset + offset, arguments[i].Length);
        }

        _buffer = buffer;
        _objects = null;
        Named = row;
        Count = arguments.Length;
    }

    /// <summary>Takes a command handed over as objects; the array may be longer than the command, and stays the caller's.</summary>
    internal void Load(ByteString[] arguments, int count)
    {
        _objects = arguments;
        Count = count;
        Named = null;
    }

    internal void BeginCommand(CommandRow row)
    {
        Row = row;
        _effect = EffectChoice.AsItCame;
    }

    /// <summary>After a command that changed something: unless it said otherwise, it is its own effect.</summary>
    internal void AddOwnEffect()
    {
        if (_effect == EffectChoice.AsItCame)
        {
            Server.Effects.Add(Db.Index, this);
        }
    }

    private Entry? Looked(Entry? entry, ReadOnlySpan<byte> key)
    {
        if (entry is not null)
        {
            Server.Stats.KeyspaceHits++;
            return entry;
        }

        Server.Stats.KeyspaceMisses++;
        if ((Server.KeyEvents.Wanted & KeyEventClasses.KeyMiss) != 0)
        {
            Server.KeyEvents.Publish(Happened.KeyMiss, Db.Index, key);
        }

        return null;
    }

    private bool TryCast<T>(Entry? entry, out T? value)
        where T : class
    {
        if (entry is null)
        {
            value = null;
            return true;
        }

        value = entry.Value as T;
        if (value is not null)
        {
            return true;
        }

        Reply.Error(Errors.WrongType);
        return false;
    }
}
