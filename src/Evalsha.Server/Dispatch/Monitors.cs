// MONITOR: shows every command that runs, with its time, database and client, to those who asked.
// Always: shown after the command has run, as Redis does, a script before it runs and its calls as lua's; administrative commands are not
// shown, nor passwords. A lock of its own guards the list, because a client may also leave while a script keeps the turn.
using System.Globalization;
using System.Text;
using Evalsha.Resp;

namespace Evalsha.Server.Dispatch;

public sealed class Monitors
{
    private readonly ServerContext _server;
    private readonly Lock _lock = new();
    private readonly List<IClient> _clients = [];
    private readonly RespBuffer _line = new(256);

    internal Monitors(ServerContext server) => _server = server;

    public int Count => _clients.Count;

    internal void Add(IClient client)
    {
        lock (_lock)
        {
            (client.Feeds ??= new ClientFeeds()).IsMonitor = true;
            _clients.Add(client);
            _server.SetAttention(Attention.Monitors, true);
        }
    }

    internal void Remove(IClient client)
    {
        if (client.Feeds is not { IsMonitor: true } feeds)
        {
            return;
        }

        lock (_lock)
        {
            feeds.IsMonitor = false;
            _clients.Remove(client);
            _server.SetAttention(Attention.Monitors, _clients.Count != 0);
        }
    }

    /// <summary>Inside the turn: shows the command to all who monitor.</summary>
    internal void Show(CommandContext c)
    {
        lock (_lock)
        {
            if (_clients.Count == 0)
            {
                return;
            }

            _line.Clear();
            var now = _server.Clock.Provider.GetUtcNow() - DateTimeOffset.UnixEpoch;
            var micros = now.Ticks / TimeSpan.TicksPerMicrosecond;
            var whose = c.IsScript ? "lua" : c.Client.RemoteAddress is ['/', ..] address ? $"unix:{address[..address.LastIndexOf(':')]}" : c.Client.RemoteAddress;
            Append(string.Create(CultureInfo.InvariantCulture, $"{micros / 1_000_000}.{micros % 1_000_000:D6} [{c.Db.Index} {whose}]"));
            for (var i = 0; i < c.Count; i++)
            {
                Append(" ");
                if (c.Row.IsSecret?.Invoke(c, i) ?? false)
                {
                    Append("\"(redacted)\"");
                }
                else
                {
                    Quote(c[i]);
                }
            }

            Append("\r\n");
            foreach (var client in _clients)
            {
                client.Feed("+"u8, _line.Written);
            }
        }
    }

    private void Append(string text) => _line.Advance(Encoding.Latin1.GetBytes(text, _line.GetSpan(text.Length)));

    /// <summary>sdscatrepr: printable ASCII as itself, the usual escapes by name, all other bytes as \xhh.</summary>
    private void Quote(ReadOnlySpan<byte> argument)
    {
        const int longest = 4;
        var span = _line.GetSpan((argument.Length * longest) + 2);
        var length = 0;
        span[length++] = (byte)'"';
        foreach (var b in argument)
        {
            var name = b switch
            {
                (byte)'\\' or (byte)'"' => (char)b,
                (byte)'\n' => 'n',
                (byte)'\r' => 'r',
                (byte)'\t' => 't',
                (byte)'\a' => 'a',
                (byte)'\b' => 'b',
                _ => '\0',
            };
            if (name != '\0')
            {
                span[length++] = (byte)'\\';
                span[length++] = (byte)name;
            }
            else if (b is >= 0x20 and < 0x7F)
            {
                span[length++] = b;
            }
            else
            {
                span[length++] = (byte)'\\';
                span[length++] = (byte)'x';
                span[length++] = (byte)"0123456789abcdef"[b >> 4];
                span[length++] = (byte)"0123456789abcdef"[b & 15];
            }
        }

        span[length++] = (byte)'"';
        _line.Advance(length);
    }
}
