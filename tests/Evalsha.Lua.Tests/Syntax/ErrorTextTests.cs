// Every message of the lexer and the parser, byte for byte as lua5.1 prints it.
using System.Text;
using Evalsha.Lua.Tests.Bytecode;

namespace Evalsha.Lua.Tests.Syntax;

public sealed class ErrorTextTests
{
    private static string Times(int n, string s) => new StringBuilder().Insert(0, s, n).ToString();

    private static string Names(int n, string separator = ",") => string.Join(separator, Enumerable.Range(0, n).Select(i => $"v{i}"));

    [Fact]
    public void Malformed_tokens_are_named_as_PUC_names_them() => Agree(
        "x = 'abc", "x = \"abc\n\"", "x = 'abc\\", "x = 'a\\\nb' y", "x = '\\300'", "x = '\\2555' y", "x = '\\256'", "x = '\\q\\\\' y",
        "x = [[abc", "x = [==[abc]=]", "x = [=abc", "x = [==", "x = [[ [[ ]] ]]", "x = [=[ [[ ]] [==[ ]=] y", "x = [=[ [=[ ]=] ]=] y",
        "--[[ abc", "--[==[ abc ]=]", "--[[ [[ ]]", "--[=[ [[ ]=] y", "--[= abc\n y", "--[", "--", "-", "x = --[[a]]--[==[b]==]",
        "x = 3x", "x = 0x", "x = 0xg", "x = 1..2", "x = 1...2", "x = 1e", "x = 1e+", "x = 1e+x", "x = 1.2.3", "x = .5.", "x = 0x1p", "x = 0x1.8", "x = 08e1_",
        "x = 12345678901234567890abc", "x = 3\0x y", "x = 3\0\0 y", "x = 1 .\0 2 y", "x = 'a\0b' 'c\0d' y y", "x = a\0b",
        "x = @", "x = $ y", "x = !", "x = ~ 1", "x ~ 1", "x = \u0001", "x = \u007f", "x = \u0080\u00ff", "\u00e9 = 1", "x = `", "x = \\", "x = ?", "\0", "x \0", "x = = 1",
        "x = ...\n.. .", "a.b:c", "x = &", "x = 'a\rb'", "x = 'a\\\r\nb\\\n\rc\\\r\rd'", "x = [[\r\n\n\ra\r\rb]] y z", "x = 1 y\r\n\r\nz z", "\n\r\n\rx x", "\f\v\t x\f=\v1 x");

    [Fact]
    public void Missing_tokens_are_named_with_what_they_close() => Agree(
        "", ";", "x", "x.", "x.y", "x:y", "x[", "x[1", "x[1]", "x =", "x,", "x,y", "x,y=", "x y", "x()", "x() y", "x().y", "x()=1", "(x)=1", "(x).y=1", "(x())", "x,y()=1", "f(), x = 1",
        "(", ")", "(x", "(\nx", "f(", "f(1", "f(\n1\n", "f(1,", "f(1 2)", "f(\n1 2)", "{", "x={", "x={1", "x={\n1", "x={1 2}", "x={a=}", "x={[1}", "x={[1]}", "x={[1]=", "x={a 1}", "x={,}", "x={;}", "x={1;2,3;}", "x={1,,2}",
        "if", "if x", "if x then", "if x then else", "if x then elseif", "if x then elseif y then else elseif z then end", "if x\nthen\n", "if x do end", "if x then end end", "if x then else else end",
        "while", "while x", "while x do", "while x\ndo\n\n", "while x then end", "do", "do\n\n", "do return end", "do return 1 2 end", "do return; x() end", "do break end", "break", "while 1 do break x() end", "while 1 do break; end x",
        "repeat", "repeat\n\n", "repeat until", "repeat break until x", "repeat local x until x y()", "for", "for x", "for x y", "for 1", "for x=", "for x=1", "for x=1,", "for x=1,2", "for x=1,2,3,4 do end", "for x=1,2\ndo\n", "for x,y=1,2 do end",
        "for x,", "for x,1 in y do end", "for x in", "for x in y", "for x in y do", "for x.y in z do end", "for x in y do end end",
        "function", "function f", "function f(", "function f()", "function f()\n\n", "function f(x", "function f(x,", "function f(x,)", "function f(1)", "function f(...", "function f(...,x) end", "function f(x ...) end", "function f.", "function f:", "function f:m", "function f:m.n() end", "function f:m:n() end", "function (x) end", "function f[1]() end", "function 1() end",
        "local", "local 1", "local x y", "local x =", "local x,", "local x.y = 1", "local function", "local function 1", "local function f.x() end", "local function f(", "local x = function", "local x = function f() end", "local x = function() ", "x = function\n(", "local x, y, = 1",
        "return", "return;", "return x y", "return x; y", "return return", "return 1,", "return f(", "return (f)(", "return ...", "function f() return ... end", "function f(...) return function() return ... end end", "x = ...", "return ... ...",
        "f\n(1)", "f()\n(1)", "f(\n1)\n(2)", "f{}\n(1)", "f'x'\n(1)", "x = f\n(g)()", "x = (f\n)(g)", "x:y\n(1)", "x:y", "x:y z", "x:1()", "x:y.z", "x:y{", "x:y'",
        "x = 1 + ", "x = + 1", "x = 1 * * 2", "x = not", "x = not not", "x = - - 1 y", "x = #", "x = 1 < 2 < 3 y", "x = a and", "x = a or or b", "x = 1 2", "x = 'a' 'b'", "x = {} {}", "x = nil.x", "x = true()", "x = 1 .. 2 y", "x = 1..2",
        "and", "end", "until", "else", "elseif", "then", "in", "nil = 1", "true = 1", "goto x", "x = end", "::x::", "x = y = z", "x += 1", "x = a ? b", "x != y", "x = a ~= b ~= c y");

