// A client that knows nothing but bytes: it sends a command as given and shows the reply in one line of text, for comparing servers byte for byte.
// Always: what it prints tells every reply type and every byte apart, so two equal lines are two equal replies (attributes and streamed types are not spoken by Redis 7).
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Evalsha.Tests.Support;

public sealed class RawRedis : IDisposable
{
    private readonly Stream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public RawRedis(Stream stream) => _stream = stream;

    public static async Task<RawRedis> ConnectAsync(int port, int protocol = 2)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        var raw = new RawRedis(client.GetStream());
        if (protocol == 3)
        {
            await raw.SendAsync("HELLO", "3");
        }

        return raw;
    }

    /// <summary>Sends one command, its arguments as Latin-1 so that every byte can be written, and reads one reply.</summary>
    public async Task<string> SendAsync(params string[] arguments)
    {
        await WriteAsync(Encode(arguments));
        return await ReadAsync();
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes) => await _stream.WriteAsync(bytes);

    public static byte[] Encode(params string[] arguments)
    {
        var text = new StringBuilder($"*{arguments.Length}\r\n");
        foreach (var argument in arguments)
        {
            text.Append(CultureInfo.InvariantCulture, $"${argument.Length}\r\n{argument}\r\n");
        }

        return Encoding.Latin1.GetBytes(text.ToString());
    }

    /// <summary>One reply as text: <c>+OK</c>, <c>-ERR x</c>, <c>:1</c>, <c>$'bytes'</c>, <c>$-1</c>, <c>*[…]</c>, <c>%{k => v}</c>, <c>~[…]</c>, <c>,1.5</c>, <c>#t</c>, <c>_</c>, <c>>[…]</c>.</summary>
    public async Task<string> ReadAsync()
    {
        var line = await LineAsync();
        var (kind, rest) = (line[0], line[1..]);
        switch (kind)
        {
            case '+' or '-' or ':' or ',' or '#' or '(':
                return line;
            case '_':
                return "_";
            case '$' or '=':
                var length = int.Parse(rest, CultureInfo.InvariantCulture);
                return length < 0 ? "$-1" : kind + Quote(await TakeAsync(length));
            case '*' or '~' or '>':
                var count = int.Parse(rest, CultureInfo.InvariantCulture);
                if (count < 0)
                {
                    return "*-1";
                }

                var items = new List<string>();
                while (items.Count < count)
                {
                    items.Add(await ReadAsync());
                }

                return $"{kind}[{string.Join(", ", items)}]";
            case '%':
                var pairs = new List<string>();
                for (var i = int.Parse(rest, CultureInfo.InvariantCulture); i > 0; i--)
                {
                    pairs.Add($"{await ReadAsync()} => {await ReadAsync()}");
                }

                return $"%{{{string.Join(", ", pairs)}}}";
            default:
                throw new InvalidDataException($"not a reply: {line}");
        }
    }

    /// <summary>Whether the peer has closed: nothing more comes.</summary>
    public async Task<bool> IsClosedAsync() => _start == _end && await _stream.ReadAsync(_buffer) == 0;

    public void Dispose() => _stream.Dispose();

    // As the observed cases are written: printable ASCII as itself, \n \r \t and \\ by name, other bytes as \xhh; double quotes outside when a single quote is inside.
    private static string Quote(byte[] bytes)
    {
        var mark = bytes.Contains((byte)'\'') && !bytes.Contains((byte)'"') ? '"' : '\'';
        var text = new StringBuilder().Append(mark);
        foreach (var b in bytes)
        {
            _ = b switch
            {
                (byte)'\n' => text.Append("\\n"),
                (byte)'\r' => text.Append("\\r"),
                (byte)'\t' => text.Append("\\t"),
                (byte)'\\' => text.Append("\\\\"),
                (byte)'\'' when mark == '\'' => text.Append("\\'"),
                < 0x20 or > 0x7E => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
                _ => text.Append((char)b),
            };
        }

        return text.Append(mark).ToString();
    }

    private async Task<string> LineAsync()
    {
        var line = new List<byte>();
        while (true)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            var b = _buffer[_start++];
            line.Add(b);
            if (b == '\n' && line.Count >= 2 && line[^2] == '\r')
            {
                return Encoding.Latin1.GetString([.. line[..^2]]);
            }
        }
    }

    private async Task<byte[]> TakeAsync(int length)
    {
        var bytes = new byte[length + 2];
        for (var have = 0; have < bytes.Length;)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            var take = Math.Min(_end - _start, bytes.Length - have);
            _buffer.AsSpan(_start, take).CopyTo(bytes.AsSpan(have));
            _start += take;
            have += take;
        }

        return bytes[..length];
    }

    private async Task FillAsync()
    {
        _start = 0;
        _end = await _stream.ReadAsync(_buffer);
        if (_end == 0)
        {
            throw new EndOfStreamException("the server closed the connection");
        }
    }
}
