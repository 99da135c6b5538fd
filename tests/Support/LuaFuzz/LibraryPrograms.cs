// A program for each library function that can be called without a word of the outside world: it with every list of a few edge arguments.
// Always: what a function answers may hold the state's own tables (environments, the registry) or sizes of memory; of those only the types are shown.
namespace Evalsha.Tests.Support.LuaFuzz;

internal static class LibraryPrograms
{
    private static readonly string[] Edges =
    [
        "", "nil", "true", "0", "-1", "2.5", "0/0", "1/0", "''", "'abc'", "'10'", "{}", "{3, 1, 2}", "GT", "GF", "print", "co",
        "1, 2", "2, -1", "'abc', 1", "'abc', 'b'", "'abc', 2, 3", "'abc', '.', '%0%0'", "'%5s', 'x'", "'%d', 3.9", "'x', {}", "'x', nil", "'collect', 0",
        "{3, 1, 2}, 1", "{3, 1, 2}, '-'", "{3, 1, 2}, 1, 2", "{3, 1, 2}, GF", "{'b', 'a'}, nil", "{}, {}", "{}, {__index = GT}", "{}, 'x', 1", "GT, 'x'", "GT, 'zz', 1",
        "GF, 1", "GF, 1, 2", "GF, {}", "GF, GF", "co, 1, 2", "co, GF", "1, 1, 5", "'#', 1, 2", "2, 'r', 'b'", "'10', 16", "'zz', 36", "nil, nil, nil",
    ];

    // Without an argument these read the standard input or the clock.
    private static readonly string[] NeedAnArgument = ["dofile", "loadfile", "os.time", "os.date"];

    private static readonly string[] OnlyTypes = ["getfenv", "debug.getfenv", "debug.getregistry", "gcinfo", "collectgarbage", "require", "module", "package.seeall", "setfenv", "debug.setfenv", "os.date", "debug.getinfo", "load"];

    public static string Of(string function)
    {
        var show = OnlyTypes.Contains(function) ? "local function show(ok, ...) local t = {} for i = 1, select('#', ...) do t[i] = type((select(i, ...))) end P(ok, unpack(t)) end" : "local show = P";
        var edges = Edges.Where(edge => !NeedAnArgument.Contains(function) || !(edge.Length == 0 || edge.StartsWith("nil", StringComparison.Ordinal)));
        // What changes the environment of its caller has a caller of its own each time; the others do without, since each would be compiled.
        var (before, after) = OnlyTypes.Contains(function) ? ("(function() ", " end)()") : ("", "");
        return $"{show};\n" + string.Join('\n', edges.Select(edge => $"{before}show(pcall({function}{(edge.Length == 0 ? "" : ", ")}{edge})){after};"));
    }
}
