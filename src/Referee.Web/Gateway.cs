// The gateway: JSON-RPC over HTTP on loopback, bearer tokens that name principals, the store behind it.
// Always: nobody is answered before their token was checked (only /health, which says nothing of the store); bodies are bounded before they
// are read; a request with a browser's Origin is refused, so that no web page can talk to it; no token is ever logged.
using Evalsha.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Referee.Records;
using Referee.Web.Api;

namespace Referee.Web;

public sealed class Gateway : IAsyncDisposable
{
    public const long BodyBytesMax = 1024 * 1024;

    private readonly WebApplication _application;

    private Gateway(WebApplication application, Uri url) => (_application, Url) = (application, url);

    /// <summary>Where it answers: <c>http://127.0.0.1:PORT/</c>.</summary>
    public Uri Url { get; }

    /// <summary>Starts listening on loopback. The coordinator stays the caller's.</summary>
    /// <param name="port">0 takes a free one.</param>
    public static Task<Gateway> StartAsync(Coordinator coordinator, int port, CancellationToken ct) => StartAsync(Prepare(port), coordinator, ct);

    /// <summary>Builds what listens, without listening. It needs no store, so it may be built while the store opens.</summary>
    /// <param name="port">0 takes a free one.</param>
    public static WebApplication Prepare(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
            kestrel.Listen(System.Net.IPAddress.Loopback, port);
        });
        return builder.Build();
    }

    /// <summary>Listens. Whether it succeeds or not, <paramref name="application"/> is the gateway's from here on.</summary>
    public static async Task<Gateway> StartAsync(WebApplication application, Coordinator coordinator, CancellationToken ct)
    {
        try
        {
            application.MapReferee(coordinator);
            await application.StartAsync(ct);
            var address = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
            return new(application, new Uri(address + "/"));
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}

/// <summary>The gateway's routes, for an application of one's own.</summary>
public static class GatewayRoutes
{
    public static void MapReferee(this IEndpointRouteBuilder routes, Coordinator coordinator)
    {
        routes.MapGet("/health", () => Results.Text("ok"));
        routes.MapPost("/rpc", context => AnswerAsync(context, coordinator));
    }

    private static async Task AnswerAsync(HttpContext context, Coordinator coordinator)
    {
        var ct = context.RequestAborted;
        if (context.Request.Headers.ContainsKey("Origin"))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "requests from web pages are not taken");
            return;
        }

        Caller? caller;
        try
        {
            caller = await coordinator.Principals.AuthenticateAsync(Bearer(context.Request), ct);
        }
        catch (RedisConnectionException)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "the store does not answer");
            return;
        }

        if (caller is null)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer realm=\"referee\"";
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "wants a bearer token of a principal");
            return;
        }

        using var body = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(body, ct);
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, e.StatusCode, e.Message);
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

    private static Task RefuseAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(message, context.RequestAborted);
    }
}
