// What verbs print: tables and lines for people, JSON for programs. Errors go to standard error.
// Always: no colour and no cursor move unless the output is a terminal; what is printed was in an answer, nothing is made up for display.
using System.Globalization;
using System.Text;
using Referee.Records;
using Spectre.Console;

namespace Referee.Cli;

internal sealed class Terminal
{
    // Wide enough that a table in a file or a pipe is not folded.
    private const int PlainWidth = 200;
    private readonly IAnsiConsole _console;

    public Terminal(CliEnvironment environment, bool json)
    {
        Environment = environment;
        Json = json;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = environment.IsInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = environment.IsInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(environment.Out),
        });
        if (!environment.IsInteractive)
        {
            _console.Profile.Width = PlainWidth;
        }
    }

    public CliEnvironment Environment { get; }

    public bool Json { get; }

    public IAnsiConsole Console => _console;

    public void Line(string text = "") => Environment.Out.WriteLine(text);

    public void Markup(string markup) => _console.MarkupLine(markup);

    public void PrintJson(byte[] utf8) => Line(Encoding.UTF8.GetString(utf8));

    public void Table(IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false, Expand = false };
        foreach (var header in headers)
        {
            table.AddColumn(new TableColumn(new Text(header, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        _console.Write(table);
    }

    /// <summary>Every refusal with who can fix it and the next command.</summary>
    public void Refusals(string headline, IReadOnlyList<Refusal> refusals)
    {
        Markup($"[red]{Spectre.Console.Markup.Escape(headline)}[/]");
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
}
