// evalsha: the toolkit's command line. Verbs come one file each.
using System.CommandLine;
using System.CommandLine.Help;
using Evalsha.Cli;

// A plain command under its own name: a RootCommand is called after the assembly.
var root = new Command("evalsha", "Redis Lua for .NET: a server, an interpreter, tools.")
{
    new HelpOption(),
    new VersionOption(),
    ServeCommand.Create(),
    LuaCommand.Create(),
};
return await root.Parse(LuaCommand.ProtectArguments(args)).InvokeAsync();
