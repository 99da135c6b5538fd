// The running gateway, over HTTP on loopback with a bearer token.
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Referee.Web.Api;

namespace Referee.Cli.Doors;

/// <summary>The gateway does not answer: it may have gone between being found and being asked.</summary>
/// <param name="sent">Whether it may have done what was asked before it went.</param>
internal sealed class GatewayLostException(string message, bool sent) : CliException(ExitCodes.Unavailable, message)
{
    public bool Sent { get; } = sent;
}

internal sealed class GatewayDoor(Uri url, string token) : IDoor
{
    private const int BodyBytesMax = 64 * 1024 * 1024;

    // No proxy stands between a process and its own machine; a gateway sets no cookies and sends nobody elsewhere.
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
    {
        BaseAddress = url,
        MaxResponseContentBufferSize = BodyBytesMax,
    };

    public string Describe => $"gateway {url}";

    public bool Verified => true;

    public async Task<RpcOutcome> CallAsync(string method, byte[] parameters, CancellationToken ct)
    {
        if (token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            // It would end the header that it stands in.
            throw new CliException(ExitCodes.Forbidden, "this is no token: it holds a space or a character that no token has");
        }

        byte[] request = [.. "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(method, CliJson.Default.String), .. ",\"params\":"u8, .. parameters, .. "}"u8];
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, "rpc") { Content = new ByteArrayContent(request) };
            message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await _http.SendAsync(message, ct);
            var body = await response.Content.ReadAsByteArrayAsync(ct);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => Read(body),
                HttpStatusCode.Unauthorized => throw new CliException(ExitCodes.Forbidden, "the gateway does not know this token; see referee principal list"),
                _ => throw new CliException(ExitCodes.Unavailable, $"the gateway answered {(int)response.StatusCode}: {Encoding.UTF8.GetString(body)}"),
            };
        }
        catch (HttpRequestException e)
        {
            // Only what found nobody to connect to was surely never read; of all else something may have been done.
            throw new GatewayLostException($"the gateway {url} does not answer: {e.Message}", sent: e.HttpRequestError != HttpRequestError.ConnectionError);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new GatewayLostException($"the gateway {url} does not answer within {_http.Timeout.TotalSeconds:0} s", sent: true);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CliException(ExitCodes.Unavailable, $"what answers at {url} is not the gateway: {e.Message}");
        }
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static RpcOutcome Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement.TryGetProperty("error", out var error))
        {
            return RpcOutcome.Error(error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString() ?? "");
        }

        return RpcOutcome.Of(JsonSerializer.SerializeToUtf8Bytes(document.RootElement.GetProperty("result"), CliJson.Default.JsonElement));
    }
}
