// What verbs print: tables and lines for people, JSON for programs. Errors go to standard error.
// Always: no colour and no cursor move unless the output is a terminal; what is printed was in an answer, nothing is made up for display.
using System.Globalization;
using System.Text;
using Referee.Records;
using Spectre.Console;

namespace Referee.Cli;

internal sealed class Terminal(CliEnvironment environment, bool json)
{
    // Where there is no terminal there is no edge to fold a row at: a program reads one row a line.
    private const int PlainColumns = 1 << 20;
    private const int GapColumns = 2;

    private IAnsiConsole? _console;

    public CliEnvironment Environment => environment;

    public bool Json => json;

    // Made for the first table or the first colour: loading it costs a verb that has neither a tenth of its start.
    private IAnsiConsole Console => _console ??= NewConsole();

    public void Line(string text = "") => environment.Out.WriteLine(text);

    public void PrintJson(byte[] utf8) => Line(Encoding.UTF8.GetString(utf8));

    /// <summary>A line of which one part is in bold type.</summary>
    public void Bold(string text, string before = "", string after = "") => Styled(before, text, after, () => new Style(decoration: Decoration.Bold));

    /// <summary>A line of which one part is red.</summary>
    public void Red(string text, string before = "", string after = "") => Styled(before, text, after, () => new Style(Color.Maroon)); // the terminal's own red, no. 1

    /// <summary>A line of which one part is yellow.</summary>
    public void Yellow(string text, string before = "", string after = "") => Styled(before, text, after, () => new Style(Color.Olive)); // the terminal's own yellow, no. 3

    /// <summary>Columns as wide as their widest cell, two spaces apart; folded only at the edge of a terminal.</summary>
    public void Table(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.None, Expand = false };
        foreach (var header in headers)
        {
            var gap = table.Columns.Count + 1 < headers.Count ? GapColumns : 0;
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, gap, 0) });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        Console.Write(table);
    }

    /// <summary>Every refusal with who can fix it and the next command.</summary>
    public void Refusals(string headline, IReadOnlyList<Refusal> refusals)
    {
        Red(headline);
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

    private void Styled(string before, string text, string after, Func<Style> style)
    {
        if (environment.IsInteractive)
        {
            Console.Write(new Paragraph(before).Append(text, style()).Append(after + "\n"));
        }
        else
        {
            Line(before + text + after);
        }
    }

    private IAnsiConsole NewConsole()
    {
        // Windows has to be asked to obey, which detecting does; elsewhere a terminal that takes no colours has said so already.
        var colours = OperatingSystem.IsWindows() ? AnsiSupport.Detect : AnsiSupport.Yes;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = environment.IsInteractive ? colours : AnsiSupport.No,
            ColorSystem = environment.IsInteractive ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(environment.Out),
        });
        if (!environment.IsInteractive)
        {
            console.Profile.Width = PlainColumns;
        }

        return console;
    }
}
