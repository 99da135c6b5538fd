// Random programs on lua5.1 and on ours: whole batches in one process each, what they print compared byte for byte, a failing one made smaller.
// Always: everything follows from the seed; a missing lua5.1 is an error that names the fix; opcodes and library functions reached are counted.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;

namespace Evalsha.Tests.Support.LuaFuzz;

/// <summary>A program that does not print the same on both: where the outputs part, and the least statements that still show it.</summary>
internal sealed record LuaDifference(int Seed, string Program, string Theirs, string Ours);

internal sealed class DifferentialFuzzer(LuaOptions options)
{
    private const int BatchSize = 50;
    private const long StepsMax = 60_000_000;
    private const int ShrinkTriesMax = 300;
    private const int ShrunkMax = 8;
    private static readonly TimeSpan RunLimit = TimeSpan.FromSeconds(8);

    private static readonly string Driver = ReadDriver();

    private readonly Dictionary<string, long> _opCodes = Enum.GetNames<OpCode>().ToDictionary(name => name, _ => 0L);
    private readonly Dictionary<string, long> _functions = [];
    private int _shrunk;

    public int Programs { get; private set; }

    /// <summary>Programs that made lua5.1 itself crash, or that hardly end on either (they write into a table they traverse): not compared.</summary>
    public int EndedTheirs { get; private set; }

    /// <summary>How often each of PUC's opcodes was compiled.</summary>
    public IReadOnlyDictionary<string, long> OpCodes => _opCodes;

    /// <summary>How often each library function was called by the programs of its own, which run first.</summary>
    public IReadOnlyDictionary<string, long> Functions => _functions;

    public IEnumerable<string> UnreachedOpCodes => _opCodes.Where(pair => pair.Value == 0).Select(pair => pair.Key);

    public IEnumerable<string> UnreachedFunctions => _functions.Where(pair => pair.Value == 0).Select(pair => pair.Key).Except(RandomProgram.NeverCalled.Keys);

    /// <summary>Runs programs of seeds firstSeed … firstSeed + count - 1 and gives those that differ, as they are found.</summary>
    public IEnumerable<LuaDifference> Run(int firstSeed, int count)
    {
        foreach (var difference in RunLibrary()) yield return difference;
        for (var start = 0; start < count; start += BatchSize)
        {
            var seeds = Enumerable.Range(firstSeed + start, Math.Min(BatchSize, count - start)).ToArray();
            var programs = seeds.Select(seed => string.Join('\n', RandomProgram.Statements(seed))).ToArray();
            var theirs = EachOfTheirs(programs);
            var ours = EachOfOurs(programs, isCounted: false);
            Programs += seeds.Length;
            foreach (var program in programs)
            {
                CountOpCodes(program);
                foreach (var name in CountedByName)
                {
                    if (program.Contains(name, StringComparison.Ordinal)) _functions[name] = _functions.GetValueOrDefault(name) + 1;
                }
            }
            for (var i = 0; i < seeds.Length; i++)
            {
                if (theirs[i].Contains(EndedByProgram, StringComparison.Ordinal) || ours[i].Contains(StepsSpent, StringComparison.Ordinal)) EndedTheirs++;
                else if (theirs[i] != ours[i]) yield return Shrink(seeds[i], theirs[i], ours[i]);
            }
        }
    }

    // Programs that call each function with edge arguments: counted, and again as a program has them, since counting hides the loop's own forms.
    private IEnumerable<LuaDifference> RunLibrary()
    {
        var names = Libraries(new LuaState()).SelectMany(library => HostFunctions(library.Table).Select(found => library.Prefix + found.Key.AsString)).Except(RandomProgram.NeverCalled.Keys).ToArray();
        var programs = names.Select(LibraryPrograms.Of).ToArray();
        var theirs = EachOfTheirs(programs);
        EachOfOurs(programs, isCounted: true);
        var ours = EachOfOurs(programs, isCounted: false);
        for (var i = 0; i < names.Length; i++)
        {
            foreach (var name in CountedByName) if (names[i] == name) _functions[name]++;
            if (theirs[i] == ours[i]) continue;
            var (realLines, ourLines) = (theirs[i].Split('\n'), ours[i].Split('\n'));
            var same = realLines.Zip(ourLines).TakeWhile(pair => pair.First == pair.Second).Count();
            yield return new LuaDifference(0, $"{names[i]}, line {same}:\n{programs[i].Split('\n').ElementAtOrDefault(same + 1)}", realLines.ElementAtOrDefault(same) ?? "(end)", ourLines.ElementAtOrDefault(same) ?? "(end)");
        }
    }

