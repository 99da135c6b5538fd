// Tier 0 against PUC: small programs, each run in this process and by lua5.1, turn and turn about, in CPU time, least of several rounds.
//     ./bench lua [name …] [--rounds n]
// A ratio above 1 means that we are faster. Each program checks its own result.
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Runtime;

namespace Evalsha.Bench.Lua;

internal static class LoopBench
{
    const int DefaultRounds = 7;

    static readonly (string Name, string Source)[] Programs =
    [
        ("fib", """
            local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
            assert(fib(27) == 196418)
            """),
        ("loops", """
            local s = 0
            for i = 1, 2000000 do s = s + i % 7 * 0.5 end
            local i = 0
            while i < 1000000 do i = i + 1 if i % 2 == 0 then s = s + 1 end end
            assert(s > 0)
            """),
        ("array", """
            for r = 1, 3 do
              local a = {}
              for i = 1, 100000 do a[i] = i end
              for i = 1, 100000 do a[i] = a[i] + 1 end
              local s = 0
              for i = 1, #a do s = s + a[i] end
              assert(s == 5000150000)
            end
            """),
        ("field", """
            local p = {x = 1, y = 2, z = 3}
            for i = 1, 600000 do p.x = p.x + 1 p.y = p.y + p.x p.z = p.z - p.y end
            assert(p.x == 600001)
            """),
        ("closure", """
            local function make(n) local c = n return function(d) c = c + d return c end end
            local s = 0
            for i = 1, 100000 do local f = make(i) s = s + f(1) + f(2) end
            local f = make(0)
            for i = 1, 600000 do f(1) end
            assert(f(0) == 600000)
            """),
        ("oop", """
            local P = {} P.__index = P
            function P.new(x) return setmetatable({x = x}, P) end
            function P:add(d) self.x = self.x + d return self end
            function P:get() return self.x end
            local Q = setmetatable({}, {__index = P}) Q.__index = Q
            local o = P.new(0)
            for i = 1, 400000 do o:add(1) end
            local q = setmetatable({x = 0}, Q)
            for i = 1, 200000 do q:add(1) q:get() end
            for i = 1, 100000 do local n = P.new(i) n:get() end
            assert(o.x == 400000 and q.x == 200000)
            """),
        ("pairs", """
            local a = {}
            for i = 1, 1000 do a[i] = i a['k' .. i] = i end
            local s = 0
            for r = 1, 150 do for k, v in pairs(a) do s = s + v end for i, v in ipairs(a) do s = s + v end end
            assert(s == 225225000)
            """),
        ("pcall", """
            local function f(x) if x % 2 == 0 then error({}) end return x end
            local n = 0
            for i = 1, 100000 do if pcall(f, i) then n = n + 1 end end
            for i = 1, 300000 do pcall(f, 1) end
            assert(n == 50000)
            """),
        ("vararg", """
            local function f(...) return select('#', ...) end
            local function g(...) return ... end
            local s = 0
            for i = 1, 300000 do s = s + f(i, i, i) local a, b = g(1, 2) s = s + b end
            assert(s == 1500000)
            """),
        ("strings", """
            local n = 0
            for i = 1, 150000 do local k = 'key' .. (i % 1000) n = n + #k end
            for i = 1, 100000 do local x = i .. ':' .. (i + 1) .. ':' .. 'z' n = n + #x end
            assert(n > 0)
            """),
        ("hash", """
            for r = 1, 30 do
              local h = {}
              for i = 1, 2000 do h['k' .. i] = i end
              local s = 0
              for i = 1, 2000 do s = s + h['k' .. i] end
              assert(s == 2001000)
            end
            """),
        ("sort", """
            local x = 42
            local function random() x = (x * 16807) % 2147483647 return x end
            local a = {}
            for i = 1, 30000 do a[i] = random() end
            table.sort(a)
            table.sort(a, function(p, q) return p > q end)
            assert(a[1] >= a[2])
            """),
        ("coroutine", """
            local co = coroutine.wrap(function() for i = 1, 200000 do coroutine.yield(i) end end)
            local s = 0
            for i = 1, 200000 do s = s + co() end
            for i = 1, 5000 do coroutine.wrap(function() coroutine.yield(1) end)() end
            assert(s == 20000100000)
            """),
        ("queens", """
            local N, c = 8, 0
            local function ok(a, n, col)
              for i = 1, n - 1 do if a[i] == col or a[i] - i == col - n or a[i] + i == col + n then return false end end
              return true
            end
            local function add(a, n)
              if n > N then c = c + 1 else for col = 1, N do if ok(a, n, col) then a[n] = col add(a, n + 1) end end end
            end
            for i = 1, 12 do add({}, 1) end
            assert(c == 92 * 12)
            """),
        ("trees", """
            local function build(d) if d == 0 then return {} end return {build(d - 1), build(d - 1)} end
            local function check(x) if x[1] then return 1 + check(x[1]) + check(x[2]) end return 1 end
            for i = 1, 4 do assert(check(build(14)) == 32767) end
            """),
        ("upvalue", """
            local a, b, c = 0, 1, 2
            local function f() a = a + b c = c + a return c end
            for i = 1, 500000 do f() end
            assert(a == 500000)
            """),
    ];

    public static int Run(string[] args)
    {
        var rounds = DefaultRounds;
        var names = new List<string>();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--rounds") rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
            else names.Add(args[i]);
        }
        var product = 1.0;
        var count = 0;
        Console.WriteLine("program      lua5.1 ms    ours ms   ratio");
        foreach (var (name, source) in Programs)
        {
            if (names.Count > 0 && !names.Contains(name)) continue;
            var (theirs, ours) = Compare(name, source, rounds);
            product *= theirs / ours;
            count++;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-10} {theirs,11:F2} {ours,10:F2} {theirs / ours,7:F2}"));
        }
        if (count > 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"geometric mean of {count}: {Math.Pow(product, 1.0 / count):F2}"));
        return 0;
    }

    static (double Theirs, double Ours) Compare(string name, string source, int rounds)
    {
        var state = new LuaState();
        var function = state.Load(Encoding.Latin1.GetBytes(source), "=" + name);
        var theirs = double.MaxValue;
        var ours = double.MaxValue;
        // The first calls run while the runtime still optimises.
        for (var i = 0; i < rounds; i++) Ours(state, function);
        for (var i = 0; i < rounds; i++)
        {
            theirs = Math.Min(theirs, Theirs(source));
            for (var n = 0; n < 3; n++) ours = Math.Min(ours, Ours(state, function));
        }
        return (theirs, ours);
    }

    static double Ours(LuaState state, LuaClosure function)
    {
        var before = Environment.CpuUsage.TotalTime;
        if (!state.TryCall(function, [], out LuaValue _, out var error)) throw new InvalidOperationException(error.Message);
        return (Environment.CpuUsage.TotalTime - before).TotalMilliseconds;
    }

    static double Theirs(string source)
    {
        var program = $"local function program() {source}\nend local least = math.huge for i = 1, 3 do local t = os.clock() program() least = math.min(least, os.clock() - t) end print(least)";
        var start = new ProcessStartInfo("lua5.1", ["-e", program]) { RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException("lua5.1 is needed: install the package lua5.1");
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.Parse(text, CultureInfo.InvariantCulture) * 1000;
    }
}
