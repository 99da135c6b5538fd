// FCALL FCALL_RO and FUNCTION.
// Always: a change of the libraries is its own effect, so the append-only file loads them again; KILL and STATS also run while a function keeps
// the turn, and then touch nothing but what the run has published.
using System.Text;
using Evalsha.Server.Dispatch;
using Evalsha.Server.Scripting;
using static Evalsha.Server.Dispatch.CommandFlags;

namespace Evalsha.Server.Commands;

internal sealed class FunctionCommands(ScriptEngine engine)
{
    private static readonly string[] ShardTips = ["request_policy:all_shards", "response_policy:all_succeeded"];

    public CommandRow[] Rows =>
    [
        Call("fcall", c => FCall(c, readOnly: false), MayReplicate, "Calls a function.") with { KeyUses = ["RW ACCESS UPDATE"] },
        Call("fcall_ro", c => FCall(c, readOnly: true), ReadOnly, "Calls a function that does not write.") with { KeyUses = ["RO ACCESS"] },
        new("function", -2, None, KeySpec.None, static _ => { })
        {
            Group = "scripting", Since = "7.0.0", Summary = "Libraries of functions, kept with the data.", Complexity = "Depends on the subcommand",
            Subcommands =
            [
                Sub("load", -3, NoScript | Write | DenyOom, Load, "Loads a library of functions.", "O(1)") with { Tips = ShardTips, Syntax = "[REPLACE] function-code" },
                Sub("delete", 3, NoScript | Write, Delete, "Deletes a library and its functions.", "O(1)") with { Tips = ShardTips, Syntax = "library-name" },
                Sub("list", -2, NoScript, List, "Lists the libraries.", "O(N), N: functions") with { Tips = ["nondeterministic_output_order"], Syntax = "[LIBRARYNAME <library-name-pattern>] [WITHCODE]" },
                Sub("dump", 2, NoScript, Dump, "All libraries as one value.", "O(N), N: functions"),
                Sub("restore", -3, NoScript | Write | DenyOom, Restore, "Loads the libraries of a dump.", "O(N), N: functions in the payload") with { Tips = ShardTips, Syntax = "serialized-value [policy(FLUSH|APPEND|REPLACE)]" },
                Sub("stats", 2, NoScript | AllowBusy, Stats, "Tells of the function that runs and of the engines.", "O(1)") with { Tips = ["nondeterministic_output", "request_policy:all_shards", "response_policy:special"] },
                Sub("kill", 2, NoScript | AllowBusy, c => new ScriptingCommands(engine).Kill(c, isFunction: true), "Ends the function that runs.", "O(1)") with { Tips = ["request_policy:all_shards", "response_policy:one_succeeded"] },
                Sub("flush", -2, NoScript | Write, Flush, "Deletes all libraries.", "O(N), N: functions deleted") with { Tips = ShardTips, Syntax = "[async(ASYNC|SYNC)]" },
                Sub("help", 2, Loading | Stale, Help, "What FUNCTION knows.", "O(1)"),
            ],
        },
    ];

    private static CommandRow Call(string name, CommandBody body, CommandFlags flags, string summary) =>
        new(name, -3, NoScript | SkipMonitor | NoMandatoryKeys | Stale | MovableKeys | flags, KeySpec.Counted(2), body)
        {
            Group = "scripting", Since = "7.0.0", Summary = summary, MayRunLong = true, Complexity = "That of the function", Syntax = "function numkeys:integer [key...] [arg...]",
        };

    private static CommandRow Sub(string name, int arity, CommandFlags flags, CommandBody body, string summary, string complexity) =>
        new(name, arity, flags, KeySpec.None, body) { Group = "scripting", Since = "7.0.0", Summary = summary, Complexity = complexity, MayRunLong = name is "load" or "restore" };

