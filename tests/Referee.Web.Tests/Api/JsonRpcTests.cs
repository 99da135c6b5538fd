// JSON-RPC 2.0 as its specification has it, and that no bytes whatever bring it down.
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Referee.Web.Api;

namespace Referee.Web.Tests.Api;

public sealed class JsonRpcTests
{
    [Fact]
    public async Task A_call_is_answered_under_its_id()
    {
        (await AnswerAsync("""{"jsonrpc":"2.0","id":7,"method":"echo","params":{"a":1}}""")).ShouldBe("""{"jsonrpc":"2.0","id":7,"result":{"a":1}}""");
        (await AnswerAsync("""{"jsonrpc":"2.0","id":"x","method":"echo"}""")).ShouldBe("""{"jsonrpc":"2.0","id":"x","result":{}}""");
        (await AnswerAsync("""{"jsonrpc":"2.0","id":null,"method":"echo"}""")).ShouldBe("""{"jsonrpc":"2.0","id":null,"result":{}}""");
    }

    [Theory]
    [InlineData("", RpcErrors.ParseError)]
    [InlineData("{", RpcErrors.ParseError)]
    [InlineData("{} {}", RpcErrors.ParseError)]
    [InlineData("1", RpcErrors.InvalidRequest)]
    [InlineData("null", RpcErrors.InvalidRequest)]
    [InlineData("{}", RpcErrors.InvalidRequest)]
    [InlineData("[]", RpcErrors.InvalidRequest)]
    [InlineData("""{"jsonrpc":"1.0","id":1,"method":"echo"}""", RpcErrors.InvalidRequest)]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", RpcErrors.InvalidRequest)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":7}""", RpcErrors.InvalidRequest)]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"echo"}""", RpcErrors.InvalidRequest)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"echo","method":"other"}""", RpcErrors.ParseError)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":"\ud800"}}""", RpcErrors.ParseError)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"\udc00"}""", RpcErrors.ParseError)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"echo","params":[1]}""", RpcErrors.InvalidParameters)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"echo","params":null}""", RpcErrors.InvalidParameters)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"none"}""", RpcErrors.MethodNotFound)]
    public async Task What_is_no_call_is_answered_with_its_error(string body, int code)
    {
        using var answer = JsonDocument.Parse((await AnswerAsync(body))!);
        answer.RootElement.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(code);
        answer.RootElement.TryGetProperty("result", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_a_parse_error()
    {
        byte[] body = [.. """{"jsonrpc":"2.0","id":1,"method":"ec"""u8, 0xC3, 0x28, .. "\"}"u8];
        using var answer = JsonDocument.Parse((await JsonRpc.AnswerAsync(body, CallAsync, CancellationToken.None))!);
        answer.RootElement.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(RpcErrors.ParseError);
    }

    [Fact]
    public async Task A_notification_gets_no_answer_whatever_it_comes_to()
    {
        (await AnswerAsync("""{"jsonrpc":"2.0","method":"echo"}""")).ShouldBeNull();
        (await AnswerAsync("""{"jsonrpc":"2.0","method":"none"}""")).ShouldBeNull();
        (await AnswerAsync("""[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"echo"}]""")).ShouldBeNull();
    }

    [Fact]
    public async Task A_batch_is_answered_as_a_list_without_its_notifications()
    {
        (await AnswerAsync("""[{"jsonrpc":"2.0","id":1,"method":"echo"},7,{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","id":2,"method":"echo"}]"""))!
            .ShouldBe("""[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"not a JSON-RPC 2.0 request: wants jsonrpc \u00222.0\u0022 and a method"}},{"jsonrpc":"2.0","id":2,"result":{}}]""");
    }

    [Fact]
    public async Task A_batch_has_a_limit()
    {
        var one = """{"jsonrpc":"2.0","id":1,"method":"echo"}""";
        (await AnswerAsync($"[{string.Join(',', Enumerable.Repeat(one, JsonRpc.BatchMax))}]"))!.ShouldStartWith("[");
        (await AnswerAsync($"[{string.Join(',', Enumerable.Repeat(one, JsonRpc.BatchMax + 1))}]"))!.ShouldContain("-32600");
    }

    [Fact]
    public void No_bytes_bring_it_down()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), body => IsAnswered(body)).QuickCheckThrowOnFailure();
    }

    // Pieces of calls, put together at random and damaged in one place: closer to what the reader takes apart than bytes are.
    [Fact]
    public void No_almost_call_brings_it_down()
    {
        string[] pieces =
        [
            "{", "}", "[", "]", ",", ":", "\"jsonrpc\":\"2.0\"", "\"id\":1", "\"id\":1e999", "\"id\":\"\\ud800\"", "\"method\":\"echo\"", "\"method\":\"\\u0000\"", "\"params\":{}", "\"params\":",
            "\"\\u", "\"", "null", "-0", "1e9", "\u0000", "é", "\"\\udc00\":1", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\"}", "{\"jsonrpc\":\"2.0\",\"method\":\"echo\",\"params\":{\"a\":",
        ];
        var bodies = from parts in Gen.ListOf(Gen.Elements(pieces))
                     from damage in Gen.Choose(0, 255)
                     from place in Gen.Choose(0, 10_000)
                     select Damage(Encoding.UTF8.GetBytes(string.Concat(parts)), place, (byte)damage);
        Prop.ForAll(bodies.ToArbitrary(), body => IsAnswered(body)).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static byte[] Damage(byte[] body, int place, byte damage)
    {
        if (body.Length > 0 && damage > 127)
        {
            body[place % body.Length] = damage;
        }

        return body;
    }

    private static bool IsAnswered(byte[] body)
    {
        var answer = JsonRpc.AnswerAsync(body, CallAsync, CancellationToken.None).GetAwaiter().GetResult();
        if (answer is not null)
        {
            JsonDocument.Parse(answer).Dispose();
        }

        return true;
    }

    private static async Task<string?> AnswerAsync(string body) =>
        await JsonRpc.AnswerAsync(Encoding.UTF8.GetBytes(body), CallAsync, CancellationToken.None) is { } answer ? Encoding.UTF8.GetString(answer) : null;

    private static Task<RpcOutcome> CallAsync(string method, JsonElement parameters, CancellationToken ct) => Task.FromResult(
        method == "echo"
            ? RpcOutcome.Of(Encoding.UTF8.GetBytes(parameters.ValueKind == JsonValueKind.Undefined ? "{}" : parameters.GetRawText()))
            : RpcOutcome.Error(RpcErrors.MethodNotFound, $"there is no method {method}"));
}
