// Our Lua against lua5.1, luajit -joff and luajit: the programs of Programs/, in process and as whole processes, turn and turn about.
//     ./bench lua [PROGRAM…] [--tier 0|1|auto] [--quick] [--rounds N] [--repetitions N] [--in-process | --whole]
// In process: the least CPU time of a run inside a process, after loading (timed.lua). Whole: the least time from start to exit.
// Each program is sized to last 0.4 to 0.6 s under lua5.1, so that what a start costs counts as it would in use.
// A ratio above 1 means faster than lua5.1. What each engine prints is compared; a difference is an error. Ends with the gates:
// in process at tier 0 no program under 1; whole processes 2 by geometric mean, and none under 1.
using System.Diagnostics;
using System.Globalization;

namespace Evalsha.Bench.Lua;

internal static class LoopBench
{
    const int DefaultRepetitions = 3; // processes of each kind
    const int DefaultRounds = 6;      // runs inside one process
    const double InProcessGate = 1.0;
    const double WholeGate = 2.0;
    const double WholeLeastGate = 1.0;

    static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Lua");

    /// <summary>One engine: the command before the program, and for ours how it runs functions (see LuaTier).</summary>
    sealed record Engine(string Name, string[] Command, string? Tier = null);

    sealed class Score
    {
        public double InProcess = double.MaxValue;
        public double Whole = double.MaxValue;
    }

