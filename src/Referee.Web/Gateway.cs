// The gateway: JSON-RPC over HTTP on loopback, bearer tokens that name principals, the store behind it.
// Always: nobody is answered before their token was checked (only /health, which says nothing of the store); bodies are bounded before they
// are read; a request with a browser's Origin is refused, so that no web page can talk to it; no token is ever logged.
// It is Kestrel and two paths: a web application's host, configuration and routing would be most of what `referee up` does before it answers.
using System.Text;
using Evalsha.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Referee.Records;
using Referee.Web.Api;

namespace Referee.Web;

public sealed class Gateway : IAsyncDisposable
{
    public const long BodyBytesMax = 1024 * 1024;

    // Idle connections are closed at once; an answer that is on its way has this long.
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly KestrelServer _server;

    private Gateway(KestrelServer server, Uri url) => (_server, Url) = (server, url);

    /// <summary>Where it answers: <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri Url { get; }

    /// <summary>Starts listening on loopback. The coordinator stays the caller's.</summary>
    /// <param name="port">0 takes a free one.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static Task<Gateway> StartAsync(Coordinator coordinator, int port, CancellationToken ct) => StartAsync(Task.FromResult(coordinator), port, ct);

    /// <summary>Starts listening while the store still opens: whoever asks before then waits for it.</summary>
    /// <param name="coordinator">When it fails, requests are answered with status 500; the caller then stops the gateway.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<Gateway> StartAsync(Task<Coordinator> coordinator, int port, CancellationToken ct)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = BodyBytesMax;
        options.Listen(System.Net.IPAddress.Loopback, port);
        var server = new KestrelServer(Options.Create(options), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance), NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(new Application(coordinator), ct);
            return new(server, new Uri(server.Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/"));
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(StopPatience);
        await _server.StopAsync(patience.Token);
        _server.Dispose();
    }

    // What a request that throws comes to is the server's: status 500 and nothing of the exception.
    private sealed class Application(Task<Coordinator> coordinator) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => GatewayRequests.AnswerAsync(context, coordinator);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // Nothing of ours hangs on a context.
        }
    }
}

/// <summary>What the gateway does with a request, for an application of one's own: <c>app.Run(context => GatewayRequests.AnswerAsync(context, coordinator))</c>.</summary>
public static class GatewayRequests
{
    /// <summary>Answers <c>GET /health</c> and <c>POST /rpc</c>, and nothing else.</summary>
    public static Task AnswerAsync(HttpContext context, Coordinator coordinator) => AnswerAsync(context, Task.FromResult(coordinator));

    internal static Task AnswerAsync(HttpContext context, Task<Coordinator> coordinator) => context.Request.Path.Value switch
    {
        "/health" => HttpMethods.IsGet(context.Request.Method) ? SayAsync(context, StatusCodes.Status200OK, "ok") : WrongMethod(context, HttpMethods.Get),
        "/rpc" => HttpMethods.IsPost(context.Request.Method) ? CallAsync(context, coordinator) : WrongMethod(context, HttpMethods.Post),
        _ => SayAsync(context, StatusCodes.Status404NotFound, "there are /rpc and /health"),
    };

    private static Task WrongMethod(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return SayAsync(context, StatusCodes.Status405MethodNotAllowed, $"wants {allowed}");
    }

    private static async Task CallAsync(HttpContext context, Task<Coordinator> opening)
    {
        var ct = context.RequestAborted;
        if (context.Request.Headers.ContainsKey("Origin"))
        {
            await SayAsync(context, StatusCodes.Status403Forbidden, "requests from web pages are not taken");
            return;
        }

        var coordinator = await opening.WaitAsync(ct);
        Caller? caller;
        try
        {
            caller = await coordinator.Principals.AuthenticateAsync(Bearer(context.Request), ct);
        }
        catch (RedisConnectionException)
        {
            await SayAsync(context, StatusCodes.Status503ServiceUnavailable, "the store does not answer");
            return;
        }

        if (caller is null)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"referee\"";
            await SayAsync(context, StatusCodes.Status401Unauthorized, "wants a bearer token of a principal");
            return;
        }

        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, ct);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            await SayAsync(context, e.StatusCode, e.Message);
            return;
        }

        var answer = await JsonRpc.AnswerAsync(
            body.GetBuffer().AsMemory(0, (int)body.Length),
            (method, parameters, token) => Methods.CallAsync(coordinator, caller, method, parameters, token),
            ct);
        if (answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        await context.Response.Body.WriteAsync(answer, ct);
    }

    private static string? Bearer(HttpRequest request) =>
        request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;

    private static async Task SayAsync(HttpContext context, int status, string message)
    {
        var text = Encoding.UTF8.GetBytes(message);
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.ContentLength = text.Length;
        await context.Response.Body.WriteAsync(text, context.RequestAborted);
    }
}
