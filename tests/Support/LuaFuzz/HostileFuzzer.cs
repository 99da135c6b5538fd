// Bytes that nobody meant well with, for every part of the engine that reads what a script decides: sources, patterns, formats, cjson, cmsgpack,
// struct, dumped code. Each case is random or a good one with a few bytes changed, and has a budget of steps and memory.
// Always: a case ends in a value or a Lua error within its time; anything else is a finding, named by its seed and kind so that it can be run again.
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Runtime;

namespace Evalsha.Tests.Support.LuaFuzz;

internal sealed record HostileFinding(string Kind, int Seed, string What);

internal sealed class HostileFuzzer
{
    // A case is a few hundred bytes: what takes more processor time than this is stuck, not busy.
    private static readonly TimeSpan CaseLimit = TimeSpan.FromSeconds(5);
    private static readonly LuaLimits Limits = new() { MaxSteps = 200_000, MaxLiveBytes = 32 << 20 };
    private const int CasesPerState = 20_000;

    private sealed record Kind(string Name, string Function, string[] Seeds, string Alphabet);

    private const string Code = "local function end if then else elseif while do for in repeat until return break and or not nil true false ... .. == ~= <= >= < > = + - * / % ^ # ( ) { } [ ] ; : , . 1 0x 1e 'a' \"b\" [[c]] [=[ ]=] --[[ ]] -- a b \n \\ \0 \u00ff";
    private const string Pattern = "%a %s %d %w %b() %f[ %1 %0 %z . * + - ? ^ $ ( ) [ ] [^ ]] a-z a b x % () \0";

    private static readonly Kind[] Kinds =
    [
        new("source", "local s = ... local f, e = loadstring(s, '=fuzz') return f or e",
            ["local a, b = 1, {x = 'y', [2] = 3; 4} for i = 1, #b do a = a + i end return function(...) return ..., a end", "a.b:c'd'{e}[f](g) = h", "while x do if y then break elseif z then return end end repeat local q until q", "return [==[ x ]==] .. \"\\065\\n\" .. 0x1F .. 1e-5 --[[ c ]]", "local function f(a, ...) return f(...), -a ^ 2 % 3 < 4 and not b or #c end"], Code),
        new("find", "local s = ... return string.find(('ab(c)d [x] 12 %'):rep(3), s)", ["%b()", "^(%a*)(.-)[%w_]+$", "(()%1)", "%f[%w]%w+", "[]%a-z^]*", "(a*(.)%w(%s*))", "x?y-z*.+$"], Pattern),
        new("match", "local s = ... return string.match(s, s), string.match(s:rep(3), '(.-)%1')", ["%b()", "(%a)(%d)", "[^%s]-$"], Pattern),
        new("gsub", "local s = ... return string.gsub('hello (world) 42', s, '<%0>'), string.gsub('abc', '(.)', s)", ["(%w+)", "%%%1", "()", "%0%1", "[a-c]"], Pattern),
        new("gmatch", "local s = ... local n = 0 for a in string.gmatch('one two (three) 4', s) do n = n + 1 end return n", ["%w+", "(%a)()", ".-"], Pattern),
        new("format", "local s = ... return string.format(s, 1, 'x', 3.5, 'y', -7, 'z')", ["%d %s %g", "%5.2f|%-10s|%q", "%c%i%u%x%X%o%e%E%G", "%%%+05d%# x", "%099.99f"], "% d i u c x X o e E f g G q s 0 1 9 99 . - + # \0 space *"),
        new("tonumber", "local s = ... return tonumber(s), tonumber(s, 36), tonumber(s, 2), s + 0", ["1e308", "0x1p-1074", "  -12.5e+3 ", "inf", "nan(0x1)", "99999999999999999999"], "0 1 9 . e E x X p P + - inf nan ( ) a f space \0"),
        new("cjson.decode", "local s = ... return cjson.decode(s)", ["{\"a\": [1, 2.5, -3e10, null, true], \"b\": {\"c\": \"\\u00e9\\n\"}}", "[[[[[]]]]]", "\"\\ud83d\\ude00\"", "[1e999, -0, 0x10, nan]"], "{ } [ ] : , \" \\ u d 8 0 9 1 . e - + null true false nan \0 space"),
        new("cjson.encode", "local s = ... local t = {s, [s] = s, {s, {s}}, 1.5, true, cjson.null} return cjson.encode({s, {s}}), pcall(cjson.encode, t), cjson.decode(cjson.encode({s}))", ["text", "\0\u001f\u007f\u00ff\"\\/"], "a \0 \u00ff \" \\ / \n"),
        new("cmsgpack.unpack", "local s = ... return cmsgpack.unpack(s), cmsgpack.unpack_one(s), cmsgpack.unpack_limit(s, 3, 1)", ["\u0093\u0001\u00a1x\u00c3", "\u00df\u00ff\u00ff\u00ff\u00ff", "\u0082\u00a1a\u00cb@\t!\u00fbTD-\u0018\u00a1b\u00c0", "\u00d9\u0005hello", "\u00dc\u0000\u0002\u0001\u0002"], "\u0080 \u0090 \u00a0 \u00c0 \u00c4 \u00ca \u00cb \u00cf \u00d3 \u00d4 \u00d9 \u00db \u00dc \u00dd \u00de \u00df \u00e0 \u00ff \0 \u007f"),
        new("cmsgpack.pack", "local s = ... return cmsgpack.pack({s, {[s] = s, #s}}, s, #s / 3, nil), cmsgpack.unpack(cmsgpack.pack({s, {s}}))", ["x", "\0\u00ff"], "a \0 \u00ff"),
        new("struct.unpack", "local s = ... return struct.unpack(s, s:rep(4)), struct.unpack('<I4>i8!8s', s, 2)", ["<I4", ">i8d", "!4bBhHlLs", "c0xf", "I3=i5"], "< > = ! b B h H l L T f d i I s c x 0 1 2 4 8 16 32 99 space \0"),
        new("struct.pack", "local s = ... return struct.pack(s, 1, s, 2.5, -1, s, 3), struct.size(s)", ["<I4", "i8sdc5x", "!8Bc0Ix"], "< > = ! b B h H l L T f d i I s c x 0 1 2 4 8 16 32 99 2147483647 space \0"),
        new("dumped", "local s = ... local f = loadstring(s) if not f then return end setfenv(f, {pairs = pairs, ipairs = ipairs, next = next, type = type, select = select, pcall = pcall, tostring = tostring, error = error}) return pcall(string.dump, f), pcall(f, 1, {2, x = 3}, 'x', setmetatable({}, {__lt = function() return false end}))", [], "\0 \u0001 \u0004 \u00ff \u001bLua"),
        new("bit", "local s = ... return bit.tobit(s), bit.tohex(s, 3), bit.band(s, 255), bit.lshift(s, s)", ["1", "-1", "4294967296", "1e20"], "0 1 9 . e - x f"),
        new("table", "local s = ... local t = {s:byte(1, 40)} table.sort(t, function(a, b) return s:byte(a % #s + 1) < s:byte(b % #s + 1) end) return table.concat(t, s)", ["abcabcabc", "\0\u0001\u0002zyx"], "a b c z \0 \u00ff"),
    ];

