// EVAL EVALSHA EVAL_RO EVALSHA_RO and SCRIPT.
// Always: SCRIPT KILL also runs while a script keeps the turn; it then only leaves a note that the script finds at its next look.
using Evalsha.Server.Dispatch;
using Evalsha.Server.Scripting;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal sealed class ScriptingCommands(ScriptEngine engine)
{
    private static ReadOnlySpan<byte> NoScriptFound => "NOSCRIPT No matching script. Please use EVAL."u8;

    private static readonly string[] HelpLines =
    [
        "SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "DEBUG (YES|SYNC|NO)",
        "    Set the debug mode for subsequent scripts executed.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Return information about the existence of the scripts in the script cache.",
        "FLUSH [ASYNC|SYNC]",
        "    Flush the Lua scripts cache. Very dangerous on replicas.",
        "    When called without the optional mode argument, the behavior is determined by the",
        "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the scripts cache.",
        "    * SYNC: Synchronously flush the scripts cache.",
        "KILL",
        "    Kill the currently executing Lua script.",
        "LOAD <script>",
        "    Load a script into the scripts cache without executing it.",
        "HELP",
        "    Prints this help.",
    ];

    public CommandRow[] Rows =>
    [
        Run("eval", c => Eval(c, readOnly: false), MayReplicate, "2.6.0", "Runs a Lua script as one unit; what it returns.") with { Complexity = "That of the script", KeyUses = ["RW ACCESS UPDATE"], Syntax = "script numkeys:integer [key...] [arg...]" },
        Run("evalsha", c => EvalSha(c, readOnly: false), MayReplicate, "2.6.0", "Runs a script the server knows, named by its SHA1.") with { Complexity = "That of the script", KeyUses = ["RW ACCESS UPDATE"], Syntax = "sha1 numkeys:integer [key...] [arg...]" },
        Run("eval_ro", c => Eval(c, readOnly: true), ReadOnly, "7.0.0", "Runs a Lua script that may not write.") with { Complexity = "That of the script", KeyUses = ["RO ACCESS"], Syntax = "script numkeys:integer [key...] [arg...]" },
        Run("evalsha_ro", c => EvalSha(c, readOnly: true), ReadOnly, "7.0.0", "Runs a known script, named by its SHA1, that may not write.") with { Complexity = "That of the script", KeyUses = ["RO ACCESS"], Syntax = "sha1 numkeys:integer [key...] [arg...]" },
        new("script", -2, None, KeySpec.None, static _ => { })
        {
            Complexity = "That of the subcommand",
            Group = "scripting", Since = "2.6.0", Summary = "The scripts the server knows.",
            Subcommands =
            [
                Sub("load", 3, NoScript | Stale, Load, "Keeps a script without running it; its SHA1.") with { Complexity = "O(N), N: length in bytes of the script body", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"], Syntax = "script" },
                Sub("exists", -3, NoScript, Exists, "For each SHA1, 1 when that script is known.") with { Complexity = "O(N), N: scripts to check", Tips = ["request_policy:all_shards", "response_policy:agg_logical_and"], Syntax = "sha1..." },
                Sub("flush", -2, NoScript, Flush, "Forgets all scripts.") with { Complexity = "O(N), N: scripts in cache", Tips = ["request_policy:all_nodes", "response_policy:all_succeeded"], Syntax = "[async(ASYNC|SYNC)@6.2.0]", History = ["6.2.0: ASYNC, SYNC"] },
                Sub("kill", 2, NoScript | AllowBusy, c => Kill(c, isFunction: false), "Ends the running script if it has not written yet.") with { Complexity = "O(1)", Tips = ["request_policy:all_shards", "response_policy:one_succeeded"] },
                Sub("stats", -2, NoScript, c => ScriptStatistics.Answer(c, engine), "How often scripts and functions were called and how long they took. Not a command of Redis.") with { Complexity = "O(N log N), N: scripts that were called", Syntax = "[RESET] [name...]" },
                Sub("help", 2, Loading | Stale, Help, "What SCRIPT knows.") with { Since = "5.0.0", Complexity = "O(1)" },
                Sub("debug", 3, NoScript, Debug, "Whether the scripts of this connection are debugged.") with { Since = "3.2.0", Complexity = "O(1)", Syntax = "mode(YES|SYNC|NO)" },
            ],
        },
    ];

    private static CommandRow Run(string name, CommandBody body, CommandFlags flags, string since, string summary) =>
        new(name, -3, NoScript | SkipMonitor | NoMandatoryKeys | Stale | MovableKeys | flags, KeySpec.Counted(2), body)
        {
            Group = "scripting", Since = since, Summary = summary, MayRunLong = true,
        };

    private static CommandRow Sub(string name, int arity, CommandFlags flags, CommandBody body, string summary) =>
        new(name, arity, flags, KeySpec.None, body) { Group = "scripting", Since = "2.6.0", Summary = summary };

    private void Eval(CommandContext c, bool readOnly)
    {
        // A wrong count of keys is said before the script is looked at, and the script is then not cached.
        if (ScriptEngine.TryKeyCount(c, out var keys) && engine.Load(c, 1) is { } script)
        {
            engine.Execute(c, script, keys, readOnly);
        }
    }

    private void EvalSha(CommandContext c, bool readOnly)
    {
        if (!ScriptEngine.TryKeyCount(c, out var keys))
        {
            return;
        }

        if (engine.Cache.Find(c[1]) is { } script)
        {
            engine.Execute(c, script, keys, readOnly);
        }
        else
        {
            c.Reply.Error(NoScriptFound);
        }
    }

    private void Load(CommandContext c)
    {
        if (engine.Load(c, 2) is { } script)
        {
            c.Reply.Bulk(script.Sha);
        }
    }

    private void Exists(CommandContext c)
    {
        c.Reply.Array(c.Count - 2);
        for (var i = 2; i < c.Count; i++)
        {
            c.Reply.Integer(engine.Cache.Find(c[i]) is null ? 0 : 1);
        }
    }

    private void Flush(CommandContext c)
    {
        if (c.Count > 3 || (c.Count == 3 && !c.Is(2, "SYNC"u8) && !c.Is(2, "ASYNC"u8)))
        {
            c.Reply.Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option"u8);
            return;
        }

        engine.Flush();
        c.Reply.Ok();
    }

    internal void Kill(CommandContext c, bool isFunction)
    {
        switch (engine.Run.Kill(isFunction))
        {
            case KillOutcome.Requested:
                c.Reply.Ok();
                break;
            case KillOutcome.HasWritten:
                c.Reply.Error("UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command."u8);
                break;
            case KillOutcome.OtherKind:
                c.Reply.Error(isFunction ? Errors.BusyScript : Errors.BusyFunction);
                break;
            default:
                c.Reply.Error("NOTBUSY No scripts in execution right now."u8);
                break;
        }
    }

    private static void Help(CommandContext c)
    {
        c.Reply.Array(HelpLines.Length);
        foreach (var line in HelpLines)
        {
            c.Reply.Status(line);
        }
    }

    private static void Debug(CommandContext c)
    {
        if (c.Is(2, "NO"u8))
        {
            c.Reply.Ok();
        }
        else if (c.Is(2, "YES"u8) || c.Is(2, "SYNC"u8))
        {
            c.Reply.Error("ERR The script debugger is not part of this server"u8);
        }
        else
        {
            c.Reply.Error("ERR Use SCRIPT DEBUG YES/SYNC/NO"u8);
        }
    }
}
