// The texts of an item, kept apart from its record as JSON in the details hash: no decision reads them.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Referee.Work;

internal sealed record ItemDetails
{
    public string Title { get; init; } = "";

    public string Body { get; init; } = "";

    public IReadOnlyList<string> AcceptanceCriteria { get; init; } = [];

    public IReadOnlyList<string> Labels { get; init; } = [];

    public IReadOnlyList<string> DependsOn { get; init; } = [];

    public string Workflow { get; init; } = "";

    public string SubmittedBy { get; init; } = "";

    public string ToJson() => JsonSerializer.Serialize(this, ItemDetailsJson.Default.ItemDetails);

    /// <summary>Reads what is stored; nothing stored, or something unreadable, is empty texts: an item can be shown without them.</summary>
    public static ItemDetails Read(string? json)
    {
        try
        {
            return string.IsNullOrEmpty(json) ? new ItemDetails() : JsonSerializer.Deserialize(json, ItemDetailsJson.Default.ItemDetails) ?? new ItemDetails();
        }
        catch (JsonException)
        {
            return new ItemDetails { Title = "(the stored texts cannot be read)" };
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ItemDetails))]
internal sealed partial class ItemDetailsJson : JsonSerializerContext;
