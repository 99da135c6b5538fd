// evalsha: the toolkit's command line. Verbs come one file each.
// Always: "evalsha lua FILE …" goes past the parser of command lines, whose start takes longer than a small program.
using System.CommandLine;
using System.CommandLine.Help;

namespace Evalsha.Cli;

internal static class Program
{
    private static int Main(string[] args) => LuaCommand.IsPlain(args) ? LuaCommand.Run([], args[1..]) : Parse(args);

    private static int Parse(string[] args)
    {
        // A plain command under its own name: a RootCommand is called after the assembly.
        var root = new Command("evalsha", "Redis Lua for .NET: a server, an interpreter, tools.")
        {
            new HelpOption(),
            new VersionOption(),
            ServeCommand.Create(),
            LuaCommand.Create(),
        };
        return root.Parse(LuaCommand.ProtectArguments(args)).InvokeAsync().GetAwaiter().GetResult();
    }
}