    /// <summary>Leaves out one top-level statement after the other while the outputs still differ when the program runs alone.</summary>
    private LuaDifference Shrink(int seed, string theirs, string ours)
    {
        var isShrunk = _shrunk++ < ShrunkMax; // later ones are usually the same fault
        var statements = RandomProgram.Statements(seed).ToList();
        if (isShrunk && TryDiffer(statements, out var realNow, out var oursNow))
        {
            (theirs, ours) = (realNow, oursNow);
            for (var i = statements.Count - 1; i >= 0; i--)
            {
                var fewer = statements.Where((_, at) => at != i).ToList();
                if (!TryDiffer(fewer, out realNow, out oursNow)) continue;
                (statements, theirs, ours) = (fewer, realNow, oursNow);
            }
        }
        var text = string.Join('\n', statements);
        if (isShrunk) Narrow(ref text, ref theirs, ref ours);
        var (realLines, ourLines) = (theirs.Split('\n'), ours.Split('\n'));
        var same = realLines.Zip(ourLines).TakeWhile(pair => pair.First == pair.Second).Count();
        return new LuaDifference(seed, text, realLines.ElementAtOrDefault(same) ?? "(end)", ourLines.ElementAtOrDefault(same) ?? "(end)");
    }

    // Leaves out runs of words, long ones first, as long as the program compiles and still differs.
    private void Narrow(ref string text, ref string theirs, ref string ours)
    {
        var words = text.Split(' ').ToList();
        var tries = ShrinkTriesMax;
        for (var length = words.Count / 2; length > 0; length /= 2)
        {
            for (var at = 0; at + length <= words.Count && tries > 0; tries--)
            {
                var fewer = words.Where((_, i) => i < at || i >= at + length).ToList();
                var candidate = string.Join(' ', fewer);
                if (Compiles(candidate) && TryDiffer([candidate], out var realNow, out var oursNow)) (words, text, theirs, ours) = (fewer, candidate, realNow, oursNow);
                else at += length;
            }
        }
    }

    private static bool Compiles(string program) =>
        new LuaState(new LuaOptions { Libraries = LuaLibraries.None }).TryCompile(Encoding.Latin1.GetBytes(program), ByteString.FromUtf8("=p"), out _, out _);

    private bool TryDiffer(List<string> statements, out string theirs, out string ours)
    {
        string[] program = [string.Join('\n', statements)];
        (theirs, ours) = (Theirs(program)[0], Ours(program, isCounted: false)[0]);
        return theirs != ours;
    }

    /// <summary>The programs with what runs them, as both engines get them.</summary>
    public static string Source(string[] programs)
    {
        var text = new StringBuilder(Driver);
        for (var i = 0; i < programs.Length; i++) text.Append(CultureInfo.InvariantCulture, $"RUN({i}, {RandomProgram.Literal(programs[i])})\n");
        return text.ToString();
    }

