// What XREAD and XREADGROUP are asked, and the frame of what they answer.
// Always: as many ids as streams, in the same order behind them; a group is asked for by XREADGROUP only, and always.
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Commands;

/// <param name="First">The argument with the first stream's key; its id is <paramref name="Streams"/> arguments further.</param>
/// <param name="CountMax">At most so many entries of each stream.</param>
/// <param name="Timeout">Milliseconds; 0: for ever.</param>
/// <param name="GroupAt">The argument with the group's name, before that with the consumer's.</param>
internal readonly record struct ReadRequest(int First, int Streams, long CountMax, long Timeout, int GroupAt, bool NoAck)
{
    public const long NoBlock = -1;

    public static bool FindKeys(CommandContext c, List<int> keys)
    {
        for (var i = 1; i < c.Count; i++)
        {
            if (c.Is(i, "BLOCK"u8) || c.Is(i, "COUNT"u8))
            {
                i++;
            }
            else if (c.Is(i, "GROUP"u8))
            {
                i += 2;
            }
            else if (c.Is(i, "STREAMS"u8))
            {
                var streams = c.Count - i - 1;
                keys.AddRange(Enumerable.Range(i + 1, streams / 2));
                return streams > 0 && streams % 2 == 0;
            }
            else if (!c.Is(i, "NOACK"u8))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>False: the error has been replied.</summary>
    public static bool TryParse(CommandContext c, bool ofGroup, out ReadRequest request)
    {
        request = new(0, 0, long.MaxValue, NoBlock, 0, false);
        for (var i = 1; i < c.Count && request.First == 0; i++)
        {
            var more = i + 1 < c.Count;
            if (more && c.Is(i, "BLOCK"u8))
            {
                if (c.IsScript)
                {
                    c.Reply.Error($"ERR {System.Text.Encoding.Latin1.GetString(c[0])} command is not allowed with BLOCK option from scripts");
                    return false;
                }

                if (!c.TryTimeoutMilliseconds(++i, out var timeout))
                {
                    return false;
                }

                request = request with { Timeout = timeout };
            }
            else if (more && c.Is(i, "COUNT"u8))
            {
                if (!c.TryInteger(++i, out var count))
                {
                    return false;
                }

                request = request with { CountMax = count <= 0 ? long.MaxValue : count };
            }
            else if (more && c.Is(i, "STREAMS"u8))
            {
                request = request with { First = i + 1, Streams = (c.Count - i - 1) / 2 };
            }
            else if (ofGroup && i + 2 < c.Count && c.Is(i, "GROUP"u8))
            {
                request = request with { GroupAt = i + 1 };
                i += 2;
            }
            else if (ofGroup && c.Is(i, "NOACK"u8))
            {
                request = request with { NoAck = true };
            }
            else
            {
                Refuse(c, i);
                return false;
            }
        }

        return IsWhole(c, ofGroup, request);
    }

    /// <summary>Announces so many streams; each follows as <see cref="BeginStream"/> and its entries.</summary>
    public static void BeginAnswer(IReply reply, int streams)
    {
        if (reply.Protocol == 3)
        {
            reply.Map(streams);
        }
        else
        {
            reply.Array(streams);
        }
    }

    public static void BeginStream(CommandContext c, int key)
    {
        if (c.Reply.Protocol != 3)
        {
            c.Reply.Array(2);
        }

        c.Reply.Bulk(c.Text(key));
    }

    private static bool IsWhole(CommandContext c, bool ofGroup, ReadRequest request)
    {
        if (request.First == 0)
        {
            c.SyntaxError();
            return false;
        }

        if ((c.Count - request.First) % 2 != 0)
        {
            c.Reply.Error(ofGroup
                ? "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified."u8
                : "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified."u8);
            return false;
        }

        if (ofGroup && request.GroupAt == 0)
        {
            c.Reply.Error("ERR Missing GROUP option for XREADGROUP"u8);
            return false;
        }

        return true;
    }

    private static void Refuse(CommandContext c, int i)
    {
        if (c.Is(i, "GROUP"u8) && i + 2 < c.Count)
        {
            c.Reply.Error("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        else if (c.Is(i, "NOACK"u8))
        {
            c.Reply.Error("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8);
        }
        else
        {
            c.SyntaxError();
        }
    }
}
