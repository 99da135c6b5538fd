// Somebody else's Lua in this process: a function and data of the host, a typed result, and a program without end that is ended.
using Evalsha.Lua;
using Evalsha.Lua.Runtime;

var state = new LuaState(new LuaOptions { Sandbox = true, Libraries = LuaLibraries.Sandbox, Limits = new() { MaxSteps = 1_000_000, MaxLiveBytes = 16 << 20 } });
state.Register("discount", (double price, int percent) => price * (100 - percent) / 100);
state.Globals["order"] = new LuaTable { ["customer"] = "Ann", ["price"] = 80, ["express"] = true };

var total = state.Run<double>("return discount(order.price, 25) + (order.express and 5 or 0)");
Console.WriteLine($"{state.Globals["order"].AsTable.Get<string>("customer")} pays {total}");

if (!state.TryRun("while true do end", out _, out var error, "@endless.lua"))
{
    Console.WriteLine($"{error.Chunk}, line {error.Line}: {error.Message}");
}
