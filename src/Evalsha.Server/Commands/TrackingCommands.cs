// CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO: client-side caching as a client asks for it.
// Always: options are refused in Redis's words and order, and nothing has changed then.
using System.Text;
using Evalsha.Lua.Runtime;
using Evalsha.Server.Dispatch;

namespace Evalsha.Server.Commands;

internal static class TrackingCommands
{
    public static CommandRow[] Subcommands { get; } =
    [
        ClientCommands.Sub("tracking", -3, Track, "6.0.0", "Turns messages about changed keys on or off.") with { Complexity = "O(1)", Syntax = "status(ON|OFF) [REDIRECT <client-id:integer>] [PREFIX <prefix>+...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]" },
        ClientCommands.Sub("caching", 3, Caching, "6.0.0", "Whether the keys of the next command are tracked, in OPTIN or OPTOUT mode.") with { Complexity = "O(1)", Syntax = "mode(YES|NO)" },
        ClientCommands.Sub("getredir", 2, static c => c.Reply.Integer(c.Client.Feeds?.Tracking?.Redirect ?? -1), "6.0.0", "The number of the connection that hears of changed keys instead; 0: none, -1: not tracking.") with { Complexity = "O(1)" },
        ClientCommands.Sub("trackinginfo", 2, Info, "6.2.0", "How this connection tracks keys.") with { Complexity = "O(1)" },
    ];

    private static void Track(CommandContext c)
    {
        var wanted = new ClientTracking();
        var prefixes = new List<ByteString>();
        if (!TryOptions(c, wanted, prefixes))
        {
            return;
        }

        if (c.Is(2, "OFF"u8))
        {
            c.Server.Tracking.Disable(c.Client);
            c.Reply.Ok();
            return;
        }

        if (!c.Is(2, "ON"u8))
        {
            c.Reply.Error(Errors.Syntax);
            return;
        }

        var refusal = WhyNot(wanted, prefixes, c.Client.Feeds?.Tracking);
        if (refusal is not null)
        {
            c.Reply.Error(refusal);
            return;
        }

        if (wanted.IsBroadcast && prefixes.Count == 0)
        {
            prefixes.Add(ByteString.Empty);
        }

        if (c.Client.TakesFeeds)
        {
            c.Server.Tracking.Enable(c.Client, wanted, prefixes);
        }

        c.Reply.Ok();
    }

    private static bool TryOptions(CommandContext c, ClientTracking wanted, List<ByteString> prefixes)
    {
        for (var i = 3; i < c.Count; i++)
        {
            var more = i + 1 < c.Count;
            if (c.Is(i, "REDIRECT"u8) && more)
            {
                i++;
                if (wanted.Redirect != 0)
                {
                    c.Reply.Error("ERR A client can only redirect to a single other client"u8);
                    return false;
                }

                if (!c.TryInteger(i, out var id))
                {
                    return false;
                }

                wanted.Redirect = id;
                if (c.Server.Clients.Find(id) is null)
                {
                    c.Reply.Error("ERR The client ID you want redirect to does not exist"u8);
                    return false;
                }
            }
            else if (c.Is(i, "BCAST"u8))
            {
                wanted.IsBroadcast = true;
            }
            else if (c.Is(i, "OPTIN"u8))
            {
                wanted.IsOptIn = true;
            }
            else if (c.Is(i, "OPTOUT"u8))
            {
                wanted.IsOptOut = true;
            }
            else if (c.Is(i, "NOLOOP"u8))
            {
                wanted.IsNoLoop = true;
            }
            else if (c.Is(i, "PREFIX"u8) && more)
            {
                prefixes.Add(c.Text(++i));
            }
            else
            {
                c.Reply.Error(Errors.Syntax);
                return false;
            }
        }

        return true;
    }

