// What verbs print: tables and lines for people, JSON for programs. Errors go to standard error.
// Always: no colour and no cursor move unless the output is a terminal; what is printed was in an answer, nothing is made up for display.
using System.Globalization;
using System.Text;
using Referee.Records;

namespace Referee.Cli;

internal sealed class Terminal(CliEnvironment environment, bool json)
{
    private const string ColumnGap = "  ";

    public CliEnvironment Environment => environment;

    public bool Json => json;

    public void Line(string text = "") => environment.Out.WriteLine(text);

    public void PrintJson(byte[] utf8) => Line(Encoding.UTF8.GetString(utf8));

    public string Bold(string text) => Styled("1", text);

    public string Red(string text) => Styled("31", text);

    public string Yellow(string text) => Styled("33", text);

    /// <summary>Columns as wide as their widest cell, two spaces apart; nothing is folded or cut.</summary>
    public void Table(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        var cells = rows.ToList();
        var widths = headers.Select((header, column) => cells.Select(row => TextWidth.Of(row[column])).Append(TextWidth.Of(header)).Max()).ToList();
        Line(Bold(Row(headers)));
        foreach (var row in cells)
        {
            Line(Row(row));
        }

        string Row(IReadOnlyList<string> row) =>
            string.Join(ColumnGap, row.Select((cell, column) => cell + new string(' ', widths[column] - TextWidth.Of(cell)))).TrimEnd();
    }

    /// <summary>Every refusal with who can fix it and the next command.</summary>
    public void Refusals(string headline, IReadOnlyList<Refusal> refusals)
    {
        Line(Red(headline));
        foreach (var refusal in refusals)
        {
            var got = refusal.Got.Length == 0 ? "nothing" : refusal.Got;
            Line($"  {refusal.Code,-12} {refusal.Path}{(refusal.Wanted.Length == 0 ? "" : $": wanted {refusal.Wanted}, got {got}")}");
            if (refusal.WhoCanFix.Length > 0 || refusal.Next.Length > 0)
            {
                Line($"  {"",-12} {(refusal.WhoCanFix.Length > 0 ? $"can fix: {refusal.WhoCanFix}" : "")}{(refusal.Next.Length > 0 ? $"   next: {refusal.Next}" : "")}");
            }
        }
    }

    /// <summary>A time of the server's clock.</summary>
    public static string Time(long unixMilliseconds) =>
        unixMilliseconds == 0 ? "" : DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private string Styled(string code, string text) => environment.IsInteractive ? $"\e[{code}m{text}\e[0m" : text;
}
