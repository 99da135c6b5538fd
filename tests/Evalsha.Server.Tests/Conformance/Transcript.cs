// Replays a transcript of commands on two servers and compares every reply byte for byte.
// The format, one command a line, in redis-cli's quoting ("\r\n", '...', \xhh):
//   # comment          an empty line or a comment
//   @2                 the next lines go over a second connection (any number; @1 at the start)
//   SET k v            run on both, replies must be equal
//   ~ CLIENT ID        volatile: both replies must be of the same type, no more
//   ? SMEMBERS s       unordered: equal after sorting the elements
//   ! CLIENT REPLY OFF no reply is read
//   *600 HSET h f$i $i the command 600 times, $i counting from 1; the last replies must be equal
//   <                  what was pushed, or a further reply, is read on this connection; "< 3" reads three, "<?" compares them without order,
//                      "<~" by their type
//   $ID2               the id of connection 2, wherever it stands in a line
//   & BLPOP q 0        goes on when both servers count one blocked client more; < reads the reply later, on the same connection
//   = $'0.1'           after a command: ours must be this (Redis 7.2's), the installed older server says otherwise; the last comment says why
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Conformance;

internal sealed class Transcript(int ourPort, int realPort, int protocol = 2) : IAsyncDisposable
{
    private readonly Dictionary<string, (RawRedis Ours, RawRedis Real)> _connections = [];
    private readonly Dictionary<string, (string Ours, string Real)> _ids = [];

