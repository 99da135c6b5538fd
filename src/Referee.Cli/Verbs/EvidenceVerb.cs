// referee evidence: submits a fact about an item. A value that reads as JSON is that value; anything else is a text.
using System.CommandLine;
using System.Text.Json;
using Referee.Work;

namespace Referee.Cli.Verbs;

internal static class EvidenceVerb
{
    public static Command Create(VerbFactory verbs)
    {
        var item = Symbols.Item();
        var kind = new Argument<string>("kind") { Description = "The kind, as the workflow declares it" };
        var value = new Argument<string>("value") { Description = "true, 12, null, {\"total\":3}, or a text; --text takes it as a text whatever it looks like" };
        var text = new Option<bool>("--text") { Description = "The value is a text, also when it reads as JSON" };
        var fence = Symbols.Fence();
        var subject = new Option<string>("--subject") { Description = "What was looked at, such as a git tree", DefaultValueFactory = _ => "" };
        var setSubject = new Option<bool>("--set-subject") { Description = "Also makes the subject the item's own: this is the work now" };
        var requestId = Symbols.RequestId();
        return verbs.Create("evidence", "Submit a fact about an item; your kind and roles give its tier", [item, kind, value, text, fence, subject, setSubject, requestId], call => call.AnswerAsync(
            "task.evidence",
            new EvidenceRequest(call.Get(item), call.Get(kind), Read(call.Get(value), call.Get(text)))
            {
                Fence = call.Get(fence),
                Subject = call.Get(subject)!,
                SetSubject = call.Get(setSubject),
                RequestId = call.RequestId(requestId),
            },
            WorkJson.Default.EvidenceRequest,
            WorkJson.Default.EvidenceAcceptedResult,
            accepted => call.Terminal.Line($"{accepted.Item}: {accepted.Kind} accepted as {accepted.Tier} (version {accepted.Version})")));
    }

    internal static JsonElement Read(string value, bool asText)
    {
        if (!asText)
        {
            try
            {
                using var document = JsonDocument.Parse(value);
                return document.RootElement.Clone();
            }
            catch (JsonException)
            {
                // Not JSON, so it is a text: a branch name, a remark.
            }
        }

        return JsonSerializer.SerializeToElement(value, CliJson.Default.String);
    }
}