    // A program for each entry; one that ended the process takes those after it along, and shows as such.
    private static string[] Split(string output, int count)
    {
        var parts = new string[count];
        Array.Fill(parts, NotReached);
        foreach (var part in output.Split('\u0001').Skip(1))
        {
            var line = part.IndexOf('\n');
            if (int.TryParse(part.AsSpan(0, Math.Max(line, 0)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < count) parts[number] = part[(line + 1)..];
        }
        return parts;
    }

    // A program may end lua5.1 itself (a fault of its own): then each runs alone, and that one is not compared.
    private static string[] EachOfTheirs(string[] programs)
    {
        var together = Theirs(programs);
        return together[^1].Contains(EndedByProgram, StringComparison.Ordinal) ? [.. programs.Select((program, i) => Theirs([.. Enumerable.Repeat("", i), program])[i])] : together;
    }

    private string[] EachOfOurs(string[] programs, bool isCounted)
    {
        var together = Ours(programs, isCounted);
        return together.Contains(NotReached) ? [.. programs.Select((program, i) => Ours([.. Enumerable.Repeat("", i), program], isCounted: false)[i])] : together;
    }

    private const string NotReached = "(not reached)";
    private const string StepsSpent = "step limit exceeded";
    private const string EndedByProgram = "(lua5.1 ended with ";

    private static string[] Theirs(string[] programs)
    {
        var start = new ProcessStartInfo("lua5.1", ["-"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        var errors = process.StandardError.ReadToEndAsync();
        var output = new MemoryStream();
        var copying = process.StandardOutput.BaseStream.CopyToAsync(output);
        process.StandardInput.BaseStream.Write(Encoding.Latin1.GetBytes(Source(programs)));
        process.StandardInput.Close();
        if (!process.WaitForExit(RunLimit)) process.Kill();
        process.WaitForExit();
        copying.GetAwaiter().GetResult();
        var parts = Split(Encoding.Latin1.GetString(output.ToArray()), programs.Length);
        if (process.ExitCode != 0) parts[^1] += $"{EndedByProgram}{process.ExitCode}: {errors.GetAwaiter().GetResult()})";
        return parts;
    }

    private string[] Ours(string[] programs, bool isCounted)
    {
        var (output, errors) = (new MemoryStream(), new MemoryStream());
        var state = new LuaState(options with { Output = output, Limits = new LuaLimits { MaxSteps = StepsMax }, Tier = isCounted ? LuaTier.Interpreted : options.Tier });
        if (isCounted) CountFunctions(state);
        var ok = new LuaProgram(state, errors).TryRun(Encoding.Latin1.GetBytes(Source(programs)), "=stdin", []);
        var parts = Split(Encoding.Latin1.GetString(output.ToArray()), programs.Length);
        if (!ok) parts[^1] += $"(ours ended: {Encoding.Latin1.GetString(errors.ToArray())})";
        return parts;
    }

    private void CountOpCodes(string program)
    {
        if (!new LuaState(new LuaOptions { Libraries = LuaLibraries.None }).TryCompile(Encoding.Latin1.GetBytes(program), ByteString.FromUtf8("=p"), out var prototype, out _)) return;
        var pending = new Stack<Prototype>([prototype]);
        while (pending.TryPop(out var next))
        {
            foreach (var instruction in next.Code) _opCodes[instruction.OpCode.ToString()]++;
            foreach (var child in next.Children) pending.Push(child);
        }
    }

    /// <summary>Functions that the loop treats in its own way: they keep it, and are counted where a program's text names them.</summary>
    private static readonly string[] CountedByName = ["pcall", "xpcall", "next"];

    // Every other function of a library is replaced by one that counts and does the same.
    private void CountFunctions(LuaState state)
    {
        foreach (var (library, table) in Libraries(state))
        {
            foreach (var (name, function) in HostFunctions(table))
            {
                var full = library + name.AsString;
                _functions.TryAdd(full, 0);
                if (CountedByName.Contains(full)) continue;
                table.Set(name, new LuaHostFunction(function.Name, (ref LuaCall call) =>
                {
                    _functions[full]++;
                    return function.Body(ref call);
                }, function.Upvalues) { Environment = function.Environment });
            }
        }
    }

    private static List<(LuaValue Key, LuaHostFunction Function)> HostFunctions(LuaTable table)
    {
        LuaValue key = LuaValue.Nil;
        var found = new List<(LuaValue Key, LuaHostFunction Function)>();
        while (table.Next(ref key, out var value))
        {
            if (value.IsFunction && value.AsFunction is LuaHostFunction host) found.Add((key, host));
        }
        return found;
    }

    private static IEnumerable<(string Prefix, LuaTable Table)> Libraries(LuaState state)
    {
        yield return ("", state.Globals);
        foreach (var name in new[] { "string", "table", "math", "coroutine", "debug", "os", "io", "package" })
        {
            yield return (name + ".", state.Globals.GetString(ByteString.FromUtf8(name)).AsTable);
        }
    }

    private static string ReadDriver()
    {
        using var stream = typeof(DifferentialFuzzer).Assembly.GetManifestResourceStream("LuaFuzz.driver.lua")!;
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return reader.ReadToEnd();
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new InvalidOperationException("lua5.1 is needed to judge the engine: install the package lua5.1", e);
        }
    }
}
