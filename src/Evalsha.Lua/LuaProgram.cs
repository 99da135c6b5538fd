// A program run as the stand-alone interpreter runs it (lua.c): the table arg, the arguments as ..., errors as "lua: message" and a traceback.
// Always: the program runs inside one host call, as PUC's runs inside its pmain, so tracebacks and the limit of C levels come out the same.
using System.Text;
using Evalsha.Lua.Bytecode;
using Evalsha.Lua.Compiled;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua;

/// <summary>Runs programs in a state that was made for one program.</summary>
public sealed class LuaProgram(LuaState state, Stream errors)
{
    /// <summary>The name that stands before messages.</summary>
    private const string ProgramName = "lua";

    /// <summary>Has a thread of the pool load what compiles hot functions, while the program is read and begins. Does nothing where there is no second processor.</summary>
    public static void Prepare()
    {
        if (Environment.ProcessorCount > 1) ThreadPool.UnsafeQueueUserWorkItem(static _ => Rehearsal.Run(), null);
    }

    /// <summary>Runs a chunk with arguments; false when it failed, and the failure has been printed.</summary>
    /// <param name="source">The text, or a precompiled chunk; a first line that begins with # is skipped.</param>
    /// <param name="chunkName">"@file", "=stdin" and so on; one char for each byte.</param>
    /// <param name="arguments">What the chunk sees as <c>...</c>.</param>
    public bool TryRun(ReadOnlyMemory<byte> source, string chunkName, IReadOnlyList<string> arguments)
    {
        LuaError? failure = null;
        var main = state.Function("main", (ref LuaCall call) =>
        {
            if (!state.TryLoad(SkipFirstLine(source.Span), chunkName, out var chunk, out var error)
                || !state.TryCallTraced(chunk, Values(arguments), out _, out error))
            {
                failure = error;
            }
            return call.Return();
        });
        if (!state.TryCall(main, [], out LuaValue _, out var outer)) failure = outer;
        state.FlushOutput();
        if (failure is not { } found) return true;
        Print(found);
        return false;
    }

    /// <summary>Sets the global table arg: the words of the command line, numbered so that the program's own name is 0.</summary>
    public void SetArguments(IReadOnlyList<string> words, int program)
    {
        var arg = new LuaTable();
        for (var i = 0; i < words.Count; i++) arg.Set(i - program, ByteString.FromUtf8(words[i]));
        state.Globals.Set(state.Strings.Get("arg"), arg);
    }

    /// <summary>Prints a message as the program's own: <c>lua: cannot open x.lua</c>.</summary>
    public void Print(string message) => Print(Encoding.UTF8.GetBytes(message), null);

    private void Print(in LuaError error)
    {
        // As in lua.c: an error of nil prints nothing, and only what can be a string gets a traceback.
        if (error.Value.IsNil) return;
        if (error.Value.IsString || error.Value.IsNumber)
        {
            var message = error.Value.IsString ? error.Value.AsString.Span.ToArray() : Encoding.ASCII.GetBytes(LuaNumber.ToText(error.Value.AsNumber));
            Print(message, HasTraceback() ? error.Traceback : null);
        }
        else
        {
            Print("(error object is not a string)");
        }
    }

    // lua.c asks the program's own debug.traceback, which may be gone.
    private bool HasTraceback()
    {
        var debug = state.Globals.Get(state.Strings.Get("debug"));
        return debug.IsTable && debug.AsTable.Get(state.Strings.Get("traceback")).IsFunction;
    }

    private void Print(byte[] message, string? traceback)
    {
        var text = new MemoryStream();
        text.Write(Encoding.ASCII.GetBytes(ProgramName + ": "));
        text.Write(message);
        if (traceback is not null) text.Write(Encoding.Latin1.GetBytes('\n' + traceback));
        text.WriteByte((byte)'\n');
        errors.Write(text.GetBuffer(), 0, (int)text.Length);
        errors.Flush();
    }

    private static LuaValue[] Values(IReadOnlyList<string> arguments)
    {
        var values = new LuaValue[arguments.Count];
        for (var i = 0; i < values.Length; i++) values[i] = LuaValue.FromText(arguments[i]);
        return values;
    }

    /// <summary>The line of #! for a Unix shell is left out; its end stays, so that lines are counted right.</summary>
    private static ReadOnlySpan<byte> SkipFirstLine(ReadOnlySpan<byte> source)
    {
        if (source is not [(byte)'#', ..]) return source;
        var end = source.IndexOf((byte)'\n');
        return end < 0 ? [] : Undump.IsBinary(source[(end + 1)..]) ? source[(end + 1)..] : source[end..];
    }
}
