// What the stand-alone interpreter does around a program: arguments, and how a failure is shown. Compared with lua5.1.
using System.Diagnostics;
using System.Text;

namespace Evalsha.Lua.Tests;

public sealed class LuaProgramTests
{
    [Theory]
    [InlineData("print(arg[0], arg[1], arg[2], #arg, ...)")]
    [InlineData("#!/usr/bin/lua\nerror('second line')")]
    [InlineData("#only a comment line")]
    [InlineData("return 5")]
    [InlineData("x = = 1")]
    [InlineData("error('text')")]
    [InlineData("error('text', 0)")]
    [InlineData("error('text', 2)")]
    [InlineData("error()")]
    [InlineData("error(12)")]
    [InlineData("error({})")]
    [InlineData("error(setmetatable({}, {__tostring = function() return 'T' end}))")]
    [InlineData("debug = nil error('no traceback')")]
    [InlineData("debug.traceback = nil error('no traceback')")]
    [InlineData("local t = nil; t.x = 1")]
    [InlineData("local function f(n) if n == 0 then error('deep') end f(n - 1) end f(40)")]
    [InlineData("local function f(n) if n == 0 then error('deep') end f(n - 1) end f(17)")]
    [InlineData("local function f(n) if n == 0 then error('deep') end f(n - 1) end f(18)")]
    [InlineData("local function f(n) if n == 0 then error('deep') end f(n - 1) end f(19)")]
    [InlineData("function f() return g() end function g() error('tail') end f()")]
    [InlineData("coroutine.wrap(function() error('in a coroutine') end)()")]
    [InlineData("table.sort({3, 2, 1}, function(a, b) error('in a callback') end)")]
    [InlineData("local function f() f() end f()")]
    public void A_program_ends_as_lua_ends_it(string source)
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("program-").FullName, "p.lua");
        File.WriteAllText(file, source, Encoding.Latin1);
        try
        {
            var start = new ProcessStartInfo("lua5.1", ["p.lua", "a", "-b"]) { WorkingDirectory = Path.GetDirectoryName(file), RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start) ?? throw new InvalidOperationException("lua5.1 is needed: install the package lua5.1");
            var errorText = process.StandardError.ReadToEndAsync();
            var outputText = process.StandardOutput.ReadToEnd();
            process.WaitForExit();

            var (output, errors) = (new MemoryStream(), new MemoryStream());
            var program = new LuaProgram(new LuaState(new LuaOptions { Output = output }), errors);
            program.SetArguments(["lua", "p.lua", "a", "-b"], 1);
            program.TryRun(File.ReadAllBytes(file), "@p.lua", ["a", "-b"]).ShouldBe(process.ExitCode == 0);
            Encoding.Latin1.GetString(errors.ToArray()).ShouldBe(errorText.GetAwaiter().GetResult().Replace("lua5.1: ", "lua: ", StringComparison.Ordinal));
            Encoding.Latin1.GetString(output.ToArray()).ShouldBe(outputText);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
        }
    }
}
