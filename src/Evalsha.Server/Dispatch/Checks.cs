// What is asked before a client's command may run, one small question each; the dispatcher asks them in its order.
// Always: a check answers with the error to send, or with nothing; it changes nothing.
using System.Text;
using System.Runtime.CompilerServices;

namespace Evalsha.Server.Dispatch;

internal static class Checks
{
    private const int EchoedArgumentMax = 128;

    public static ReadOnlySpan<byte> Arity(CommandContext c, CommandRow row) =>
        row.Accepts(c.Count) ? default : WrongArity(row);

    public static ReadOnlySpan<byte> Authenticated(CommandContext c, CommandRow row) =>
        c.Client.IsAuthenticated || row.Is(CommandFlags.NoAuth) ? default : Errors.NoAuth;

    public static ReadOnlySpan<byte> AllowedInTransaction(CommandContext c, CommandRow row) =>
        row.Is(CommandFlags.NoMulti) && c.Client.Transaction.IsOpen ? Errors.NotInMulti : default;

    public static ReadOnlySpan<byte> Memory(CommandContext c, CommandRow row) =>
        c.Server.Config.MaxMemory == 0 || !DeniedWhenFull(c, row) || !c.Server.Config.IsOverMaxMemory() ? default : Errors.OutOfMemory;

    /// <summary>Redis's MISCONF: while the append-only file cannot be written, nothing may change.</summary>
    public static ReadOnlySpan<byte> Durable(CommandContext c, CommandRow row) =>
        c.Server.WriteRefusal is not { } refusal || !WouldWrite(c, row) ? default : refusal;

    public static ReadOnlySpan<byte> NotLoading(CommandContext c, CommandRow row) =>
        c.Server.IsLoading && !row.Is(CommandFlags.Loading) ? Errors.Loading : default;

    /// <summary>In RESP2, what a subscribed client reads could not be told from a reply: it may only manage its subscriptions.</summary>
    public static ReadOnlySpan<byte> AllowedWhenSubscribed(CommandContext c, CommandRow row) =>
        c.Client.Feeds is not { IsSubscribed: true } || c.Client.Protocol != 2 || row.RunsWhenSubscribed ? default : Encoding.UTF8.GetBytes(
            $"ERR Can't execute '{row.FullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte[] WrongArity(CommandRow row) =>
        Encoding.UTF8.GetBytes($"ERR wrong number of arguments for '{row.FullName}' command");

    /// <summary>The error for a name nobody knows; it quotes the beginning of what came.</summary>
    public static byte[] Unknown(CommandContext c)
    {
        var text = new List<byte>(256);
        text.AddRange("ERR unknown command '"u8);
        text.AddRange(c[0][..Math.Min(c[0].Length, EchoedArgumentMax)]);
        text.AddRange("', with args beginning with: "u8);
        var echoed = 0;
        for (var i = 1; i < c.Count && echoed < EchoedArgumentMax; i++)
        {
            var part = c[i][..Math.Min(c[i].Length, EchoedArgumentMax - echoed)];
            text.Add((byte)'\'');
            text.AddRange(part);
            text.AddRange("' "u8);
            echoed += part.Length + 3;
        }

        return [.. text];
    }

    public static byte[] UnknownSubcommand(CommandContext c, CommandRow container)
    {
        var text = new List<byte>(96);
        text.AddRange("ERR unknown subcommand '"u8);
        text.AddRange(c[1][..Math.Min(c[1].Length, EchoedArgumentMax)]);
        text.AddRange(Encoding.ASCII.GetBytes($"'. Try {container.Name.ToUpperInvariant()} HELP."));
        return [.. text];
    }

    /// <summary>A known subcommand with a number of arguments that its row allows and its body does not.</summary>
    public static byte[] BadSubcommandArguments(CommandContext c) =>
        Encoding.Latin1.GetBytes($"ERR unknown subcommand or wrong number of arguments for '{Encoding.Latin1.GetString(c[1][..Math.Min(c[1].Length, EchoedArgumentMax)])}'. Try {c.Row.Container!.Name.ToUpperInvariant()} HELP.");

    /// <summary>A monitor is a replica of sorts, and replicas have no business with the keys.</summary>
    public static ReadOnlySpan<byte> AllowedToMonitor(CommandContext c, CommandRow row) =>
        c.Client.Feeds is { IsMonitor: true } && row.Is(CommandFlags.Write | CommandFlags.ReadOnly | CommandFlags.MayReplicate)
            ? "ERR Replica can't interact with the keyspace"u8
            : default;

    private static bool WouldWrite(CommandContext c, CommandRow row)
    {
        if (!row.EndsTransaction)
        {
            return row.Is(CommandFlags.Write);
        }

        foreach (var queued in c.Client.Transaction.Queue)
        {
            if (queued.Row.Is(CommandFlags.Write))
            {
                return true;
            }
        }

        return false;
    }

    private static bool DeniedWhenFull(CommandContext c, CommandRow row)
    {
        if (row.Is(CommandFlags.DenyOom))
        {
            return true;
        }

        if (!row.EndsTransaction)
        {
            return false;
        }

        foreach (var queued in c.Client.Transaction.Queue)
        {
            if (queued.Row.Is(CommandFlags.DenyOom))
            {
                return true;
            }
        }

        return false;
    }
}
