// The JSON of the work side, generated at build: what the command line prints and the gateway reads and answers.
using System.Text.Json.Serialization;
using Referee.Records;

namespace Referee.Work;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SubmitRequest))]
[JsonSerializable(typeof(ClaimRequest))]
[JsonSerializable(typeof(RenewRequest))]
[JsonSerializable(typeof(IReadOnlyList<RenewRequest>))]
[JsonSerializable(typeof(ReleaseRequest))]
[JsonSerializable(typeof(EvidenceRequest))]
[JsonSerializable(typeof(SubjectRequest))]
[JsonSerializable(typeof(ParkRequest))]
[JsonSerializable(typeof(ListRequest))]
[JsonSerializable(typeof(OrphanDecision))]
[JsonSerializable(typeof(Result<Submitted>), TypeInfoPropertyName = "SubmittedResult")]
[JsonSerializable(typeof(Result<Claim>), TypeInfoPropertyName = "ClaimResult")]
[JsonSerializable(typeof(Result<Renewal>), TypeInfoPropertyName = "RenewalResult")]
[JsonSerializable(typeof(Result<Renewals>), TypeInfoPropertyName = "RenewalsResult")]
[JsonSerializable(typeof(Result<Released>), TypeInfoPropertyName = "ReleasedResult")]
[JsonSerializable(typeof(Result<EvidenceAccepted>), TypeInfoPropertyName = "EvidenceAcceptedResult")]
[JsonSerializable(typeof(Result<SubjectSet>), TypeInfoPropertyName = "SubjectSetResult")]
[JsonSerializable(typeof(Result<ParkAnswer>), TypeInfoPropertyName = "ParkAnswerResult")]
[JsonSerializable(typeof(Result<ItemView>), TypeInfoPropertyName = "ItemViewResult")]
[JsonSerializable(typeof(Result<ItemPage>), TypeInfoPropertyName = "ItemPageResult")]
[JsonSerializable(typeof(Result<ProjectStatus>), TypeInfoPropertyName = "ProjectStatusResult")]
[JsonSerializable(typeof(Result<QueuePosition>), TypeInfoPropertyName = "QueuePositionResult")]
[JsonSerializable(typeof(Result<OrphanPage>), TypeInfoPropertyName = "OrphanPageResult")]
[JsonSerializable(typeof(Result<OrphanDecided>), TypeInfoPropertyName = "OrphanDecidedResult")]
[JsonSerializable(typeof(Backlog.BacklogReport))]
public sealed partial class WorkJson : JsonSerializerContext;
