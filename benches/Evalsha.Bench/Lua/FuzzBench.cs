// Fuzzing for as long as one likes:
//     ./bench fuzz lua [--programs N] [--seed S] [--tier T]       random programs on lua5.1 and on ours; reports opcodes and library functions reached
//     ./bench fuzz lua --print [--programs N] [--seed S] > batch.lua    the programs themselves, to run by hand
//     ./bench fuzz hostile [--cases N] [--seed S] [--tier T]      random bytes for every part that reads a script's bytes
// T is interpreted, compiled or automatic (auto): how our functions are run. Everything follows from the seed, which is printed first. The exit code is 1 when anything was found.
using System.Diagnostics;
using System.Globalization;
using Evalsha.Lua;
using Evalsha.Tests.Support.LuaFuzz;

namespace Evalsha.Bench.Lua;

internal static class FuzzBench
{
    const int DefaultPrograms = 20_000;
    const int DefaultCases = 10_000_000;
    const int FindingsMax = 20;

    public static int Run(string[] args)
    {
        if (args is ["lua", "--print", ..])
        {
            var first = Option(args, "--seed", 1);
            Console.Out.Write(DifferentialFuzzer.Source([.. Enumerable.Range(first, Option(args, "--programs", 1)).Select(n => string.Join('\n', RandomProgram.Statements(n)))]));
            return 0;
        }
        var seed = Option(args, "--seed", (int)(DateTime.UtcNow.Ticks % 1_000_000_000));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}"));
        var tier = Tier(args);
        return args.FirstOrDefault() switch
        {
            "lua" => Programs(seed, Option(args, "--programs", DefaultPrograms), tier),
            "hostile" => Hostile(seed, Option(args, "--cases", DefaultCases), tier),
            _ => Usage(),
        };
    }

    static int Usage()
    {
        Console.Error.WriteLine("./bench fuzz lua [--programs N] [--seed S] [--tier T] | hostile [--cases N] [--seed S] [--tier T]");
        return 64;
    }

    static int Option(string[] args, string name, int byDefault)
    {
        var at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : byDefault;
    }

    static LuaTier Tier(string[] args)
    {
        var at = Array.IndexOf(args, "--tier");
        if (at < 0 || at + 1 >= args.Length) return new LuaOptions().Tier;
        return args[at + 1] == "auto" ? LuaTier.Automatic : Enum.Parse<LuaTier>(args[at + 1], ignoreCase: true);
    }

    static int Hostile(int seed, int count, LuaTier tier)
    {
        var clock = Stopwatch.StartNew();
        var fuzzer = new HostileFuzzer(tier);
        var found = 0;
        foreach (var finding in fuzzer.Run(seed, count, Stuck))
        {
            Console.WriteLine($"--- seed {finding.Seed}, {finding.Kind}: {finding.What}");
            if (++found >= FindingsMax) break;
        }
        foreach (var (kind, cases) in fuzzer.Cases) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind,-16} {cases,10}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fuzzer.Cases.Values.Sum()} cases, {found} findings, {clock.Elapsed.TotalSeconds:F0} s"));
        return found > 0 ? 1 : 0;
    }

    // Nothing can stop such a case from outside: say which it is, and end.
    static void Stuck(HostileFinding finding)
    {
        Console.WriteLine($"--- seed {finding.Seed}, {finding.Kind}: {finding.What}");
        Environment.Exit(1);
    }

    static int Programs(int seed, int count, LuaTier tier)
    {
        var clock = Stopwatch.StartNew();
        var fuzzer = new DifferentialFuzzer(new LuaOptions { Tier = tier });
        var found = 0;
        foreach (var difference in fuzzer.Run(seed, count))
        {
            Console.WriteLine($"--- seed {difference.Seed}\n{difference.Program}\nlua5.1: {difference.Theirs}\nours:   {difference.Ours}");
            if (++found >= FindingsMax) break;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fuzzer.Programs} programs, {found} differences, {fuzzer.EndedTheirs} ended lua5.1 itself, {clock.Elapsed.TotalSeconds:F0} s"));
        var (opCodes, functions) = (fuzzer.UnreachedOpCodes.ToList(), fuzzer.UnreachedFunctions.ToList());
        Console.WriteLine($"opcodes reached: {fuzzer.OpCodes.Count - opCodes.Count} of {fuzzer.OpCodes.Count} {string.Join(' ', opCodes)}");
        Console.WriteLine($"library functions reached: {fuzzer.Functions.Count - functions.Count - RandomProgram.NeverCalled.Keys.Count(fuzzer.Functions.ContainsKey)} of {fuzzer.Functions.Count}; not called on purpose: {string.Join(' ', RandomProgram.NeverCalled.Keys)}");
        if (functions.Count > 0) Console.WriteLine($"not reached: {string.Join(' ', functions)}");
        return found > 0 || opCodes.Count > 0 || functions.Count > 0 ? 1 : 0;
    }
}