    private static byte[]? WhyNot(ClientTracking wanted, List<ByteString> prefixes, ClientTracking? now)
    {
        if (!wanted.IsBroadcast && prefixes.Count > 0)
        {
            return [.. "ERR PREFIX option requires BCAST mode to be enabled"u8];
        }

        if (now is not null && now.IsBroadcast != wanted.IsBroadcast)
        {
            return [.. "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode."u8];
        }

        if (wanted.IsBroadcast && (wanted.IsOptIn || wanted.IsOptOut))
        {
            return [.. "ERR OPTIN and OPTOUT are not compatible with BCAST"u8];
        }

        if (wanted.IsOptIn && wanted.IsOptOut)
        {
            return [.. "ERR You can't specify both OPTIN mode and OPTOUT mode"u8];
        }

        if ((wanted.IsOptIn && now is { IsOptOut: true }) || (wanted.IsOptOut && now is { IsOptIn: true }))
        {
            return [.. "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode."u8];
        }

        return wanted.IsBroadcast ? Collision(prefixes, now) : null;
    }

    private static byte[]? Collision(List<ByteString> prefixes, ClientTracking? now)
    {
        for (var i = 0; i < prefixes.Count; i++)
        {
            if (Tracking.FindCollision(now, prefixes[i]) is { } own)
            {
                return Overlaps(prefixes[i], "an existing", own);
            }

            for (var j = i + 1; j < prefixes.Count; j++)
            {
                if (Tracking.Overlap(prefixes[i], prefixes[j]))
                {
                    return Overlaps(prefixes[i], "another provided", prefixes[j]);
                }
            }
        }

        return null;
    }

    private static byte[] Overlaps(ByteString one, string which, ByteString other) =>
        Encoding.Latin1.GetBytes($"ERR Prefix '{Encoding.Latin1.GetString(one.Span)}' overlaps with {which} prefix '{Encoding.Latin1.GetString(other.Span)}'. Prefixes for a single client must not overlap.");

    private static void Caching(CommandContext c)
    {
        if (c.Client.Feeds?.Tracking is not { } tracking)
        {
            c.Reply.Error("ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"u8);
            return;
        }

        var yes = c.Is(2, "YES"u8);
        if (!yes && !c.Is(2, "NO"u8))
        {
            c.Reply.Error(Errors.Syntax);
        }
        else if (yes && !tracking.IsOptIn)
        {
            c.Reply.Error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."u8);
        }
        else if (!yes && !tracking.IsOptOut)
        {
            c.Reply.Error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."u8);
        }
        else
        {
            tracking.IsCachingGiven = true;
            c.Reply.Ok();
        }
    }

    private static void Info(CommandContext c)
    {
        var tracking = c.Client.Feeds?.Tracking;
        var flags = new List<string> { tracking is null ? "off" : "on" };
        Add("bcast", tracking is { IsBroadcast: true });
        Add("optin", tracking is { IsOptIn: true });
        Add("caching-yes", tracking is { IsOptIn: true, IsCachingGiven: true });
        Add("optout", tracking is { IsOptOut: true });
        Add("caching-no", tracking is { IsOptOut: true, IsCachingGiven: true });
        Add("noloop", tracking is { IsNoLoop: true });
        Add("broken_redirect", tracking is { IsRedirectBroken: true });
        c.Reply.Map(3);
        c.Reply.Bulk("flags"u8);
        c.Reply.Set(flags.Count);
        foreach (var flag in flags)
        {
            c.Reply.Bulk(flag);
        }

        c.Reply.Bulk("redirect"u8);
        c.Reply.Integer(tracking?.Redirect ?? -1);
        c.Reply.Bulk("prefixes"u8);
        c.Reply.Array(tracking?.Prefixes.Count ?? 0);
        foreach (var prefix in tracking?.Prefixes ?? [])
        {
            c.Reply.Bulk(prefix);
        }

        void Add(string flag, bool isSo)
        {
            if (isSo)
            {
                flags.Add(flag);
            }
        }
    }
}
