// The little of HTTP/1.1 that a verb needs to ask a gateway on its own machine: one POST, one answer with a length, connections kept for the next.
// Always: a connection that anything went wrong on is closed and not used again; a request that may have been read is never sent twice from here.
// Why not HttpClient: a verb makes one call, and making HttpClient ready for it took a third of `referee status` (see `./bench startup`).
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Referee.Cli.Doors;

/// <summary>Nobody answered.</summary>
/// <param name="sent">Whether the other side may have read the request, and so may have done what it asks.</param>
internal sealed class LoopbackException(string message, bool sent, Exception? inner = null) : Exception(message, inner)
{
    public bool Sent { get; } = sent;
}

/// <param name="host">The host of the address, which must be loopback.</param>
internal sealed class LoopbackHttp(string host, int port, string token) : IDisposable
{
    private const int HeadBytesMax = 32 * 1024;
    private const int BodyBytesMax = 64 * 1024 * 1024;

    // As patient as HttpClient: a verification of a long chain takes its time.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(100);
    private readonly ConcurrentBag<Socket> _idle = [];

    /// <summary>Status and body of the answer.</summary>
    /// <exception cref="LoopbackException">The connection broke, nobody answered in time, or what answered is not the gateway.</exception>
    public async Task<(int Status, byte[] Body)> PostAsync(string path, byte[] json, CancellationToken ct)
    {
        var socket = await ConnectAsync(ct);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(AnswerPatience);
            var head = Encoding.ASCII.GetBytes(
                $"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {json.Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n");
            byte[] request = [.. head, .. json];
            for (var sent = 0; sent < request.Length;)
            {
                sent += await socket.SendAsync(request.AsMemory(sent), patience.Token);
            }

            var (status, body, kept) = await ReadAsync(socket, patience.Token);
            if (kept)
            {
                _idle.Add(socket);
                socket = null;
            }

            return (status, body);
        }
        catch (Exception e) when (e is SocketException or InvalidDataException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            throw new LoopbackException(e is OperationCanceledException ? $"no answer within {AnswerPatience.TotalSeconds:0} s" : e.Message, sent: true, e);
        }
        finally
        {
            socket?.Dispose();
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var socket))
        {
            socket.Dispose();
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken ct)
    {
        while (_idle.TryTake(out var kept))
        {
            // Nobody owes us an answer here: whatever can be read is the other side's goodbye.
            if (!kept.Poll(0, SelectMode.SelectRead))
            {
                return kept;
            }

            kept.Dispose();
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(host), port), ct);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new LoopbackException(e.Message, sent: false, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<(int Status, byte[] Body, bool Kept)> ReadAsync(Socket socket, CancellationToken ct)
    {
        var buffer = new byte[4096];
        var filled = 0;
        var headEnd = -1;
        while (headEnd < 0)
        {
            if (filled == buffer.Length)
            {
                if (filled >= HeadBytesMax)
                {
                    throw new InvalidDataException("the head of the answer is too long");
                }

                Array.Resize(ref buffer, filled * 2);
            }

            filled += await ReceiveAsync(socket, buffer.AsMemory(filled), ct);
            headEnd = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
        }

        var (status, length, kept) = ReadHead(Encoding.ASCII.GetString(buffer, 0, headEnd));
        var body = new byte[length];
        var begun = filled - (headEnd + 4);
        if (begun > length)
        {
            throw new InvalidDataException("more came than the answer's length says");
        }

        buffer.AsSpan(headEnd + 4, begun).CopyTo(body);
        while (begun < length)
        {
            begun += await ReceiveAsync(socket, body.AsMemory(begun), ct);
        }

        return (status, body, kept);
    }

    private static (int Status, int Length, bool Kept) ReadHead(string head)
    {
        var lines = head.Split("\r\n");
        if (lines[0].Length < 12 || !lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
            || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            throw new InvalidDataException("what answers there does not speak HTTP/1.1");
        }

        // No content has no length, and everything else that the gateway says has one.
        var length = status == (int)HttpStatusCode.NoContent ? 0 : -1;
        var kept = true;
        foreach (var line in lines.AsSpan(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line.AsSpan(colon + 1).Trim();
            switch (colon < 0 ? "" : line[..colon].ToLowerInvariant())
            {
                case "content-length" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var stated) && stated <= BodyBytesMax:
                    length = stated;
                    break;
                case "connection":
                    kept = !value.Equals("close", StringComparison.OrdinalIgnoreCase);
                    break;
            }
        }

        return length < 0 ? throw new InvalidDataException("the answer has no length, so it is not the gateway's") : (status, length, kept);
    }

    private static async Task<int> ReceiveAsync(Socket socket, Memory<byte> into, CancellationToken ct)
    {
        var read = await socket.ReceiveAsync(into, ct);
        return read > 0 ? read : throw new InvalidDataException("the connection was closed before the answer was whole");
    }
}
