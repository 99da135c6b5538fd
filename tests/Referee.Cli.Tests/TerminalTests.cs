// What people read: columns in line, colours only where there is somebody to see them.
namespace Referee.Cli.Tests;

public sealed class TerminalTests
{
    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell_and_nothing_trails()
    {
        Print(interactive: false, terminal => terminal.Table(["ITEM", "TITLE", "N"], [["a", "表を直す", "1"], ["item-2", "", "12"], ["b", "x", ""]])).ShouldBe(
            """
            ITEM    TITLE     N
            a       表を直す  1
            item-2            12
            b       x

            """.ReplaceLineEndings());
    }

    [Fact]
    public void Colours_go_to_terminals_alone()
    {
        Print(interactive: false, terminal => terminal.Line(terminal.Red("no") + terminal.Bold("!"))).ShouldBe("no!" + Environment.NewLine);
        Print(interactive: true, terminal => terminal.Line(terminal.Red("no") + terminal.Bold("!"))).ShouldBe("\e[31mno\e[0m\e[1m!\e[0m" + Environment.NewLine);
    }

    private static string Print(bool interactive, Action<Terminal> print)
    {
        using var output = new StringWriter();
        print(new Terminal(new CliEnvironment("", new Dictionary<string, string>(), output, TextWriter.Null, interactive, TimeProvider.System), json: false));
        return output.ToString();
    }
}
