// The running gateway, over HTTP on loopback with a bearer token.
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Referee.Web.Api;

namespace Referee.Cli.Doors;

internal sealed class GatewayDoor : IDoor
{
    private readonly HttpClient _http;
    private readonly Uri _url;

    public GatewayDoor(Uri url, string token)
    {
        _url = url;
        // No proxy stands between a process and its own machine.
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = url };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string Describe => $"gateway {_url}";

    public bool Verified => true;

    public async Task<RpcOutcome> CallAsync(string method, byte[] parameters, CancellationToken ct)
    {
        byte[] request = [.. "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"u8, .. JsonSerializer.SerializeToUtf8Bytes(method, CliJson.Default.String), .. ",\"params\":"u8, .. parameters, .. "}"u8];
        try
        {
            using var content = new ByteArrayContent(request) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await _http.PostAsync("rpc", content, ct);
            var body = await response.Content.ReadAsByteArrayAsync(ct);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => Read(body),
                HttpStatusCode.Unauthorized => throw new CliException(ExitCodes.Forbidden, "the gateway does not know this token; see referee principal list"),
                _ => throw new CliException(ExitCodes.Unavailable, $"the gateway answered {(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(body)}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Also when something that is no gateway answers there, or nothing does for the client's own timeout.
            throw new CliException(ExitCodes.Unavailable, $"the gateway {_url} does not answer: {e.Message}");
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