    // Functions whose dumps are damaged: between them they have every instruction.
    private static readonly string[] Dumped =
    [
        "function(a, ...) local t = {a, x = 'y', 1.5} for k, v in pairs(t) do if k then a = a .. v end end return function() return a end, ... end",
        "function(a, b, ...) local s = 0 for i = 1, 10 do s = s + i * 2 - i / 3 if s > 20 or not b then break end end while s < 9 do s = s + 1 end repeat s = s - 1 until s < 0 or a == b return s % 7, -s ^ 2, #b end",
        "function(...) local t = {...} t.n = select('#', ...) local u = {t, {}, pcall(type, ...)} function t:m(x) t = x or self return tostring(t) end return t:m(u), t.x and u[1] == t, a end",
        "function(a, b, c) local x, y = nil, true local f = function() x = a y = b return x, y end a = function(n) if n < 1 then return c end return a(n - 1) end g = f() return a(5) end",
    ];

    private readonly byte[][] _dumped;
    private readonly LuaTier _tier;
    private readonly Dictionary<string, long> _cases = Kinds.ToDictionary(kind => kind.Name, _ => 0L);
    private LuaState _state = null!;
    private LuaClosure[] _functions = [];
    private long _running; // the number of the case that runs, for the watcher

    public HostileFuzzer(LuaTier tier)
    {
        _tier = tier;
        var state = new LuaState();
        _dumped = [.. Dumped.Select(function => state.Call(state.Load(Encoding.Latin1.GetBytes($"return string.dump({function})"), "=dump"))[0].AsString.Span.ToArray())];
    }

    public IReadOnlyDictionary<string, long> Cases => _cases;