    public static int Run(string[] args)
    {
        var names = new List<string>();
        var repetitions = DefaultRepetitions;
        var rounds = DefaultRounds;
        var tier = "auto";
        var (inProcess, whole) = (true, true);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    (repetitions, rounds) = (1, 3);
                    break;
                case "--rounds":
                    rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--repetitions":
                    repetitions = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--tier":
                    tier = args[++i];
                    break;
                case "--in-process":
                    whole = false;
                    break;
                case "--whole":
                    inProcess = false;
                    break;
                default:
                    names.Add(args[i]);
                    break;
            }
        }

        Engine[] engines = [new("lua5.1", ["lua5.1"]), new("luajit -joff", ["luajit", "-joff"]), new("luajit", ["luajit"]), Ours(tier)];
        var programs = Directory.GetFiles(Path.Combine(Folder, "Programs"), "*.lua")
            .Where(file => names.Count == 0 || names.Contains(Path.GetFileNameWithoutExtension(file)))
            .Order(StringComparer.Ordinal).ToArray();
        if (programs.Length == 0) throw new ArgumentException("no such program: see benches/Evalsha.Bench/Lua/Programs");

        var table = new List<(string Name, Score[] Scores)>();
        Console.WriteLine($"{"",-13}in process (tier {tier}){"",17}whole processes");
        Console.WriteLine($"{"program",-13}{"lua5.1 ms",9}{"-joff",8}{"luajit",8}{"ours",8}    {"lua5.1 ms",9}{"-joff",8}{"luajit",8}{"ours",8}");
        foreach (var program in programs)
        {
            var scores = Measure(program, engines, repetitions, inProcess ? rounds : 0, whole);
            table.Add((Path.GetFileNameWithoutExtension(program), scores));
            Console.WriteLine(Row(table[^1].Name, scores));
        }

        Console.WriteLine($"{"geomean",-13}{"",9}{Mean(table, 1, InProcessRatio)}{Mean(table, 2, InProcessRatio)}{Mean(table, 3, InProcessRatio)}    {"",9}{Mean(table, 1, WholeRatio)}{Mean(table, 2, WholeRatio)}{Mean(table, 3, WholeRatio)}");
        var passed = true;
        if (inProcess) passed &= Gate($"in process, every program at least {InProcessGate:F1}", table.Where(row => InProcessRatio(row.Scores, 3) < InProcessGate).Select(row => row.Name));
        if (whole) passed &= Gate($"whole processes, every program at least {WholeLeastGate:F1}", table.Where(row => WholeRatio(row.Scores, 3) < WholeLeastGate).Select(row => row.Name));
        if (whole) passed &= Gate($"whole processes, geometric mean at least {WholeGate:F1}", GeometricMean(table, 3, WholeRatio) < WholeGate ? ["the mean"] : []);
        return passed ? 0 : 1;
    }

    static double InProcessRatio(Score[] scores, int engine) => scores[0].InProcess / scores[engine].InProcess;

    static double WholeRatio(Score[] scores, int engine) => scores[0].Whole / scores[engine].Whole;

    static double GeometricMean(List<(string, Score[] Scores)> table, int engine, Func<Score[], int, double> ratio) =>
        Math.Exp(table.Average(row => Math.Log(ratio(row.Scores, engine))));

    static string Mean(List<(string, Score[] Scores)> table, int engine, Func<Score[], int, double> ratio) => Ratio(GeometricMean(table, engine, ratio));

    static string Row(string name, Score[] scores) =>
        $"{name,-13}{Milliseconds(scores[0].InProcess)}{Ratio(InProcessRatio(scores, 1))}{Ratio(InProcessRatio(scores, 2))}{Ratio(InProcessRatio(scores, 3))}"
        + $"    {Milliseconds(scores[0].Whole)}{Ratio(WholeRatio(scores, 1))}{Ratio(WholeRatio(scores, 2))}{Ratio(WholeRatio(scores, 3))}";

    static string Milliseconds(double seconds) => seconds == double.MaxValue ? $"{"-",9}" : string.Create(CultureInfo.InvariantCulture, $"{seconds * 1000,9:F1}");

    static string Ratio(double ratio) => string.Create(CultureInfo.InvariantCulture, $"{ratio,7:F2}x");

    static bool Gate(string what, IEnumerable<string> below)
    {
        var names = string.Join(", ", below);
        Console.WriteLine(names.Length == 0 ? $"gate held: {what}" : $"GATE MISSED: {what}; below: {names}");
        return names.Length == 0;
    }

    static Score[] Measure(string program, Engine[] engines, int repetitions, int rounds, bool whole)
    {
        var scores = engines.Select(_ => new Score()).ToArray();
        string? expected = null;
        for (var repetition = 0; repetition < repetitions; repetition++)
        {
            for (var i = 0; i < engines.Length; i++)
            {
                if (rounds > 0)
                {
                    var (text, _) = Start(engines[i], [Path.Combine(Folder, "timed.lua"), program, rounds.ToString(CultureInfo.InvariantCulture)]);
                    var end = text.IndexOf('\n', StringComparison.Ordinal);
                    scores[i].InProcess = Math.Min(scores[i].InProcess, double.Parse(text.AsSpan(0, end), CultureInfo.InvariantCulture));
                    Compare(text[(end + 1)..]);
                }
                if (whole)
                {
                    var (text, seconds) = Start(engines[i], [program]);
                    scores[i].Whole = Math.Min(scores[i].Whole, seconds);
                    Compare(text);
                }

                void Compare(string text)
                {
                    expected ??= text;
                    if (text != expected) throw new InvalidOperationException($"{engines[i].Name} prints something else for {program}:\n{text}\ninstead of\n{expected}");
                }
            }
        }
        return scores;
    }

    static (string Text, double Seconds) Start(Engine engine, string[] arguments)
    {
        var start = new ProcessStartInfo(engine.Command[0], [.. engine.Command[1..], .. arguments]) { RedirectStandardOutput = true };
        if (engine.Tier is not null) start.Environment["EVALSHA_LUA_TIER"] = engine.Tier;
        var before = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{engine.Name} is needed: install it");
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
        if (process.ExitCode != 0) throw new InvalidOperationException($"{engine.Name} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        return (text, seconds);
    }

    // The published tool, as the wrapper "evalsha" runs it. The wrapper "bench" has built it.
    static Engine Ours(string tier)
    {
        var tool = Environment.GetEnvironmentVariable("EVALSHA_TOOL") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../tools/Evalsha.Cli/Evalsha.Cli.dll"));
        if (!File.Exists(tool)) throw new FileNotFoundException("run ./evalsha once: it publishes the tool", tool);
        return new("ours", ["dotnet", "exec", tool, "lua"], tier switch
        {
            "0" => "interpreted",
            "1" => "compiled",
            "auto" => "automatic",
            _ => throw new ArgumentException("--tier is 0, 1 or auto"),
        });
    }
}
