// Columns of a terminal, counted as terminals do.
namespace Referee.Cli.Tests;

public sealed class TextWidthTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("item-1", 6)]
    [InlineData("Größe", 5)]
    [InlineData("Gro\u0308ße", 5)]
    [InlineData("表を直す", 8)]
    [InlineData("한글", 4)]
    [InlineData("🚀 go", 5)]
    public void Wide_letters_take_two_columns_and_marks_none(string text, int columns) => TextWidth.Of(text).ShouldBe(columns);
}
