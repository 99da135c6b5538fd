// The gateway over HTTP: who is let in, what is refused before anything is read, and that nobody's token is ever repeated.
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Referee.Fleet;
using Referee.Hosting;
using Referee.Web.Api;

namespace Referee.Web.Tests;

public sealed class GatewayTests : IAsyncLifetime
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private RefereeStore _store = null!;
    private Gateway _gateway = null!;
    private string _operator = "";
    private string _agent = "";

    public async Task InitializeAsync()
    {
        _store = await RefereeStore.OpenAsync(new RefereeStoreOptions(), CancellationToken.None);
        _gateway = await Gateway.StartAsync(_store.Coordinator, 0, CancellationToken.None);
        _operator = (await _store.Coordinator.Principals.AddAsync(new Principal("olga", PrincipalKind.Human, [Methods.OperatorRole]))).OrThrow().Token;
        _agent = (await _store.Coordinator.Principals.AddAsync(new Principal("ann", PrincipalKind.Agent, []))).OrThrow().Token;
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public void It_listens_on_loopback_alone() => _gateway.Url.Host.ShouldBe("127.0.0.1");

    [Fact]
    public async Task Health_is_for_everybody_and_says_nothing_of_the_store()
    {
        using var response = await _http.GetAsync(new Uri(_gateway.Url, "health"));
        (await response.Content.ReadAsStringAsync()).ShouldBe("ok");
    }

    [Fact]
    public async Task Other_paths_and_other_methods_are_told_so()
    {
        using var nowhere = await _http.GetAsync(new Uri(_gateway.Url, "board"));
        nowhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var read = await _http.GetAsync(new Uri(_gateway.Url, "rpc"));
        read.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        read.Content.Headers.Allow.ShouldBe(["POST"]);
        using var written = await _http.PostAsync(new Uri(_gateway.Url, "health"), null);
        written.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task Whoever_asks_while_the_store_opens_waits_for_it()
    {
        var store = new TaskCompletionSource<Coordinator>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var early = await Gateway.StartAsync(store.Task, 0, CancellationToken.None);
        using var health = await _http.GetAsync(new Uri(early.Url, "health"));
        health.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(early.Url, "rpc")) { Content = new ByteArrayContent(Call("system.whoami")) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _agent);
        var asked = _http.SendAsync(request);
        store.SetResult(_store.Coordinator);
        using var answer = await asked;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_store_that_did_not_open_is_no_answer_and_nothing_of_why_is_told()
    {
        await using var early = await Gateway.StartAsync(Task.FromException<Coordinator>(new InvalidDataException("secret")), 0, CancellationToken.None);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(early.Url, "rpc")) { Content = new ByteArrayContent(Call("system.whoami")) };
        using var answer = await _http.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await answer.Content.ReadAsStringAsync()).ShouldNotContain("secret");
    }

    [Fact]
    public async Task Nobody_is_answered_without_a_token_of_a_principal()
    {
        var wrong = _agent[..^1] + (_agent[^1] == 'A' ? 'B' : 'A');
        foreach (var token in (string?[])[null, "", "ref.ann", wrong, "ref.nobody." + wrong[^43..], "ref.ann." + new string('A', 100_000 / 10), "\"'{}"])
        {
            using var response = await PostAsync(token, Call("system.whoami"));
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, token);
            response.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
            var body = await response.Content.ReadAsStringAsync();
            body.ShouldBe("wants a bearer token of a principal");
        }
    }

    [Fact]
    public async Task A_token_names_the_principal_whatever_the_payload_says()
    {
        (await ResultAsync(_agent, Call("system.whoami"))).GetProperty("value").GetProperty("principal").GetString().ShouldBe("ann");
        using var claimed = await AnswerAsync(_agent, Call("system.whoami", """{"principal":"olga"}"""));
        claimed.RootElement.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(RpcErrors.InvalidParameters);
    }

    [Fact]
    public async Task A_request_from_a_web_page_is_refused_also_with_a_good_token()
    {
        using var response = await PostAsync(_operator, Call("system.whoami"), request => request.Headers.Add("Origin", "http://127.0.0.1"));
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_body_has_a_limit_announced_or_not()
    {
        var large = new byte[Gateway.BodyBytesMax + 1];
        using var announced = await PostAsync(_agent, large);
        announced.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var chunked = await PostAsync(_agent, large, request => request.Headers.TransferEncodingChunked = true);
        chunked.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        using var fits = await PostAsync(_agent, [.. Call("system.whoami"), .. Enumerable.Repeat((byte)' ', 1000)]);
        fits.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Errors_of_the_protocol_come_with_status_200_and_their_code()
    {
        foreach (var (body, code) in ((string, int)[])
        [
            ("{", RpcErrors.ParseError), ("[]", RpcErrors.InvalidRequest), ("""{"jsonrpc":"2.0","id":1,"method":"task.steal"}""", RpcErrors.MethodNotFound),
            ("""{"jsonrpc":"2.0","id":1,"method":"task.show","params":{}}""", RpcErrors.InvalidParameters),
            ("""{"jsonrpc":"2.0","id":1,"method":"task.show","params":{"item":null}}""", RpcErrors.InvalidParameters),
            ("""{"jsonrpc":"2.0","id":1,"method":"task.claim","params":{"labels":[null]}}""", RpcErrors.InvalidParameters),
            ("""{"jsonrpc":"2.0","id":1,"method":"task.renew","params":{"item":"a","fense":3}}""", RpcErrors.InvalidParameters),
        ])
        {
            using var answer = await AnswerAsync(_agent, Encoding.UTF8.GetBytes(body));
            answer.RootElement.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(code, body);
        }
    }

    [Fact]
    public async Task A_batch_is_answered_as_one_and_notifications_with_nothing()
    {
        using var answer = await AnswerAsync(_agent, [(byte)'[', .. Call("system.whoami"), (byte)',', .. Call("system.status"), (byte)']']);
        answer.RootElement.GetArrayLength().ShouldBe(2);
        using var silent = await PostAsync(_agent, """{"jsonrpc":"2.0","method":"system.whoami"}"""u8.ToArray());
        silent.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Methods_for_operators_are_closed_to_everybody_else()
    {
        foreach (var method in Methods.All.Where(method => method.Operator))
        {
            using var answer = await AnswerAsync(_agent, Call(method.Name));
            answer.RootElement.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(RpcErrors.Forbidden, method.Name);
        }

        Methods.All.Count(method => method.Operator).ShouldBe(3);
        (await ResultAsync(_operator, Call("principal.add", """{"name":"bob","kind":"Ci","roles":[]}"""))).GetProperty("value").GetProperty("token").GetString()!.ShouldStartWith("ref.bob.");
    }

    [Fact]
    public async Task A_token_is_in_the_answer_that_made_it_and_in_no_other()
    {
        foreach (var method in Methods.All)
        {
            foreach (var parameters in (string[])["{}", """{"item":"a"}""", """{"name":"ann"}"""])
            {
                if (method.Name == "principal.remove")
                {
                    continue;
                }

                using var response = await PostAsync(_operator, Call(method.Name, parameters));
                var text = response.Headers + await response.Content.ReadAsStringAsync();
                text.ShouldNotContain(_operator);
                text.ShouldNotContain(_agent);
                text.ShouldNotContain(_agent[^43..]);
            }
        }
    }

    [Fact]
    public async Task A_removed_principal_is_shut_out_at_once()
    {
        await ResultAsync(_operator, Call("principal.remove", """{"name":"ann"}"""));
        using var response = await PostAsync(_agent, Call("system.whoami"));
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static byte[] Call(string method, string parameters = "{}") => Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{{parameters}}}""");

    private async Task<HttpResponseMessage> PostAsync(string? token, byte[] body, Action<HttpRequestMessage>? with = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateway.Url, "rpc")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        with?.Invoke(request);
        return await _http.SendAsync(request);
    }

    private async Task<JsonDocument> AnswerAsync(string token, byte[] body)
    {
        using var response = await PostAsync(token, body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
    }

    private async Task<JsonElement> ResultAsync(string token, byte[] body)
    {
        using var answer = await AnswerAsync(token, body);
        return answer.RootElement.GetProperty("result").Clone();
    }
}
