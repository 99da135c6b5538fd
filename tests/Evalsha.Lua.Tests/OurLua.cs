// Our engine as the other party in a comparison with PucLua: the same program, the same chunk name, what it printed.
using System.Text;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests;

internal static class OurLua
{
    public static byte[] Run(string program, LuaTier? tier = null)
    {
        var output = new MemoryStream();
        var options = new LuaOptions { Output = output };
        var state = new LuaState(tier is { } named ? options with { Tier = named } : options);
        var source = Encoding.Latin1.GetBytes(PucLua.Prelude + program);
        state.TryLoad(source, "=stdin", out var chunk, out var error).ShouldBeTrue(error.Message);
        state.TryCall(chunk, [], out LuaValue _, out error).ShouldBeTrue($"{error.Message}\n{error.Traceback}");
        state.FlushOutput();
        return output.ToArray();
    }

    /// <summary>Runs a program on both engines; they must print the same bytes. The first line that differs is shown with what the program printed before it.</summary>
    public static void ShouldPrintWhatPucPrints(string program, LuaTier? tier = null)
    {
        var theirs = Encoding.Latin1.GetString(PucLua.Run(program)).Split('\n');
        var ours = Encoding.Latin1.GetString(Run(program, tier)).Split('\n');
        for (var i = 0; i < Math.Min(ours.Length, theirs.Length); i++)
        {
            if (ours[i] != theirs[i])
            {
                ours[i].ShouldBe(theirs[i], $"line {i + 1} of {theirs.Length}");
            }
        }

        ours.Length.ShouldBe(theirs.Length);
        theirs.Length.ShouldBeGreaterThan(3, "the program should print what it found");
    }

    /// <summary>Functions the programs share: a generator of numbers, and a printer of any results.</summary>
    public const string Tools = """
        local seed = 20261120
        local function rnd(n) seed = (seed * 16807) % 2147483647 return seed % n + 1 end
        local function pick(t) return t[rnd(#t)] end
        local function show(...)
          local out = {}
          for i = 1, select('#', ...) do
            local v = select(i, ...)
            if type(v) == 'string' then v = 's:' .. hex(v)
            elseif type(v) == 'number' then v = string.format('n:%.17g', v)
            elseif type(v) == 'table' then v = 'table'
            elseif type(v) == 'function' then v = 'function'
            else v = tostring(v) end
            out[i] = v
          end
          return table.concat(out, ' ')
        end
        local function text(ok, e, ...) if ok then return show(true, e, ...) end return 'error ' .. tostring(e) end

        """;
}
