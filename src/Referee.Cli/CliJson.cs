// The command line's own generated JSON.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Referee.Cli;

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(Demo.DemoOutcome))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class CliJson : JsonSerializerContext;