    private void FCall(CommandContext c, bool readOnly)
    {
        if (engine.Functions.Find(c[1]) is not { } function)
        {
            c.Reply.Error("ERR Function not found"u8);
        }
        else if (!Numbers.TryParseInteger(c[2], out _))
        {
            c.Reply.Error("ERR Bad number of keys provided"u8);
        }
        else if (ScriptEngine.TryKeyCount(c, out var keys))
        {
            engine.Execute(c, function, keys, readOnly);
        }
    }

    private void Load(CommandContext c)
    {
        var replace = false;
        var last = c.Count - 1;
        for (var i = 2; i < last; i++)
        {
            if (!c.Is(i, "REPLACE"u8))
            {
                c.Reply.Error($"ERR Unknown option given: {Encoding.UTF8.GetString(c[i])}");
                return;
            }

            replace = true;
        }

        if (engine.LoadLibrary(c.Text(last), replace, out var name) is { } error)
        {
            Refuse(c, error);
            return;
        }

        c.Server.Unit.ChangedWhole(1);
        c.Reply.Bulk(name);
    }

    private static void Refuse(CommandContext c, string error) =>
        c.Reply.Error(Encoding.Latin1.GetBytes(error.Replace('\r', ' ').Replace('\n', ' ')));

    private void Delete(CommandContext c)
    {
        if (engine.Functions.FindLibrary(Encoding.Latin1.GetString(c[2])) is not { } library)
        {
            c.Reply.Error("ERR Library not found"u8);
            return;
        }

        engine.Functions.Remove(library);
        c.Server.Unit.ChangedWhole(1);
        c.Reply.Ok();
    }

    private void Flush(CommandContext c)
    {
        if (c.Count > 3)
        {
            WrongSubcommand(c);
        }
        else if (c.Count == 3 && !c.Is(2, "SYNC"u8) && !c.Is(2, "ASYNC"u8))
        {
            c.Reply.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option"u8);
        }
        else
        {
            engine.FlushFunctions();
            c.Server.Unit.ChangedWhole(1);
            c.Reply.Ok();
        }
    }

    private static void WrongSubcommand(CommandContext c) =>
        c.Reply.Error($"ERR unknown subcommand or wrong number of arguments for '{Encoding.UTF8.GetString(c[1])}'. Try FUNCTION HELP.");

    private void List(CommandContext c)
    {
        var (patternAt, withCode) = (0, false);
        for (var i = 2; i < c.Count; i++)
        {
            if (!withCode && c.Is(i, "WITHCODE"u8))
            {
                withCode = true;
            }
            else if (patternAt == 0 && c.Is(i, "LIBRARYNAME"u8))
            {
                if (i + 1 == c.Count)
                {
                    c.Reply.Error("ERR library name argument was not given"u8);
                    return;
                }

                patternAt = ++i;
            }
            else
            {
                c.Reply.Error($"ERR Unknown argument {Encoding.UTF8.GetString(c[i])}");
                return;
            }
        }

        var wanted = new List<FunctionLibrary>();
        foreach (var library in engine.Functions.Libraries)
        {
            if (patternAt == 0 || Glob.Matches(c[patternAt], Encoding.ASCII.GetBytes(library.Name), ignoreCase: true))
            {
                wanted.Add(library);
            }
        }

        c.Reply.Array(wanted.Count);
        wanted.ForEach(library => Describe(c.Reply, library, withCode));
    }

    private static void Describe(IReply reply, FunctionLibrary library, bool withCode)
    {
        reply.Map(withCode ? 4 : 3);
        reply.Bulk("library_name"u8);
        reply.Bulk(library.Name);
        reply.Bulk("engine"u8);
        reply.Bulk("LUA"u8);
        reply.Bulk("functions"u8);
        reply.Array(library.Functions.Count);
        foreach (var function in library.Functions)
        {
            reply.Map(3);
            reply.Bulk("name"u8);
            reply.Bulk(function.Name);
            reply.Bulk("description"u8);
            if (function.Description is { } description)
            {
                reply.Bulk(description);
            }
            else
            {
                reply.Null();
            }

            var flags = ScriptHeader.Names.Where(flag => (function.Flags & flag.Flag) != 0).ToList();
            reply.Bulk("flags"u8);
            reply.Set(flags.Count);
            flags.ForEach(flag => reply.Status(flag.Name));
        }

        if (withCode)
        {
            reply.Bulk("library_code"u8);
            reply.Bulk(library.Code);
        }
    }

