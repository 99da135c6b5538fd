// What people read: columns in line, colours only where there is somebody to see them.
namespace Referee.Cli.Tests;

public sealed class TerminalTests
{
    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell() =>
        Rows(["ITEM", "TITLE", "N"], ["a", "表を直す", "1"], ["item-2", "", "12"], ["b", "[x]", ""]).ShouldBe(
        [
            "ITEM    TITLE     N",
            "a       表を直す  1",
            "item-2            12",
            "b       [x]",
        ]);

    [Fact]
    public void Where_there_is_no_terminal_a_row_is_one_line_however_long()
    {
        var title = new string('x', 500);
        Rows(["ITEM", "TITLE"], ["a", title], ["b", ""]).ShouldBe(["ITEM  TITLE", "a     " + title, "b"]);
    }

    [Fact]
    public void Colours_go_to_terminals_alone()
    {
        Print(interactive: false, terminal => terminal.Red("no", "it says ", "!")).ShouldBe("it says no!" + Environment.NewLine);
        Print(interactive: true, terminal => terminal.Red("no", "it says ", "!")).ShouldBe("it says \e[31mno\e[0m!" + Environment.NewLine);
    }

    private static string[] Rows(string[] headers, params string[][] rows) =>
        [.. Print(interactive: false, terminal => terminal.Table(headers, rows)).TrimEnd().Split(Environment.NewLine).Select(line => line.TrimEnd())];

    private static string Print(bool interactive, Action<Terminal> print)
    {
        using var output = new StringWriter();
        print(new Terminal(new CliEnvironment("", new Dictionary<string, string>(), output, TextWriter.Null, interactive, TimeProvider.System), json: false));
        return output.ToString();
    }
}
