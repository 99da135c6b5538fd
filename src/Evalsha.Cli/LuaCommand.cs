// evalsha lua: programs outside the sandbox, as lua5.1 runs them: print, arg, os, io, debug; errors on stderr, exit code 1.
// Always: every word after the file is the program's, whatever it looks like (see ProtectArguments).
using System.CommandLine;
using System.Text;
using Evalsha.Lua;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Runtime;
using Evalsha.Lua.Syntax;

namespace Evalsha.Cli;

internal static class LuaCommand
{
    private const string Verb = "lua";
    private const string StandardInput = "-";

    public static Command Create()
    {
        var statement = new Option<string[]>("-e") { Description = "Run this text first. May be repeated.", HelpName = "chunk" };
        var list = new Option<bool>("--list", "-l") { Description = "Print the compiled code of the file instead of running it. Twice (-l -l): with constants and names.", Arity = ArgumentArity.Zero };
        var words = new Argument<string[]>("file") { Description = "The program, or - for standard input, and its arguments.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command(Verb, "Run a Lua 5.1 program.") { statement, list, words };
        command.SetAction(parsed =>
        {
            var file = parsed.GetValue(words) ?? [];
            var listed = parsed.GetResult(list)?.IdentifierTokenCount ?? 0;
            return listed > 0 ? List(file, full: listed > 1) : Run(parsed.GetValue(statement) ?? [], file);
        });
        return command;
    }

    /// <summary>Whether the words are <c>lua</c>, a file, and what belongs to the program: nothing for a parser to do.</summary>
    public static bool IsPlain(string[] args) => args is [Verb, var file, ..] && (file == StandardInput || !file.StartsWith('-'));

    /// <summary>Puts "--" before the file of <c>evalsha lua</c>, so that its arguments are not taken for options of ours.</summary>
    public static string[] ProtectArguments(string[] args)
    {
        if (args is not [Verb, ..]) return args;
        for (var i = 1; i < args.Length; i++)
        {
            if (args[i] == "-e") i++;
            else if (args[i] == "--") return args;
            else if (args[i] == StandardInput || !args[i].StartsWith('-')) return [.. args[..i], "--", .. args[i..]];
        }
        return args;
    }

    public static int Run(string[] statements, string[] words)
    {
        LuaProgram.Prepare();
        LuaState? state = null;
        state = new LuaState(new LuaOptions
        {
            CompilesInBackground = true,
            Exit = code =>
            {
                state!.FlushOutput();
                Environment.Exit(code);
            },
        });
        var program = new LuaProgram(state, Console.OpenStandardError());
        foreach (var statement in statements)
        {
            if (!program.TryRun(Encoding.UTF8.GetBytes(statement), "=(command line)", [])) return 1;
        }
        if (words.Length == 0)
        {
            if (statements.Length > 0) return 0;
            words = [StandardInput];
        }
        if (!TryRead(words[0], program, out var source, out var chunkName)) return 1;
        program.SetArguments(["evalsha", Verb, .. words], 2);
        return program.TryRun(source, chunkName, words[1..]) ? 0 : 1;
    }

    private static int List(string[] words, bool full)
    {
        var program = new LuaProgram(new LuaState(), Console.OpenStandardError());
        if (!TryRead(words.Length == 0 ? StandardInput : words[0], program, out var source, out var chunkName)) return 1;
        try
        {
            Console.Out.Write(Listing.Of(Compiler.Compile(source, Encoding.Latin1.GetBytes(chunkName), new StringPool()), full));
            return 0;
        }
        catch (LuaSyntaxException error)
        {
            program.Print(error.Message);
            return 1;
        }
    }

    private static bool TryRead(string file, LuaProgram program, out byte[] source, out string chunkName)
    {
        source = [];
        // A chunk's name is bytes, one char for each.
        chunkName = file == StandardInput ? "=stdin" : '@' + (Ascii.IsValid(file) ? file : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(file)));
        try
        {
            if (file == StandardInput)
            {
                var all = new MemoryStream();
                using var input = Console.OpenStandardInput();
                input.CopyTo(all);
                source = all.ToArray();
            }
            else
            {
                source = File.ReadAllBytes(file);
            }
            return true;
        }
        catch (UnauthorizedAccessException) when (Directory.Exists(file))
        {
            program.Print($"cannot read {file}: Is a directory");
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "No such file or directory" : e.Message;
            program.Print($"cannot open {file}: {reason}");
            return false;
        }
    }
}