    private void Dump(CommandContext c) => c.Reply.Bulk(FunctionPayload.Write(engine.Functions.Libraries.Select(static library => library.Code)));

    private void Restore(CommandContext c)
    {
        if (c.Count > 4)
        {
            WrongSubcommand(c);
            return;
        }

        var policy = RestorePolicy.Append;
        if (c.Count == 4 && !Enum.TryParse(Encoding.ASCII.GetString(c[3]), ignoreCase: true, out policy))
        {
            c.Reply.Error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."u8);
            return;
        }

        if (engine.Restore(c[2], policy) is { } error)
        {
            Refuse(c, error);
            return;
        }

        c.Server.Unit.ChangedWhole(1);
        c.Reply.Ok();
    }

    private void Stats(CommandContext c)
    {
        var busy = engine.Run.Busy;
        if (busy is null && c.Server.Gate.IsBusy && !c.Turn.IsHeld)
        {
            c.Reply.Error(Errors.BusyScript);
            return;
        }

        c.Reply.Map(2);
        c.Reply.Bulk("running_script"u8);
        if (busy is null)
        {
            c.Reply.Null();
        }
        else
        {
            c.Reply.Map(3);
            c.Reply.Bulk("name"u8);
            c.Reply.Bulk(busy.Name);
            c.Reply.Bulk("command"u8);
            c.Reply.Array(busy.Command.Length);
            foreach (var argument in busy.Command)
            {
                c.Reply.Bulk(argument);
            }

            c.Reply.Bulk("duration_ms"u8);
            c.Reply.Integer((long)c.Server.Clock.Provider.GetElapsedTime(busy.StartedAt).TotalMilliseconds);
        }

        c.Reply.Bulk("engines"u8);
        c.Reply.Map(1);
        c.Reply.Bulk("LUA"u8);
        c.Reply.Map(2);
        c.Reply.Bulk("libraries_count"u8);
        c.Reply.Integer(engine.Functions.LibraryCount);
        c.Reply.Bulk("functions_count"u8);
        c.Reply.Integer(engine.Functions.FunctionCount);
    }

    private static void Help(CommandContext c) => c.ReplyHelp(
        "LOAD [REPLACE] <FUNCTION CODE>",
        "    Create a new library with the given library name and code.",
        "DELETE <LIBRARY NAME>",
        "    Delete the given library.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
        "    Return general information on all the libraries:",
        "    * Library name",
        "    * The engine used to run the Library",
        "    * Library description",
        "    * Functions list",
        "    * Library code (if WITHCODE is given)",
        "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
        "STATS",
        "    Return information about the current function running:",
        "    * Function name",
        "    * Command used to run the function",
        "    * Duration in MS that the function is running",
        "    If no function is running, return nil",
        "    In addition, returns a list of available engines.",
        "KILL",
        "    Kill the current running function.",
        "FLUSH [ASYNC|SYNC]",
        "    Delete all the libraries.",
        "    When called without the optional mode argument, the behavior is determined by the",
        "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the libraries.",
        "    * SYNC: Synchronously flush the libraries.",
        "DUMP",
        "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
        "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
        "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
        "    control how to handle existing libraries (default APPEND):",
        "    * FLUSH: delete all existing libraries.",
        "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
        "    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
        "      libraries with the new libraries (notice that even on this option there is a chance of failure",
        "      in case of functions name collision with another library).");
}
