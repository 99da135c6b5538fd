// What a folder of Markdown says is to be done, and where it could not be understood.
using Referee.Records;

namespace Referee.Work.Backlog;

/// <param name="File">As given by whoever read it.</param>
/// <param name="Line">Counted from 1.</param>
public sealed record BacklogError(string File, int Line, string Reason)
{
    public override string ToString() => $"{File}:{Line}: {Reason}";
}

/// <param name="Line">Where the front matter begins.</param>
public sealed record BacklogItem(string File, int Line, SubmitRequest Request);

/// <summary>Items in an order in which each comes after those it depends on. What could not be read is in the errors; the others are good.</summary>
public sealed record BacklogContent(IReadOnlyList<BacklogItem> Items, IReadOnlyList<BacklogError> Errors);

public sealed record BacklogRefusal(string File, int Line, string Item, Refusal Refused);

/// <param name="AlreadyThere">Names that the project had before; a backlog can be read again.</param>
public sealed record BacklogReport(
    IReadOnlyList<Submitted> Submitted, IReadOnlyList<string> AlreadyThere, IReadOnlyList<BacklogRefusal> Refused, IReadOnlyList<BacklogError> Errors);
