// One row of the method table: a name on the wire, what it does in a sentence, and the function behind it.
// Always: parameters are read by the request's own generated JSON reader, so an unknown shape is an error of the caller and never a default.
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Referee.Records;

namespace Referee.Web.Api;

/// <summary>The parameters do not fit the method; the message names the member.</summary>
public sealed class RpcParameterException(string message, Exception inner) : Exception(message, inner);

/// <param name="Name">As on the wire: <c>task.create</c>.</param>
/// <param name="Operator">Only principals with the role <c>operator</c> may call it.</param>
/// <param name="Reads">It changes nothing.</param>
/// <param name="Repeatable">Asking twice is asking once: it reads, or it sets what the request says, whatever was there before.</param>
public sealed record RpcMethod(string Name, string Summary, bool Operator, bool Reads, bool Repeatable, Func<Coordinator, Caller, JsonElement, CancellationToken, Task<byte[]>> Invoke)
{
    // The JSON of a method is made when it is first called: making it for all of them cost every start of the program 70 ms.
    /// <summary>A method from the operation's own types: the request is read, the operation runs, the result is written as UTF-8 JSON.</summary>
    public static RpcMethod Of<TRequest, TResult>(
        string name,
        string summary,
        Func<JsonTypeInfo<TRequest>> requestJson,
        Func<JsonTypeInfo<Result<TResult>>> resultJson,
        Func<Coordinator, Caller, TRequest, CancellationToken, Task<Result<TResult>>> operation,
        bool forOperators = false,
        bool reads = false,
        bool repeatable = false)
        where TResult : class
    {
        var reader = new Lazy<(JsonTypeInfo<TRequest> Strict, string[] Lists)>(() =>
        {
            var strict = Strict(requestJson());
            return (strict, [.. strict.Properties.Where(property => property.PropertyType == typeof(IReadOnlyList<string>)).Select(property => property.Name)]);
        });
        return new(name, summary, forOperators, reads, reads || repeatable, async (coordinator, caller, parameters, ct) =>
        {
            TRequest request;
            try
            {
                CheckLists(parameters, reader.Value.Lists);
                request = parameters.Deserialize(reader.Value.Strict) ?? throw new JsonException("parameters are null");
            }
            catch (JsonException e)
            {
                throw new RpcParameterException($"{name}: {e.Message}", e);
            }

            return JsonSerializer.SerializeToUtf8Bytes(await operation(coordinator, caller, request, ct), resultJson());
        });
    }

    // The generated reader looks at whether a member may be null, and not at what a list holds.
    private static void CheckLists(JsonElement parameters, string[] lists)
    {
        foreach (var list in lists)
        {
            if (parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(list, out var given) && given.ValueKind == JsonValueKind.Array
                && given.EnumerateArray().Any(element => element.ValueKind == JsonValueKind.Null))
            {
                throw new JsonException($"'{list}' holds a null");
            }
        }
    }

    // A member that the request does not know is a mistyped one; left out in silence, a `fense` would be no fence at all.
    private static JsonTypeInfo<T> Strict<T>(JsonTypeInfo<T> json) =>
        (JsonTypeInfo<T>)new JsonSerializerOptions(json.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow }.GetTypeInfo(typeof(T));
}