    [Fact]
    public void Limits_have_PUCs_numbers_and_texts() => Agree(
        "local " + Names(200), "local " + Names(201), "local " + Names(199) + "\nlocal a\nlocal b", "function f(" + Names(200) + ") end", "function f(" + Names(201) + ") end",
        "\n\nfunction f(" + Names(199) + ", ...) end", "\nfunction f(" + Names(200) + ", ...) end", "function a:f(" + Names(199) + ") end", "function a:f(" + Names(200) + ") end",
        "local " + Names(197) + " for i = 1, 2 do end", "local " + Names(196) + " for i = 1, 2 do end", "local " + Names(196) + " for i, j in x do end", "local " + Names(198) + " local function f() end local function g() end local function h() end",
        "local " + Names(60) + " return function() return " + Names(60, "+") + " end", "local " + Names(61) + "\nreturn function() return " + Names(61, "+") + " end",
        "local " + Names(61) + "\nfunction f()\nreturn function() return " + Names(61, "+") + " end end",
        Names(150) + " = 1", Names(197) + " = 1", Names(198) + " = 1", Names(199) + " = 1", Names(200) + " = 1", "do do " + Names(198) + " = 1 end end",
        "x = " + Times(150, "(") + "1" + Times(150, ")"), "x = " + Times(196, "(") + "1" + Times(196, ")"), "x = " + Times(197, "(") + "1" + Times(197, ")"), "x = " + Times(198, "(") + "1" + Times(198, ")"), "x = " + Times(100_000, "("),
        Times(196, "do ") + Times(196, "end "), Times(197, "do ") + Times(197, "end "), Times(198, "do ") + Times(198, "end "), Times(199, "do ") + Times(199, "end "), Times(50_000, "do\n"),
        "x = " + Times(300, "-") + "1", "x = " + Times(196, "- ") + "1", "x = " + Times(197, "- ") + "1", "x = " + Times(198, "- ") + "1", "x = " + Times(100_000, "not "), "x = " + Times(250, "#") + "y",
        "x = " + Times(195, "a..") + "a", "x = " + Times(196, "a..") + "a", "x = " + Times(197, "a..") + "a", "x = " + Times(100_000, "a.."), "x = " + Times(300, "2^") + "2", "x = " + Times(100_000, "{"), "x = " + Times(190, "{") + Times(190, "}"),
        "x = " + Times(5000, "a+") + "a", "x = " + Times(5000, "a and ") + "a", "x = " + Times(5000, "a == ") + "a", "x = a" + Times(5000, ".b"), "x = a" + Times(5000, "()"), "x = a" + Times(5000, "[1]"), "x = a" + Times(5000, ":b()"), "x = a" + Times(5000, "''"),
        Times(100_000, "function f() "), Times(100_000, "if x then "), Times(100_000, "while x do "), Times(100_000, "repeat "), Times(100_000, "for i=1,2 do "), Times(100_000, "return function() "), "x = " + Times(100_000, "f("), "x = " + Times(100_000, "f["),
        "if x then " + Times(3000, "elseif y then ") + "end", "f(" + Names(247) + ")", "f(" + Names(248) + ")", "f(" + Names(249) + ")", "f(" + Names(250) + ")\ng()", "f(" + Names(260) + ")", "x = {" + Names(1000) + "}", "x = {" + Names(60) + ", ...}", "x = {f(" + Names(260) + ")}",
        "local a = " + Names(248), "local a = " + Names(249), "local a = " + Names(250), "return " + Names(249), "return " + Names(250), "x = " + Names(250), "x = " + Names(251) + "\n", "x = x..." + Names(3), "x = " + string.Join("..", Enumerable.Repeat("a", 180)) + Times(10, " + a"),
        "local " + Names(195) + " x = {a(" + Names(50) + ", b(" + Names(20) + "))}", "local " + Names(199) + " x = " + Times(60, "a+(") + "1" + Times(60, ")"), "local " + Names(199) + " x = " + Times(60, "f(a,") + "1" + Times(60, ")"),
        "for i = 1, 2 do " + Times(43_600, "a.b=c ") + " end", "for i = 1, 2 do " + Times(43_700, "a.b=c ") + " end x()", "while x do " + Times(65_000, "a=b ") + "end", "while x do " + Times(65_600, "a=b ") + "end x()", "if x then " + Times(65_600, "a=b ") + "end\nx()", "if x then " + Times(65_600, "a=b ") + "else x() end", "repeat " + Times(65_600, "a=b ") + "until x y()",
        string.Concat(Enumerable.Range(0, 262_143).Select(i => $"a={i}\n")), string.Concat(Enumerable.Range(0, 262_142).Select(i => $"a={i}\n")), string.Concat(Enumerable.Range(0, 262_144).Select(i => $"a={i}\n")),
        Times(262_144, "a=function()end\n"), Times(32_767, "do local a end "), Times(32_768, "do local a end "));

