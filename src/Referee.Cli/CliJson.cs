// The command line's own generated JSON.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Referee.Cli;

[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class CliJson : JsonSerializerContext;
