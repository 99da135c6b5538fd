// What differs between this engine and PUC Lua 5.1.5 on purpose, each with its reason: docs/lua-differences.md is printed from here.
// Always: a row either has a program that shows it (run by the test on both), or says why no program can.
using System.Text;

namespace Evalsha.Lua.Tests;

internal static class LuaDifferences
{
    /// <param name="Program">Prints something else on the two engines; null when what differs cannot be shown by printing.</param>
    internal sealed record Row(string What, string Theirs, string Ours, string Reason, string? Program);

    public static readonly Row[] Rows =
    [
        new("Modules in C", "`require` and `package.loadlib` load `.so` files", "answered as by a PUC built without dynamic linking: `dynamic libraries not enabled; check your Lua installation`, `absent`",
            "A C module is written against the C API, which a managed engine does not have.", "print(select(3, package.loadlib('x', 'y')))"),
        new("More libraries", "nine", "also `bit`, `cjson`, `cmsgpack` and `struct`, as scripts in the server have them; the order of `pairs(_G)` follows", "A script can be tried outside the server.", "print(bit, cjson)"),
        new("Addresses", "`table: 0x55d0c8f4a2c0`", "a number in order of first asking", "Objects move in .NET's memory. Programs that print addresses print other ones in every run of PUC too.", "print(#tostring({}) > 20)"),
        new("`load` with a reader", "asks for a piece when the parser needs one", "asks for all pieces first, so a reader is called to its end although the text before has an error", "The parser reads a whole text.",
            "local n = 0 load(function() n = n + 1 return n < 10 and ' = ' or nil end) print(n)"),
        new("The traceback of a reader's error", "is part of the message that `load` gives back, where no `pcall` or `xpcall` lies between: the handler of the `lua` program itself rewrote it", "`load` gives the error's own message",
            "Here the host keeps a traceback beside the error and rewrites no value. The handler of an `xpcall` is asked as in PUC.", "print(load(function() error('x') end))"),
        new("Values in dead registers", "`debug.getlocal` shows `(*temporary)` values that PUC's last instructions left", "others", "Which values lie there follows from how each instruction works, not from the language.", null),
        new("`collectgarbage('count')`", "the bytes PUC's allocator holds", "what is alive by our own count, and what was allocated since", "The memory is .NET's. It grows and shrinks with the program as PUC's does.", null),
        new("`%p`-like order of object keys", "`next` visits tables, functions and userdata as keys by address", "by order of creation", "As addresses. Numbers, strings and booleans as keys come in PUC's order.", null),
        new("Precompiled chunks", "run in any state", "outside the sandbox only, after PUC's own check and a stricter one: what no compiler writes (a `for` loop that jumps forward at its end, values up to a top that was not set just before, a table larger than its function could fill) is `bad code`",
            "A script inside a server must not reach below the compiler, and a damaged chunk must not block or end the process.", null),
        new("Patterns without end", "run until they are done, with the C stack as the limit", "interrupted by the step budget, and `pattern too complex` where the C stack would overflow", "Nothing may block or end the process.", null),
        new("`debug.debug`", "reads commands from the standard input", "missing", "It blocks the process by design.", "print(debug.debug)"),
    ];

    public static string Page()
    {
        var text = new StringBuilder("""
            # What differs from PUC Lua 5.1

            The engine is compared with `lua5.1` byte for byte: programs, messages, tracebacks, bytecode, random programs (`./bench fuzz lua`). This is what differs on purpose.
            Printed from `tests/Evalsha.Lua.Tests/LuaDifferences.cs` (`UPDATE_DOCS=1 ./test Lua` writes it anew).

            | what | PUC 5.1.5 | here | why |
            |---|---|---|---|

            """);
        foreach (var row in Rows) text.Append($"| {row.What} | {row.Theirs} | {row.Ours} | {row.Reason} |\n");
        return text.ToString();
    }
}
