// Requests that only the wire has (a name, a page), and their generated JSON.
// Members with a default are set, not init: the generated reader would overwrite the default of an init member that is missing.
using System.Text.Json.Serialization;
using Referee.Fleet;
using Referee.Records;

namespace Referee.Web.Api;

public sealed record ItemQuery(string Item);

public sealed record NameQuery(string Name);

public sealed record NoParameters;

public sealed record ShardQuery
{
    public int Shard { get; set; }
}

/// <param name="Name">The file it came from; <c>.json</c> is read as JSON, everything else as YAML.</param>
public sealed record WorkflowDocument(string Name, string Text);

public sealed record OrphanQuery
{
    /// <summary>Empty for the whole project.</summary>
    public string Item { get; set; } = "";

    public string Cursor { get; set; } = "";

    public int Limit { get; set; } = 50;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ItemQuery))]
[JsonSerializable(typeof(NameQuery))]
[JsonSerializable(typeof(NoParameters))]
[JsonSerializable(typeof(ShardQuery))]
[JsonSerializable(typeof(WorkflowDocument))]
[JsonSerializable(typeof(OrphanQuery))]
[JsonSerializable(typeof(Principal))]
[JsonSerializable(typeof(Result<Caller>))]
public sealed partial class ApiJson : JsonSerializerContext;
