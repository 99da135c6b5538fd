// The JSON of the workflow side, generated at build: what the command line prints and the gateway reads and answers.
using System.Text.Json.Serialization;
using Referee.Records;

namespace Referee.Workflows;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(PromoteRequest))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(SendBackRequest))]
[JsonSerializable(typeof(ApproveRequest))]
[JsonSerializable(typeof(AuditRequest))]
[JsonSerializable(typeof(ChainRecord))]
[JsonSerializable(typeof(Verification))]
[JsonSerializable(typeof(Result<Decision>), TypeInfoPropertyName = "DecisionResult")]
[JsonSerializable(typeof(Result<Explanation>), TypeInfoPropertyName = "ExplanationResult")]
[JsonSerializable(typeof(Result<SentBack>), TypeInfoPropertyName = "SentBackResult")]
[JsonSerializable(typeof(Result<Heard>), TypeInfoPropertyName = "HeardResult")]
[JsonSerializable(typeof(Result<ApprovalList>), TypeInfoPropertyName = "ApprovalListResult")]
[JsonSerializable(typeof(Result<AuditPage>), TypeInfoPropertyName = "AuditPageResult")]
[JsonSerializable(typeof(Result<ItemHistory>), TypeInfoPropertyName = "ItemHistoryResult")]
[JsonSerializable(typeof(Result<WorkflowAdded>), TypeInfoPropertyName = "WorkflowAddedResult")]
[JsonSerializable(typeof(Result<WorkflowList>), TypeInfoPropertyName = "WorkflowListResult")]
[JsonSerializable(typeof(Result<Verification>), TypeInfoPropertyName = "VerificationResult")]
public sealed partial class WorkflowJson : JsonSerializerContext;
