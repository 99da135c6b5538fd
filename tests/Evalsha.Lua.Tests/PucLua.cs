// The stand-alone PUC Lua 5.1 as the judge of what our engine must print: one process runs thousands of cases and answers in lines of hexadecimal.
// Always: a missing lua5.1 is an error that names the fix, never a skip; a script that fails shows its message.
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Evalsha.Lua.Tests;

internal static class PucLua
{
    /// <summary>Lines before a program's first that both engines get.</summary>
    public const string Prelude = """
        local function hex(s) return (s:gsub('.', function(c) return string.format('%02x', c:byte()) end)) end
        local function unhex(s) return (s:gsub('%x%x', function(h) return string.char(tonumber(h, 16)) end)) end

        """;

    /// <summary>Runs a program that may use <c>hex</c> and <c>unhex</c>; returns the bytes it printed. Its chunk name is "stdin".</summary>
    public static byte[] Run(string program)
    {
        var start = new ProcessStartInfo("lua5.1", ["-"]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Start(start);
        var errors = process.StandardError.ReadToEndAsync();
        var output = new MemoryStream();
        var copying = process.StandardOutput.BaseStream.CopyToAsync(output);
        process.StandardInput.BaseStream.Write(Encoding.Latin1.GetBytes(Prelude + program));
        process.StandardInput.Close();
        copying.GetAwaiter().GetResult();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.ToArray()
            : throw new InvalidOperationException($"lua5.1 failed: {errors.GetAwaiter().GetResult()}");
    }

    public static string[] Lines(string program)
        => Encoding.Latin1.GetString(Run(program)).Split('\n', StringSplitOptions.None)[..^1];

    /// <summary>An expression that is exactly this double in Lua source.</summary>
    public static string Literal(double value)
    {
        if (double.IsNaN(value))
        {
            return double.IsNegative(value) ? "tonumber('-nan')" : "tonumber('nan')";
        }

        if (double.IsInfinity(value))
        {
            return value > 0 ? "(1/0)" : "(-1/0)";
        }

        var bits = BitConverter.DoubleToInt64Bits(Math.Abs(value));
        var biased = (int)(bits >> 52);
        var fraction = bits & 0xF_FFFF_FFFF_FFFF;
        var (mantissa, exponent) = biased == 0 ? (fraction, -1074) : (fraction | (1L << 52), biased - 1075);
        return string.Create(CultureInfo.InvariantCulture, $"tonumber('{(double.IsNegative(value) ? "-" : "")}0x{mantissa:x}p{exponent}')");
    }

    /// <summary>A Lua string literal of any bytes.</summary>
    public static string Literal(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder("'");
        foreach (var b in bytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\{b:d3}");
        }

        return text.Append('\'').ToString();
    }

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

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
