// No text ends the process: whatever comes, the parser and compiler give a prototype or a LuaSyntaxException, also in a 512 KB stack.
using System.Text;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;
using Evalsha.Lua.Tests.Bytecode;
using FsCheck;
using FsCheck.Fluent;

namespace Evalsha.Lua.Tests.Syntax;

public sealed class HostileSourceTests
{
    private const int SmallStack = 512 * 1024;

    [Fact]
    public void Any_bytes_compile_or_raise_a_syntax_error_and_nothing_else()
    {
        Prop.ForAll<byte[]>(bytes => Compile(bytes)).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Any_tokens_compile_or_raise_a_syntax_error_and_nothing_else()
    {
        var seeds = Gen.Choose(1_000_000, int.MaxValue).ToArbitrary();
        Prop.ForAll(seeds, seed => Compile(PucCompiler.Bytes(new RandomSource(seed).Soup()))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Every_way_to_nest_survives_a_small_stack()
    {
        string[] openings =
        [
            "(", "{", "[", "x=(", "x={", "x={{", "x={[", "x={a=", "f(", "f{", "f[", "x=f(", "x=f[", "x=-", "x=not ", "x=#", "x=a..", "x=a^", "x=2^-", "x=a+(", "x=function() return ", "return function() return ", "x=a and (", "x=(a or ",
            "do ", "if x then ", "if x then else ", "while x do ", "repeat ", "for i=1,2 do ", "for i in x do ", "function f() ", "local function f() ", "local x=function() ", "f(function() ", "x={function() ", "a.b[c:d{(", "if (", "while f(", "a,", "a.b,", "a[f(",
        ];
        InSmallStack(() =>
        {
            foreach (var opening in openings)
            {
                foreach (var times in (int[])[60, 120, 190, 199, 250, 200_000]) Compile(Repeat(opening, times));
            }
        });
    }

    [Fact]
    public void Nests_that_are_legal_compile_in_a_small_stack()
    {
        InSmallStack(() =>
        {
            foreach (var (open, middle, close) in new[]
            {
                ("x=(", "1", ")"), ("do ", "", " end"), ("if x then ", "", " end"), ("return function() ", "", " end"), ("function f() ", "", " end"), ("repeat ", "", " until x"), ("for i in x do ", "", " end"), ("while x do ", "", " end"),
            })
            {
                // A for loop takes four of the 200 locals; a returned function is two levels, a block and an expression.
                var repeated = open.StartsWith("x=", StringComparison.Ordinal) ? open[2..] : open;
                var times = open.StartsWith("for", StringComparison.Ordinal) ? 49 : open.StartsWith("return", StringComparison.Ordinal) ? 95 : 190;
                var text = open + string.Concat(Enumerable.Repeat(repeated, times - 1)) + middle + string.Concat(Enumerable.Repeat(close, times));
                PucCompiler.Ours(PucCompiler.Bytes(text), "=x").Ok.ShouldBeTrue(text);
            }
        });
    }

    [Fact]
    public void Chains_of_any_length_stay_flat_in_a_small_stack()
    {
        InSmallStack(() =>
        {
            foreach (var link in (string[])["+a", ".b", "()", "[1]", ":c()", "'s'", "{}", " and a", " or a", "==a", "<a", "*a-a", " and a or a", "..a+a"])
            {
                Compile(PucCompiler.Bytes("x = a" + string.Concat(Enumerable.Repeat(link, 100_000))));
            }
            Compile(PucCompiler.Bytes("if a then " + string.Concat(Enumerable.Repeat("elseif a then ", 60_000)) + "end"));
            Compile(Repeat("f();", 200_000));
            Compile(PucCompiler.Bytes("x = {" + string.Concat(Enumerable.Repeat("1,", 400_000)) + "}"));
            Compile(PucCompiler.Bytes("x = '" + new string('\\', 1_000_000) + "'"));
            Compile(PucCompiler.Bytes("x = [" + new string('=', 1_000_000)));
            Compile(PucCompiler.Bytes("x = " + new string('1', 1_000_000)));
            Compile(PucCompiler.Bytes("x = 0x" + new string('f', 1_000_000)));
            Compile(PucCompiler.Bytes(new string('n', 1_000_000) + " = " + new string('n', 1_000_000)));
        });
    }

    private static byte[] Repeat(string text, int times) => Encoding.Latin1.GetBytes(new StringBuilder().Insert(0, text, times).ToString());

    private static void Compile(byte[] source)
    {
        try
        {
            var prototype = Compiler.Compile(source, "=x"u8.ToArray(), new StringPool());
            Listing.Of(prototype, full: true).ShouldNotBeEmpty();
        }
        catch (LuaSyntaxException e)
        {
            e.Line.ShouldBeGreaterThan(0);
            e.Offset.ShouldBeInRange(0, source.Length);
            e.MessageBytes.ShouldNotBeEmpty();
        }
    }

    private static void InSmallStack(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        }, SmallStack);
        thread.Start();
        thread.Join();
        if (failure is not null) throw new InvalidOperationException("in a small stack", failure);
    }
}