    /// <summary>Runs cases of seeds firstSeed … ; a finding ends nothing but its case, except a case that is stuck: then the run ends.</summary>
    /// <param name="stuck">Called, from another thread, when a case has passed its time: it cannot be stopped from outside.</param>
    public IEnumerable<HostileFinding> Run(int firstSeed, long count, Action<HostileFinding> stuck)
    {
        // A process that is stopped from outside uses no processor time, so only time that a case has used itself counts.
        var (seen, since) = (0L, TimeSpan.Zero);
        using var watcher = new Timer(_ =>
        {
            var running = Volatile.Read(ref _running);
            if (running != seen) (seen, since) = (running, Processor());
            else if (Processor() - since > CaseLimit)
            {
                var seed = unchecked(firstSeed + (int)(running - 1));
                stuck(new HostileFinding(KindOf(seed).Name, seed, "did not end in " + CaseLimit));
                since = TimeSpan.MaxValue;
            }
        }, null, CaseLimit / 5, CaseLimit / 5);
        for (long n = 0; n < count; n++)
        {
            if (n % CasesPerState == 0) Open();
            Volatile.Write(ref _running, n + 1);
            if (RunCase(unchecked(firstSeed + (int)n)) is { } finding) yield return finding;
        }
    }

    private static TimeSpan Processor() => Environment.CpuUsage.TotalTime;

    private static Kind KindOf(int seed) => Kinds[(int)((uint)seed % (uint)Kinds.Length)];

    private void Open()
    {
        // Precompiled chunks are read outside the sandbox only.
        _state = new LuaState(new LuaOptions { Limits = Limits, Libraries = LuaLibraries.Sandbox, Tier = _tier });
        _functions = [.. Kinds.Select(kind => _state.Load(Encoding.Latin1.GetBytes(kind.Function), "=" + kind.Name))];
    }

    private HostileFinding? RunCase(int seed)
    {
        var kind = KindOf(seed);
        _cases[kind.Name]++;
        var input = Input(kind, new Random(seed));
        try
        {
            _state.TryCall(_functions[Array.IndexOf(Kinds, kind)], [ByteString.From(input)], out LuaValue _, out _);
            return null;
        }
        catch (Exception e) // whatever leaves the engine is a finding
        {
            Open();
            return new HostileFinding(kind.Name, seed, $"{e.GetType().Name}: {e.Message}\n{e.StackTrace?.Split('\n').FirstOrDefault()}\ninput {Convert.ToHexString(input)}");
        }
    }

    private byte[] Input(Kind kind, Random random)
    {
        var words = kind.Alphabet.Split(' ');
        var text = new List<byte>();
        var choice = random.Next(10);
        if (choice < 4 && (kind.Seeds.Length > 0 || kind.Name == "dumped"))
        {
            text.AddRange(kind.Seeds.Length > 0 ? Encoding.Latin1.GetBytes(kind.Seeds[random.Next(kind.Seeds.Length)]) : _dumped[random.Next(_dumped.Length)]);
            for (var n = random.Next(1, 6); n > 0 && text.Count > 0; n--) Mutate(text, words, random);
        }
        else if (choice < 9)
        {
            for (var n = random.Next(1, 24); n > 0; n--) text.AddRange(Word(words, random));
        }
        else
        {
            var bytes = new byte[random.Next(1, 60)];
            random.NextBytes(bytes);
            text.AddRange(bytes);
        }
        // One in a hundred nests or repeats far.
        if (random.Next(100) == 0) text = [.. Enumerable.Repeat(text.Take(8), random.Next(1, 600)).SelectMany(part => part)];
        return [.. text];
    }

    private static byte[] Word(string[] words, Random random)
    {
        var word = words[random.Next(words.Length)];
        return word == "space" ? " "u8.ToArray() : Encoding.Latin1.GetBytes(word);
    }

    private static void Mutate(List<byte> text, string[] words, Random random)
    {
        var at = random.Next(text.Count);
        switch (random.Next(5))
        {
            case 0:
                text[at] = (byte)random.Next(256);
                break;
            case 1:
                text.RemoveRange(at, Math.Min(random.Next(1, 5), text.Count - at));
                break;
            case 2:
                text.InsertRange(at, Word(words, random));
                break;
            case 3:
                text[at] ^= (byte)(1 << random.Next(8));
                break;
            default:
                text.InsertRange(at, text.Skip(random.Next(text.Count)).Take(random.Next(1, 10)).ToArray());
                break;
        }
    }
}
