// JSON-RPC 2.0 over bytes: one request or a batch in, the answer out. Knows no HTTP and no store.
// Always: a malformed request is answered and never thrown; an answer carries the id of its request; a refusal of the referee is a result, not an error.
using System.Text.Json;

namespace Referee.Web.Api;

/// <summary>The error codes of the specification, and ours from -32000 down.</summary>
public static class RpcErrors
{
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParameters = -32602;
    public const int InternalError = -32603;
    public const int StoreUnavailable = -32001;
    public const int Forbidden = -32003;
}

/// <summary>What a call came to: a result as JSON bytes, or an error.</summary>
public readonly record struct RpcOutcome(byte[]? Result, int Code, string Message)
{
    public static RpcOutcome Of(byte[] result) => new(result, 0, "");

    public static RpcOutcome Error(int code, string message) => new(null, code, message);
}

public static class JsonRpc
{
    public const int BatchMax = 64;

    // A member that stands twice means one thing to one reader and another to the next.
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <summary>Answers one body. Null when it held only notifications, which get no answer.</summary>
    public static async Task<byte[]?> AnswerAsync(ReadOnlyMemory<byte> body, Func<string, JsonElement, CancellationToken, Task<RpcOutcome>> call, CancellationToken ct)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, Strict);
            CheckTexts(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Write(null, RpcOutcome.Error(RpcErrors.ParseError, e.Message));
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Array)
            {
                return await AnswerOneAsync(document.RootElement, call, ct);
            }

            var count = document.RootElement.GetArrayLength();
            if (count is 0 or > BatchMax)
            {
                return Write(null, RpcOutcome.Error(RpcErrors.InvalidRequest, $"a batch holds 1 to {BatchMax} requests, this one {count}"));
            }

            var answers = new List<byte[]>();
            foreach (var request in document.RootElement.EnumerateArray())
            {
                if (await AnswerOneAsync(request, call, ct) is { } answer)
                {
                    answers.Add(answer);
                }
            }

            return answers.Count == 0 ? null : [(byte)'[', .. answers.SelectMany((answer, i) => i == 0 ? answer : [(byte)',', .. answer]), (byte)']'];
        }
    }

    // The parser looks at no text until somebody reads it: bytes that are no UTF-8 and half characters come out here, before anything was done.
    private static void CheckTexts(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var child in element.EnumerateArray())
                {
                    CheckTexts(child);
                }

                break;
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    CheckTexts(member.Value);
                }

                break;
        }
    }

    private static async Task<byte[]?> AnswerOneAsync(JsonElement request, Func<string, JsonElement, CancellationToken, Task<RpcOutcome>> call, CancellationToken ct)
    {
        if (request.ValueKind != JsonValueKind.Object
            || !request.TryGetProperty("jsonrpc", out var version) || version.ValueKind != JsonValueKind.String || version.GetString() != "2.0"
            || !request.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.String)
        {
            return Write(null, RpcOutcome.Error(RpcErrors.InvalidRequest, "not a JSON-RPC 2.0 request: wants jsonrpc \"2.0\" and a method"));
        }

        var answered = request.TryGetProperty("id", out var id);
        if (answered && id.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Null))
        {
            return Write(null, RpcOutcome.Error(RpcErrors.InvalidRequest, "an id is a string, a number or null"));
        }

        var parameters = request.TryGetProperty("params", out var given) ? given : default;
        if (parameters.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
        {
            return Write(id, RpcOutcome.Error(RpcErrors.InvalidParameters, "params is an object with named members"));
        }

        var outcome = await call(method.GetString()!, parameters, ct);
        return answered ? Write(id, outcome) : null;
    }

    private static byte[] Write(JsonElement? id, RpcOutcome outcome)
    {
        var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            json.WritePropertyName("id");
            if (id is { ValueKind: not JsonValueKind.Undefined } known)
            {
                known.WriteTo(json);
            }
            else
            {
                json.WriteNullValue();
            }

            if (outcome.Result is { } result)
            {
                json.WritePropertyName("result");
                json.WriteRawValue(result, skipInputValidation: true);
            }
            else
            {
                json.WriteStartObject("error");
                json.WriteNumber("code", outcome.Code);
                json.WriteString("message", outcome.Message);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
