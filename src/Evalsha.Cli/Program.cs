// evalsha: the toolkit's command line. Verbs come one file each.
using System.CommandLine;
using Evalsha.Cli;

var root = new RootCommand("Redis Lua for .NET: a server, an interpreter, tools.")
{
    ServeCommand.Create(),
    LuaCommand.Create(),
};
return await root.Parse(LuaCommand.ProtectArguments(args)).InvokeAsync();
