// The programs of tests/Conformance/lua, on lua5.1 and on ours: what they print is compared byte for byte.
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Evalsha.Lua.Tests;

public sealed class ConformanceTests
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(2);

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../Conformance/lua"));

    public static TheoryData<string> Programs => [.. Directory.GetFiles(Folder(), "*.lua").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task A_program_prints_what_lua_prints(string name)
    {
        var real = await RunRealAsync(name);
        Compare(name, real, LuaTier.Interpreted);
        Compare(name, real, LuaTier.Compiled);
    }

    private static void Compare(string name, (byte[] Output, byte[] Errors) real, LuaTier tier)
    {
        var ours = RunOurs(name, tier);
        Describe(ours.Output).ShouldBe(Describe(real.Output), $"{name}, {tier}: {Encoding.Latin1.GetString(ours.Errors)}");
        // lua5.1 is called by that name; everything else of a failure is the same.
        Encoding.Latin1.GetString(ours.Errors).ShouldBe(Encoding.Latin1.GetString(real.Errors).Replace("lua5.1: ", "lua: ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_programs_are_there() => Programs.Count.ShouldBeGreaterThan(30);

    private static async Task<(byte[] Output, byte[] Errors)> RunRealAsync(string name)
    {
        var start = new ProcessStartInfo("lua5.1", [name]) { WorkingDirectory = Folder(), RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("lua5.1 is needed: install the package lua5.1");
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        await Task.WhenAll(process.StandardOutput.BaseStream.CopyToAsync(output), process.StandardError.BaseStream.CopyToAsync(errors)).WaitAsync(RunLimit);
        await process.WaitForExitAsync();
        return (output.ToArray(), errors.ToArray());
    }

    private static (byte[] Output, byte[] Errors) RunOurs(string name, LuaTier tier)
    {
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        var state = new LuaState(new LuaOptions { Output = output, Tier = tier });
        var program = new LuaProgram(state, errors);
        program.SetArguments([name], 0);
        program.TryRun(File.ReadAllBytes(Path.Combine(Folder(), name)), '@' + name, []);
        return (output.ToArray(), errors.ToArray());
    }

    // One char for each byte: a difference is shown as text.
    private static string Describe(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
