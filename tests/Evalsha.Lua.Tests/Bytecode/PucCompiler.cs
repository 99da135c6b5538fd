// loadstring of lua5.1 for many sources in one process, and ours beside it: bytecode or message, as bytes.
using System.Globalization;
using System.Text;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Lua.Tests.Bytecode;

/// <summary>What a compiler said: a dumped function or an error message.</summary>
internal sealed record Compiled(bool Ok, byte[] Bytes)
{
    public string Message => Encoding.Latin1.GetString(Bytes);
}

internal static class PucCompiler
{
    // C calls around the loadstring below: the interpreter's own cpcall, the call of the script, and the pcall.
    // Without the pcall, errors that PUC raises as run-time errors (constant table overflow) would bring a traceback.
    internal const int EnclosingLevels = 3;

    public static byte[] Bytes(string latin1) => Encoding.Latin1.GetBytes(latin1);

    public static Compiled[] Real(IReadOnlyList<byte[]> sources, string chunkName)
    {
        var program = new StringBuilder($$"""
            local function case(source)
              local _, f, message = pcall(loadstring, unhex(source), {{PucLua.Literal(Bytes(chunkName))}})
              if f then print('+' .. hex(string.dump(f))) else print('-' .. hex(message)) end
            end

            """);
        foreach (var source in sources) program.Append(CultureInfo.InvariantCulture, $"case('{PucLua.Hex(source)}')\n");
        var lines = Encoding.Latin1.GetString(PucLua.Run(program.ToString())).Split('\n')[..^1];
        lines.Length.ShouldBe(sources.Count);
        return [.. lines.Select(line => new Compiled(line[0] == '+', Convert.FromHexString(line.AsSpan(1))))];
    }

    public static Compiled Ours(byte[] source, string chunkName)
    {
        try
        {
            return new Compiled(true, Dump.Of(Compiler.Compile(source, Bytes(chunkName), new StringPool(), EnclosingLevels)));
        }
        catch (LuaSyntaxException e)
        {
            return new Compiled(false, e.FullMessageBytes);
        }
    }

    /// <summary>Both must say the same of every source.</summary>
    public static void ShouldAgree(IReadOnlyList<byte[]> sources, string chunkName = "=x")
    {
        var real = Real(sources, chunkName);
        for (var i = 0; i < sources.Count; i++)
        {
            var ours = Ours(sources[i], chunkName);
            if (ours.Ok == real[i].Ok && ours.Bytes.AsSpan().SequenceEqual(real[i].Bytes)) continue;
            var text = Encoding.Latin1.GetString(sources[i]);
            if (text.Length > 3000) text = text[..3000] + " ...";
            throw new ShouldAssertException($"source {i}:\n{text}\nlua5.1: {Describe(real[i])}\nours:   {Describe(ours)}");
        }
    }

    private static string Describe(Compiled compiled) => compiled.Ok ? $"{compiled.Bytes.Length} bytes {Convert.ToHexString(compiled.Bytes)}" : compiled.Message;
}
