// The listing is luac's, but for the sizes and addresses of its own memory.
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Tests.Bytecode;

public sealed partial class ListingTests
{
    [Theory]
    [InlineData("local t = {1, 2, x = 3, [5] = 'a\\n\\200\"'}\nfunction t:m(a, ...) return a .. t.x, -1e300, 0.1, -self.y end\nfor i = 1, 10 do print(i) end\nif t == 3 then t.a = nil end\na.b = function() t = 1 end")]
    [InlineData("local function f(...) local a = ... return arg, function() return a, f end end\nfor k, v in pairs(f) do repeat local x = k > v or not x until x and x ^ 2 ~= -x end\nwhile #a <= 1 do a[b], c = f(1, nil, true), {} break end\nreturn f(...)")]
    public void A_listing_reads_as_luacs(string source)
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, source, Encoding.Latin1);
        try
        {
            var start = new ProcessStartInfo("luac5.1", ["-l", "-l", "-p", file]) { RedirectStandardOutput = true };
            using var process = Process.Start(start) ?? throw new InvalidOperationException("luac5.1 is needed: install the package lua5.1");
            var real = Memory().Replace(process.StandardOutput.ReadToEnd(), "");
            Listing.Of(Compiler.Compile(PucCompiler.Bytes(source), PucCompiler.Bytes('@' + file), new StringPool()), full: true).ShouldBe(real);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [GeneratedRegex(@", \d+ bytes at 0x[0-9a-f]+| for 0x[0-9a-f]+|\t; 0x[0-9a-f]+")]
    private static partial Regex Memory();
}