    /// <summary>The differences, each with its file and line.</summary>
    public async Task<List<string>> ReplayAsync(string file)
    {
        var differences = new List<string>();
        var connection = "1";
        var lines = await File.ReadAllLinesAsync(file, Encoding.Latin1);
        for (var number = 0; number < lines.Length; number++)
        {
            var line = lines[number].Trim();
            if (line.Length == 0 || line[0] is '#' or '=')
            {
                continue;
            }

            if (line[0] == '@')
            {
                connection = line[1..];
                continue;
            }

            if (line.Contains("$ID", StringComparison.Ordinal))
            {
                await LearnIdsAsync(line);
            }

            var mark = line[0] == '<' ? '<' : line.Length > 2 && line[1] == ' ' && line[0] is '~' or '?' or '!' or '&' ? line[0] : ' ';
            var (ours, real) = await ConnectionAsync(connection);
            if (line[0] == '*')
            {
                var space = line.IndexOf(' ', StringComparison.Ordinal);
                var times = int.Parse(line.AsSpan(1, space - 1), CultureInfo.InvariantCulture);
                for (var i = 1; i < times; i++)
                {
                    var command = Split(line[space..].Replace("$i", i.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
                    await WithinAsync(ours.SendAsync(command), file, number);
                    await WithinAsync(real.SendAsync(command), file, number);
                }

                line = line[(space + 1)..].Replace("$i", times.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            }

            string mine, theirs;
            if (mark == '<')
            {
                mark = line.Length > 1 && line[1] is '?' or '~' ? line[1] : ' ';
                var count = int.TryParse(line.AsSpan(1).Trim("?~ "), CultureInfo.InvariantCulture, out var given) ? given : 1;
                (mine, theirs) = (await ReadAsync(ours, count, file, number), await ReadAsync(real, count, file, number));
            }
            else
            {
                var text = mark == ' ' ? line : line[2..];
                var (ourArguments, realArguments) = (Split(WithIds(text, true)), Split(WithIds(text, false)));
                if (mark == '!')
                {
                    await ours.WriteAsync(RawRedis.Encode(ourArguments));
                    await real.WriteAsync(RawRedis.Encode(realArguments));
                    continue;
                }

                if (mark == '&')
                {
                    var control = await ConnectionAsync("control");
                    await WithinAsync(BlockAsync(control.Ours, ours, ourArguments), file, number);
                    await WithinAsync(BlockAsync(control.Real, real, realArguments), file, number);
                    continue;
                }

                (mine, theirs) = (await WithinAsync(ours.SendAsync(ourArguments), file, number), await WithinAsync(real.SendAsync(realArguments), file, number));
            }

            if (line.Contains("CLIENT", StringComparison.Ordinal) || mine.Contains("redir", StringComparison.Ordinal))
            {
                (mine, theirs) = (WithoutIds(mine, true), WithoutIds(theirs, false));
            }

            if (number + 1 < lines.Length && lines[number + 1].StartsWith("= ", StringComparison.Ordinal))
            {
                // Written down as RESP2 says it.
                theirs = protocol == 2 ? lines[number + 1][2..] : mine;
            }

            var (left, right) = mark switch
            {
                '~' => (mine[..1], theirs[..1]),
                '?' => (Sorted(mine), Sorted(theirs)),
                _ => (mine, theirs),
            };
            if (left != right)
            {
                differences.Add($"{Path.GetFileName(file)}:{number + 1}: {line}\n    ours {mine}\n    real {theirs}");
            }
        }

        return differences;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (ours, real) in _connections.Values)
        {
            ours.Dispose();
            real.Dispose();
        }

        return default;
    }

    /// <summary>redis-cli's splitting: blanks part arguments; "…" knows \n \r \t \b \a \xhh and \c; '…' knows only \'.</summary>
    internal static string[] Split(string line)
    {
        var arguments = new List<string>();
        var i = 0;
        while (i < line.Length)
        {
            if (line[i] == ' ')
            {
                i++;
                continue;
            }

            var argument = new StringBuilder();
            var quote = line[i] is '"' or '\'' ? line[i++] : ' ';
            while (i < line.Length && line[i] != quote)
            {
                if (quote == '"' && line[i] == '\\' && i + 1 < line.Length)
                {
                    i++;
                    if (line[i] == 'x' && i + 2 < line.Length && char.IsAsciiHexDigit(line[i + 1]) && char.IsAsciiHexDigit(line[i + 2]))
                    {
                        argument.Append((char)Convert.ToInt32(line.Substring(i + 1, 2), 16));
                        i += 2;
                    }
                    else
                    {
                        argument.Append(line[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'a' => '\a', var c => c });
                    }
                }
                else if (quote == '\'' && line[i] == '\\' && i + 1 < line.Length && line[i + 1] == '\'')
                {
                    argument.Append(line[++i]);
                }
                else
                {
                    argument.Append(line[i]);
                }

                i++;
            }

            i++;
            arguments.Add(argument.ToString());
        }

        return [.. arguments];
    }

    /// <summary>Sends a command that blocks; completes when the server counts it. A wait for an answer that comes, not for a time.</summary>
    private static async Task<string> BlockAsync(RawRedis control, RawRedis client, string[] command)
    {
        var before = await BlockedAsync(control);
        await client.WriteAsync(RawRedis.Encode(command));
        string now;
        do
        {
            now = await BlockedAsync(control);
        }
        while (now == before);

        return now;
    }

    private static async Task<string> BlockedAsync(RawRedis control)
    {
        var info = await control.SendAsync("INFO", "clients");
        return info.Split("\\r\\n").Single(static line => line.StartsWith("blocked_clients:", StringComparison.Ordinal));
    }

    private static string Sorted(string reply)
    {
        var items = reply.Split([", ", "[", "]", " => ", "{", "}"], StringSplitOptions.None);
        Array.Sort(items, StringComparer.Ordinal);
        return string.Join(", ", items);
    }

    private static async Task<string> WithinAsync(Task<string> reply, string file, int line)
    {
        try
        {
            return await reply.WaitAsync(TimeSpan.FromSeconds(20));
        }
        catch (Exception e)
        {
            return $"(no reply at {Path.GetFileName(file)}:{line + 1}: {e.Message})";
        }
    }

    private static async Task<string> ReadAsync(RawRedis from, int count, string file, int line)
    {
        var replies = new List<string>();
        for (var i = 0; i < count; i++)
        {
            // What MONITOR shows has its own time and address on each server.
            var reply = await WithinAsync(from.ReadAsync(), file, line);
            replies.Add(Regex.Replace(reply, @"^\+\d+\.\d{6} \[(\d+) (127\.0\.0\.1:\d+|lua)\]", static match => $"+time [{match.Groups[1].Value} {(match.Groups[2].Value == "lua" ? "lua" : "address")}]"));
        }

        return string.Join(", ", replies);
    }

    private async Task LearnIdsAsync(string line)
    {
        for (var at = line.IndexOf("$ID", StringComparison.Ordinal); at >= 0; at = line.IndexOf("$ID", at + 1, StringComparison.Ordinal))
        {
            var name = line[(at + 3)..(at + 4)];
            if (!_ids.ContainsKey(name))
            {
                var (ours, real) = await ConnectionAsync(name);
                _ids.Add(name, ((await ours.SendAsync("CLIENT", "ID"))[1..], (await real.SendAsync("CLIENT", "ID"))[1..]));
            }
        }
    }

    private string WithIds(string line, bool ours)
    {
        foreach (var (name, ids) in _ids)
        {
            line = line.Replace($"$ID{name}", ours ? ids.Ours : ids.Real, StringComparison.Ordinal);
        }

        return line;
    }

    /// <summary>A reply that is the id of a connection, or holds it as a number, is equal when it is that connection's.</summary>
    private string WithoutIds(string reply, bool ours)
    {
        foreach (var (name, ids) in _ids)
        {
            reply = Regex.Replace(reply, $"(?<=\\W:|^:|id=|redir=){(ours ? ids.Ours : ids.Real)}(?![0-9])", $"$ID{name}");
        }

        return reply;
    }

    private async Task<(RawRedis Ours, RawRedis Real)> ConnectionAsync(string name)
    {
        if (!_connections.TryGetValue(name, out var pair))
        {
            pair = (await RawRedis.ConnectAsync(ourPort, protocol), await RawRedis.ConnectAsync(realPort, protocol));
            _connections.Add(name, pair);
        }

        return pair;
    }
}
