// docs/lua-differences.md says what differs, and what it says still holds.
using System.Runtime.CompilerServices;

namespace Evalsha.Lua.Tests;

public sealed class LuaDifferencesTests
{
    private static string Page([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/lua-differences.md"));

    public static TheoryData<string> Programs => [.. LuaDifferences.Rows.Where(row => row.Program is not null).Select(row => row.Program!)];

    [Fact]
    public void The_page_is_what_the_table_prints()
    {
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1") File.WriteAllText(Page(), LuaDifferences.Page());
        File.ReadAllText(Page()).ShouldBe(LuaDifferences.Page(), "docs/lua-differences.md is stale: run the tests of Evalsha.Lua with UPDATE_DOCS=1");
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void A_difference_of_the_table_still_shows(string program)
    {
        OurLua.Run(program).ShouldNotBe(PucLua.Run(program));
    }
}