    [Fact]
    public void Of_a_limit_and_a_syntax_error_the_first_in_the_text_wins() => Agree(
        "x = " + Times(100_000, "f{"), "f(" + Names(260) + " h)", "f(" + Names(248) + " h)", "f(" + Names(249) + " h)", "f(" + Names(250) + " h)", "f(" + Names(247) + ",", "f(" + Names(248) + ",", "f(" + Names(249) + ",", "local " + Names(199) + " x = " + Times(60, "a+("), "local " + Names(199) + " x = " + Times(48, "f(a,"), "local " + Names(199) + " x = " + Times(24, "f(a,"), "local " + Names(199) + " x = " + Times(60, "f(a,") + " )",
        "x = " + Times(150, "f{") + "}", "x = " + Times(123, "f{"), "x = " + Times(124, "f{"), "x = " + Times(125, "f{"), "x = {f(" + Names(260) + ") y", "return " + Names(251) + " y", "local " + Names(195) + " x = {a(" + Names(50) + ", b(" + Names(20) + ") y", "f(" + Names(260) + ") x = 'abc", "f(" + Names(260) + ") --[[ abc", "x = 3x f(" + Names(260) + ")", "break f(" + Names(260) + ")", "(f(" + Names(260) + ")) = 1", "a, f(" + Names(260) + ") = 1", "for i = f(" + Names(260) + ") do", "function f(x, f(" + Names(260) + ")", "f(" + Names(260) + ") function g(x, 1", "f(" + Names(260) + "):x", "for f(" + Names(260) + ")", "f(" + Names(260) + ") for x y",
        "while x do " + Times(65_600, "a=b ") + "end x", "while x do " + Times(65_600, "a=b ") + "x", "if x then " + Times(65_600, "a=b ") + " else x", "repeat " + Times(65_600, "a=b ") + "until x y", "repeat " + Times(65_600, "a=b ") + "until", "for i = 1, 2 do " + Times(43_700, "a.b=c ") + " end x",
        "f(" + Names(260) + ") local " + Names(201), "local " + Names(201) + " f(" + Names(260) + ")", "f(" + Names(260) + ") " + Times(300, "do "), "f(" + Names(260) + ")" + Times(250, "\ndo"), "local a = " + Names(260) + " break", "do local a = " + Names(260) + " return 1 2", Names(150) + " = " + Names(255) + " x");

    [Fact]
    public void Chunk_names_are_cut_as_PUC_cuts_them()
    {
        foreach (var name in new[]
        {
            "=x", "=" + Times(100, "n"), "=" + Times(79, "n"), "=" + Times(80, "n"), "@f.lua", "@" + Times(71, "f"), "@" + Times(72, "f"), "@" + Times(73, "f"), "@" + Times(100, "ab/"), "x =", "line 1\nline 2", "\n", "", "=", "@",
            Times(62, "s"), Times(63, "s"), Times(64, "s"), Times(62, "s") + "\n", Times(63, "s") + "\n", "a\rb", "caf\u00e9", "=caf\u00e9", "a\0b", "=a\0b", "@a\0b",
        })
        {
            PucCompiler.ShouldAgree([PucCompiler.Bytes("x =")], name);
        }
    }

    private static void Agree(params string[] sources) => PucCompiler.ShouldAgree([.. sources.Select(PucCompiler.Bytes)]);
}
