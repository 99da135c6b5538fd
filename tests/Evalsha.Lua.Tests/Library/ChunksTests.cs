// load with a reader that fails: what it gives back, and who is told.
namespace Evalsha.Lua.Tests.Library;

public class ChunksTests
{
    [Fact]
    public void The_handler_around_load_hears_of_a_readers_error() => OurLua.ShouldPrintWhatPucPrints("""
        local function bang(m) return tostring(m) .. '!' end
        for round = 1, 2 do
          print(xpcall(function() return load(function() error('x') end) end, bang)) print(xpcall(function() return load(function() error('x', 0) end) end, bang))
          print(xpcall(function() return load(function() local t t.x = 1 end) end, bang)) print(xpcall(function() return load(function() return {} end) end, bang))
          print(xpcall(function() return load(function() return true end) end, function(m) error(m) end)) print(xpcall(function() return loadstring('x x') end, bang))
          print(pcall(function() return load(function() error('x') end) end)) print(pcall(function() return load(function() return {} end) end))
          print(xpcall(function() return load(5) end, bang))
        end
        """);
}
