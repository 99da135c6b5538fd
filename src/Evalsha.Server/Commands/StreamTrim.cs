// The trim options that XADD and XTRIM share: MAXLEN or MINID, exactly or (~) only whole blocks, and then LIMIT.
// Always: LIMIT only with ~; without LIMIT a ~ trim removes at most a hundred blocks' worth of entries, as Redis's.
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Keyspace.Values;

namespace Evalsha.Server.Commands;

internal struct StreamTrim
{
    private const long DefaultLimit = 100L * EncodingLimits.StreamBlockEntriesMax;

    private Strategy _strategy;
    private bool _isApproximate;
    private long _maxLength;
    private StreamId _minId;
    private long _limit;

    private enum Strategy
    {
        None,
        MaxLength,
        MinId,
    }

    /// <summary>NOMKSTREAM: XADD makes no stream.</summary>
    public bool KeepsMissing { get; private set; }

    /// <summary>Reads the options from argument 2 on. For XADD, <paramref name="idAt"/> is the argument with the id, which is valid.</summary>
    public static bool TryParse(CommandContext c, bool isAdd, out StreamTrim trim, out int idAt)
    {
        trim = default;
        var hasLimit = false;
        var i = 2;
        for (; i < c.Count; i++)
        {
            var more = c.Count - 1 - i;
            if (isAdd && c[i] is [(byte)'*'])
            {
                break;
            }

            if (more > 0 && (c.Is(i, "MAXLEN"u8) || c.Is(i, "MINID"u8)))
            {
                if (!trim.TryThreshold(c, ref i, more))
                {
                    idAt = 0;
                    return false;
                }
            }
            else if (more > 0 && c.Is(i, "LIMIT"u8))
            {
                hasLimit = true;
                if (!c.TryInteger(++i, out trim._limit))
                {
                    idAt = 0;
                    return false;
                }

                if (trim._limit < 0)
                {
                    return Refused(c, "ERR The LIMIT argument must be >= 0."u8, out idAt);
                }
            }
            else if (isAdd && c.Is(i, "NOMKSTREAM"u8))
            {
                trim.KeepsMissing = true;
            }
            else if (isAdd)
            {
                if (!StreamId.TryParse(c[i], 0, allowStar: true, out _, out _))
                {
                    return Refused(c, "ERR Invalid stream ID specified as stream command argument"u8, out idAt);
                }

                break;
            }
            else
            {
                return Refused(c, Errors.Syntax, out idAt);
            }
        }

        idAt = i;
        if (trim._limit != 0 && trim._strategy == Strategy.None)
        {
            return Refused(c, "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"u8, out idAt);
        }

        if (!isAdd && trim._strategy == Strategy.None)
        {
            return Refused(c, "ERR syntax error, XTRIM must be called with a trimming strategy"u8, out idAt);
        }

        if (hasLimit && !trim._isApproximate)
        {
            return Refused(c, "ERR syntax error, LIMIT cannot be used without the special ~ option"u8, out idAt);
        }

        trim._limit = hasLimit || !trim._isApproximate ? trim._limit : DefaultLimit;
        return true;
    }

    /// <summary>Trims; answers how many entries went.</summary>
    public readonly long Apply(StreamValue stream) => _strategy switch
    {
        Strategy.MaxLength => stream.TrimToLength(_maxLength, _isApproximate, _limit),
        Strategy.MinId => stream.TrimBelow(_minId, _isApproximate, _limit),
        _ => 0,
    };

    /// <summary>The options that make the same trim again, after it was made: a ~ trim as the exact one it amounted to.</summary>
    public readonly ByteString[] Effect(StreamValue stream)
    {
        ByteString[] missing = KeepsMissing ? [Words.NoMkStream] : [];
        return _strategy switch
        {
            Strategy.MaxLength => [.. missing, Words.MaxLen, Words.Exactly, Numbers.Text(_isApproximate ? stream.Count : _maxLength)],
            Strategy.MinId => [.. missing, Words.MinId, Words.Exactly, (_isApproximate ? stream.FirstId : _minId).Text()],
            _ => missing,
        };
    }

    private static bool Refused(CommandContext c, ReadOnlySpan<byte> error, out int idAt)
    {
        idAt = 0;
        c.Reply.Error(error);
        return false;
    }

    private bool TryThreshold(CommandContext c, ref int i, int more)
    {
        if (_strategy != Strategy.None)
        {
            c.Reply.Error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible"u8);
            return false;
        }

        _strategy = c.Is(i, "MAXLEN"u8) ? Strategy.MaxLength : Strategy.MinId;
        _isApproximate = more >= 2 && c[i + 1] is [(byte)'~'];
        i += more >= 2 && c[i + 1] is [(byte)'~' or (byte)'='] ? 2 : 1;
        if (_strategy == Strategy.MinId)
        {
            return StreamsCommands.TryStrict(c, i, 0, out _minId);
        }

        if (!c.TryInteger(i, out _maxLength))
        {
            return false;
        }

        if (_maxLength >= 0)
        {
            return true;
        }

        c.Reply.Error("ERR The MAXLEN argument must be >= 0."u8);
        return false;
    }
}
