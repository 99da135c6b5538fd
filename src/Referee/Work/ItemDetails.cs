// The texts of an item, kept apart from its record as JSON in the details hash: no decision reads them.
// Properties can be set, so that a generated reader leaves the defaults of those that are not there.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Referee.Work;

internal sealed record ItemDetails
{
    public string Title { get; set; } = "";

    public string Body { get; set; } = "";

    public IReadOnlyList<string> AcceptanceCriteria { get; set; } = [];

    public IReadOnlyList<string> Labels { get; set; } = [];

    public IReadOnlyList<string> DependsOn { get; set; } = [];

    public string Workflow { get; set; } = "";

    public string SubmittedBy { get; set; } = "";

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
