// Turns a refusal's code into words for people: who can fix it and the command that would help.
// Always: the code, path, wanted and got are the script's; only the advice is added here.
using Evalsha.Resp;
using Referee.Records;

namespace Referee.Work;

internal static class Refusals
{
    public static Refusal NotFound(string item) => Explain(new Refusal(RefusalCodes.NotFound, "item", "an item of this project", item), item);

    public static Refusal BadName(string path, string? got) =>
        new(RefusalCodes.BadName, path, Names.Rule, got ?? "nothing", "the caller", "");

    public static Refusal Limit(string path, string wanted, string got) =>
        new(RefusalCodes.Limit, path, wanted, got, "the caller", "");

    public static Refusal Missing(string path, string wanted) =>
        new(RefusalCodes.Missing, path, wanted, "nothing", "the caller", "");

    /// <summary>Whether a script's reply is a refusal: its first word is not OK.</summary>
    public static bool TryRead(RespValue reply, string item, out Refusal refusal)
    {
        var code = reply[0].AsText();
        if (code == "OK")
        {
            refusal = new Refusal("");
            return false;
        }

        refusal = Explain(new Refusal(code, Text(reply, 1), Text(reply, 2), Text(reply, 3)), item);
        return true;
    }

    /// <summary>Adds who can fix it and how.</summary>
    public static Refusal Explain(Refusal refusal, string item)
    {
        var (who, next) = refusal.Code switch
        {
            RefusalCodes.NotFound => ("whoever submits work", "referee list"),
            RefusalCodes.StaleFence => ("whoever holds it now; a late result is kept for a person to accept", $"referee show {item}"),
            RefusalCodes.NotClaimed => ("the caller, by claiming it", $"referee claim {item}"),
            RefusalCodes.NotHolder => ("the holder", $"referee show {item}"),
            RefusalCodes.Claimed => ("the holder, or time: the lease ends by itself", $"referee show {item}"),
            RefusalCodes.Blocked => ("whoever does what it waits for", $"referee show {item}"),
            RefusalCodes.Parked => ("a person", $"referee unpark {item}"),
            RefusalCodes.Done => ("nobody: it is done; work that must be redone is sent back", $"referee send-back {item}"),
            RefusalCodes.Empty => ("whoever submits or finishes work", "referee status"),
            RefusalCodes.Duplicate => ("the caller, by another name", $"referee show {item}"),
            RefusalCodes.FormatNewer => ("whoever installs this program: the item was written by a newer one", "referee --version"),
            RefusalCodes.Forbidden => ("a person, or a principal with the role operator", ""),
            RefusalCodes.Tier => ("somebody whose evidence counts at least as much", $"referee show {item}"),
            RefusalCodes.Policy => ("the caller, by trying again: the workflow changed meanwhile", ""),
            _ => (refusal.WhoCanFix.Length == 0 ? "the caller" : refusal.WhoCanFix, refusal.Next),
        };
        return refusal with { WhoCanFix = who, Next = next };
    }

    private static string Text(RespValue reply, int index) => index < reply.Count ? reply[index].AsTextOrNull() ?? "" : "";
}
