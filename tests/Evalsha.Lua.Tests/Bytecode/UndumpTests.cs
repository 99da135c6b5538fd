// Precompiled chunks: what is written reads back, what lua5.1 refuses is refused with its words.
using System.Globalization;
using System.Text;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Tests.Bytecode;

public sealed class UndumpTests
{
    private const string Program = "local a, b = 1, {x = 'y', 2, nil, true} for i = 1, 10 do a = a + i end for k, v in pairs(b) do print(k, v) end return function(...) a = a .. #... return a, -b.x, function() return b end, ... end";

    [Fact]
    public void A_dump_reads_back_to_the_same_dump()
    {
        var dump = PucCompiler.Ours(PucCompiler.Bytes(Program), "=x").Bytes;
        Dump.Of(Undump.Read(dump, "=x"u8, new StringPool())).ShouldBe(dump);
        foreach (var seed in Enumerable.Range(1, 500))
        {
            dump = PucCompiler.Ours(PucCompiler.Bytes(new RandomSource(seed).Program()), "=x").Bytes;
            Dump.Of(Undump.Read(dump, "=x"u8, new StringPool())).ShouldBe(dump);
        }
    }

    [Fact]
    public void Damaged_chunks_get_PUCs_answer()
    {
        var dump = PucCompiler.Ours(PucCompiler.Bytes(Program), "=x").Bytes;
        List<byte[]> damaged = [[0x1B], [.. "\x1bLua"u8], [.. "\x1bLuaQ"u8], .. Enumerable.Range(1, dump.Length - 1).Where(n => n % 7 == 0).Select(n => dump[..n])];
        for (var at = 1; at < dump.Length; at++)
        {
            foreach (var flip in (int[])[0x01, 0x10, 0x80, 0xFF])
            {
                var copy = (byte[])dump.Clone();
                copy[at] ^= (byte)flip;
                if (!IsHugeCount(copy)) damaged.Add(copy);
            }
        }

        var script = new StringBuilder("local function case(c) local f, m = loadstring(unhex(c), '=chunk') print(f and 'ok' or m) end\n");
        foreach (var each in damaged) script.Append(CultureInfo.InvariantCulture, $"case('{PucLua.Hex(each)}')\n");
        var real = PucLua.Lines(script.ToString());
        var refused = 0;
        for (var i = 0; i < damaged.Count; i++)
        {
            var ours = Answer(damaged[i]);
            // Stricter than PUC: what no compiler writes is refused, though PUC would run it.
            if (real[i] == "ok" && ours.Contains("bad code", StringComparison.Ordinal)) refused++;
            else ours.ShouldBe(real[i], $"damaged chunk {i}: {Convert.ToHexString(damaged[i])}");
        }
        refused.ShouldBeLessThan(damaged.Count / 10);
    }

    // PUC asks for the memory that a count declares before it reads on; we look first whether the chunk is that long, and say so.
    private static bool IsHugeCount(byte[] chunk) => Answer(chunk).Contains("unexpected end", StringComparison.Ordinal);

    private static string Answer(byte[] chunk)
    {
        try
        {
            Undump.Read(chunk, "=chunk"u8, new StringPool());
            return "ok";
        }
        catch (LuaSyntaxException e)
        {
            return Encoding.Latin1.GetString(e.FullMessageBytes);
        }
    }
}
