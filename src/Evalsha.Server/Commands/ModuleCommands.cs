// MODULE: what clients ask when they connect, and what a server without modules answers.
// Always: none is loaded and none can be; the refusal is Redis's for a server that does not allow it.
using Evalsha.Server.Dispatch;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal static class ModuleCommands
{
    public static readonly CommandRow[] Rows =
    [
        new("module", -2, None, KeySpec.None, static c => c.WrongArity())
        {
            Group = "server", Since = "4.0.0", Summary = "Native modules; there are none.", Complexity = "That of the subcommand",
            Subcommands =
            [
                Module("list", 2, Admin | NoScript, static c => c.Reply.Array(0), "4.0.0", "The modules that are loaded: none.") with { Tips = ["nondeterministic_output_order"] },
                Module("load", -3, Admin | NoScript | NoAsyncLoading, Refuse, "4.0.0", "Refused: nothing native runs here.") with { Syntax = "path [arg...]" },
                Module("loadex", -3, Admin | NoScript | NoAsyncLoading, Refuse, "7.0.0", "Refused, as LOAD.") with { Syntax = "path [CONFIG <configs{name value}>+...] [ARGS <args{arg}>...]" },
                Module("unload", 3, Admin | NoScript | NoAsyncLoading, Refuse, "4.0.0", "Refused: there is nothing to unload.") with { Syntax = "name" },
                Module("help", 2, Loading | Stale, Help, "5.0.0", "What MODULE knows."),
            ],
        },
    ];

    private static CommandRow Module(string name, int arity, CommandFlags flags, CommandBody body, string since, string summary) =>
        new(name, arity, flags, KeySpec.None, body) { Group = "server", Since = since, Summary = summary, Complexity = "O(1)" };

    private static void Refuse(CommandContext c) => c.Reply.Error(
        "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."u8);

    private static void Help(CommandContext c) => c.ReplyHelp(
        "LIST",
        "    Return a list of loaded modules.",
        "LOAD <path> [<arg> ...]",
        "    Load a module library from <path>, passing to it any optional arguments.",
        "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
        "    Load a module library from <path>, while passing it module configurations and optional arguments.",
        "UNLOAD <name>",
        "    Unload a module.");
}
