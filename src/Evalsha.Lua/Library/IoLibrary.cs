// The io library of PUC 5.1 (liolib.c) for stand-alone programs; the sandbox never opens it.
// Always: a file is a userdata with the one metatable of its state; what the file system refuses is answered as nil, text, number, never thrown.
// popen is refused: a program that wants a process can be given a host function.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class IoLibrary
{
    public static readonly LuaFunctionRow[] Rows =
    [
        new("close", Close),
        new("flush", static (ref LuaCall call) => DefaultFile(ref call, output: true, out var file) ? Flush(ref call, file) : LuaCall.Raised),
        new("input", static (ref LuaCall call) => SetDefault(ref call, output: false)),
        new("lines", Lines),
        new("open", Open),
        new("output", static (ref LuaCall call) => SetDefault(ref call, output: true)),
        new("popen", static (ref LuaCall call) => call.Error("'popen' not supported")),
        new("read", static (ref LuaCall call) => DefaultFile(ref call, output: false, out var file) ? Read(ref call, file, 0) : LuaCall.Raised),
        new("tmpfile", TmpFile),
        new("type", Type),
        new("write", static (ref LuaCall call) => DefaultFile(ref call, output: true, out var file) ? Write(ref call, file, 0) : LuaCall.Raised),
    ];

    private static readonly LuaFunctionRow[] Methods =
    [
        new("close", Close),
        new("flush", static (ref LuaCall call) => Self(ref call, out var file) ? Flush(ref call, file) : LuaCall.Raised),
        new("lines", static (ref LuaCall call) => Self(ref call, out _) ? ReturnLines(ref call, call[0], closeAtEnd: false) : LuaCall.Raised),
        new("read", static (ref LuaCall call) => Self(ref call, out var file) ? Read(ref call, file, 1) : LuaCall.Raised),
        new("seek", Seek),
        new("setvbuf", SetBuffering),
        new("write", static (ref LuaCall call) => Self(ref call, out var file) ? Write(ref call, file, 1) : LuaCall.Raised),
        new("__gc", Collect),
        new("__tostring", ToText),
    ];

    public static LuaTable Open(LuaState state)
    {
        var files = new Files();
        var shared = LuaValue.LightUserdata(files);
        files.Metatable = LibraryTable.Make(state, Methods, shared);
        files.Metatable.SetString("__index", files.Metatable);
        var table = LibraryTable.Make(state, Rows, shared);
        files.Input = Wrap(files, new LuaFile(Console.OpenStandardInput, isStandard: true));
        files.Output = Wrap(files, new LuaFile(() => state.Output, isStandard: true));
        table.SetString("stdin", files.Input);
        table.SetString("stdout", files.Output);
        table.SetString("stderr", Wrap(files, new LuaFile(Console.OpenStandardError, isStandard: true)));
        return table;
    }

    private static LuaUserdata Wrap(Files files, LuaFile file) => new(file) { Metatable = files.Metatable };

    private static Files FilesOf(ref LuaCall call) => (Files)call.Callee.Upvalues[0].AsLightUserdata;

    private static bool IsFile(in LuaValue value, out LuaFile file)
    {
        file = (value.IsUserdata ? value.AsUserdata.Content as LuaFile : null)!;
        return file is not null;
    }

    private static bool Self(ref LuaCall call, out LuaFile file)
    {
        if (!IsFile(call[0], out file))
        {
            call.TypeError(0, "FILE*");
            return false;
        }

        if (!file.IsOpen)
        {
            call.Error("attempt to use a closed file");
            return false;
        }

        return true;
    }

    private static bool DefaultFile(ref LuaCall call, bool output, out LuaFile file)
    {
        var files = FilesOf(ref call);
        file = (LuaFile)(output ? files.Output : files.Input).Content!;
        if (file.IsOpen)
        {
            return true;
        }

        call.Error($"standard {(output ? "output" : "input")} file is closed");
        return false;
    }

    private static int Type(ref LuaCall call)
    {
        if (!call.CheckAny(0))
        {
            return LuaCall.Raised;
        }

        return IsFile(call[0], out var file)
            ? call.Return(file.IsOpen ? "file"u8 : "closed file"u8)
            : call.Return(LuaValue.Nil);
    }

    private static int ToText(ref LuaCall call)
    {
        if (!IsFile(call[0], out var file))
        {
            return call.TypeError(0, "FILE*");
        }

        return call.Return(LuaValue.FromText(file.IsOpen ? $"file (0x{call[0].AsUserdata.Identity:x8})" : "file (closed)"));
    }

    private static int Collect(ref LuaCall call)
    {
        if (IsFile(call[0], out var file))
        {
            file.Dispose();
        }

        return call.Return();
    }

    private static int Close(ref LuaCall call)
    {
        LuaFile file;
        if (call.Count == 0)
        {
            if (!DefaultFile(ref call, output: true, out file))
            {
                return LuaCall.Raised;
            }
        }
        else if (!Self(ref call, out file))
        {
            return LuaCall.Raised;
        }

        if (file.IsStandard)
        {
            file.Flush();
            return call.Return(LuaValue.Nil, LuaValue.FromText("cannot close standard file"));
        }

        return FileErrors.Try(ref call, null, file.Dispose);
    }

    private static int Open(ref LuaCall call)
    {
        if (!call.CheckString(0, out var name) || !call.OptString(1, ByteString.FromUtf8("r"), out var mode))
        {
            return LuaCall.Raised;
        }

        try
        {
            return call.Return((LuaValue)Wrap(FilesOf(ref call), OpenFile(name, mode.ToString())));
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            return FileErrors.Return(ref call, name, e);
        }
    }

    private static LuaFile OpenFile(ByteString name, string mode)
    {
        var update = mode.Contains('+', StringComparison.Ordinal);
        var (how, access) = mode.Length == 0 ? throw new ArgumentException("no mode", nameof(mode)) : mode[0] switch
        {
            'r' => (FileMode.Open, update ? FileAccess.ReadWrite : FileAccess.Read),
            'w' => (FileMode.Create, update ? FileAccess.ReadWrite : FileAccess.Write),
            'a' => (FileMode.Append, FileAccess.Write),
            _ => throw new ArgumentException("unknown mode", nameof(mode)),
        };
        if (how == FileMode.Append && update)
        {
            (how, access) = (FileMode.OpenOrCreate, FileAccess.ReadWrite);
        }

        var stream = new FileStream(Paths.FromBytes(name), how, access, FileShare.ReadWrite | FileShare.Delete);
        if (how == FileMode.OpenOrCreate)
        {
            stream.Seek(0, SeekOrigin.End);
        }

        return new LuaFile(stream);
    }

    private static int TmpFile(ref LuaCall call)
    {
        try
        {
            var stream = new FileStream(
                System.IO.Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 4096, FileOptions.DeleteOnClose);
            return call.Return((LuaValue)Wrap(FilesOf(ref call), new LuaFile(stream)));
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            return FileErrors.Return(ref call, null, e);
        }
    }

    private static int SetDefault(ref LuaCall call, bool output)
    {
        var files = FilesOf(ref call);
        if (!call.IsNoneOrNil(0))
        {
            LuaUserdata userdata;
            if (call[0].IsString || call[0].IsNumber)
            {
                if (!call.CheckString(0, out var name))
                {
                    return LuaCall.Raised;
                }

                try
                {
                    userdata = Wrap(files, OpenFile(name, output ? "w" : "r"));
                }
                catch (Exception e) when (FileErrors.IsExpected(e))
                {
                    return call.ArgumentError(0, $"{Text.FromBytes(PatternMatcher.Effective(name.Span))}: {FileErrors.Describe(e).Text}");
                }
            }
            else if (Self(ref call, out _))
            {
                userdata = call[0].AsUserdata;
            }
            else
            {
                return LuaCall.Raised;
            }

            if (output)
            {
                files.Output = userdata;
            }
            else
            {
                files.Input = userdata;
            }
        }

        return call.Return((LuaValue)(output ? files.Output : files.Input));
    }

    private static int Lines(ref LuaCall call)
    {
        if (call.IsNoneOrNil(0))
        {
            return DefaultFile(ref call, output: false, out _) ? ReturnLines(ref call, FilesOf(ref call).Input, closeAtEnd: false) : LuaCall.Raised;
        }

        if (!call.CheckString(0, out var name))
        {
            return LuaCall.Raised;
        }

        try
        {
            return ReturnLines(ref call, Wrap(FilesOf(ref call), OpenFile(name, "r")), closeAtEnd: true);
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            return call.ArgumentError(0, $"{Text.FromBytes(PatternMatcher.Effective(name.Span))}: {FileErrors.Describe(e).Text}");
        }
    }

    private static int ReturnLines(ref LuaCall call, LuaValue file, bool closeAtEnd)
        => call.Return((LuaFunction)call.State.Function("lines", NextLine, file, closeAtEnd));

    private static int NextLine(ref LuaCall call)
    {
        var file = (LuaFile)call.Callee.Upvalues[0].AsUserdata.Content!;
        if (!file.IsOpen)
        {
            return call.Error("file is already closed");
        }

        if (!ReadItem(ref call, file, "*l"u8, 0, out var line))
        {
            return LuaCall.Raised;
        }

        if (line.IsNil && call.Callee.Upvalues[1].IsTruthy)
        {
            file.Dispose();
        }

        return line.IsNil ? call.Return() : call.Return(line);
    }

    private static int Read(ref LuaCall call, LuaFile file, int first)
    {
        var count = Math.Max(call.Count - first, 1);
        var values = new LuaValue[count];
        try
        {
            for (var i = 0; i < count; i++)
            {
                if (call.Count <= first)
                {
                    if (!ReadItem(ref call, file, "*l"u8, 0, out values[0]))
                    {
                        return LuaCall.Raised;
                    }
                }
                else if (!ReadArgument(ref call, file, first + i, out values[i]))
                {
                    return LuaCall.Raised;
                }

                if (values[i].IsNil)
                {
                    return call.Return(values.AsSpan(0, i + 1));
                }
            }

            return call.Return(values);
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            return FileErrors.Return(ref call, null, e);
        }
    }

    private static bool ReadArgument(ref LuaCall call, LuaFile file, int index, out LuaValue value)
    {
        value = LuaValue.Nil;
        if (call[index].IsNumber)
        {
            return call.CheckInteger(index, out var count) && ReadItem(ref call, file, default, count, out value);
        }

        var format = call[index].IsString ? call[index].AsString.Span : default;
        if (format.IsEmpty || format[0] != '*')
        {
            call.ArgumentError(index, "invalid option");
            return false;
        }

        if (format.Length < 2 || format[1] is not ((byte)'n' or (byte)'l' or (byte)'a'))
        {
            call.ArgumentError(index, "invalid format");
            return false;
        }

        return ReadItem(ref call, file, format, 0, out value);
    }

    /// <summary>One item by format, or so many bytes when there is none; nil at the end of the file.</summary>
    private static bool ReadItem(ref LuaCall call, LuaFile file, ReadOnlySpan<byte> format, long count, out LuaValue value)
    {
        value = LuaValue.Nil;
        if (format.Length > 1 && format[1] == 'n')
        {
            if (file.ReadNumber(out var number))
            {
                value = number;
            }

            return true;
        }

        var builder = new ByteBuilder();
        bool ok, found;
        if (format.Length > 1 && format[1] == 'l')
        {
            ok = file.ReadLine(ref call, ref builder, out found);
        }
        else if (format.Length > 1)
        {
            ok = file.ReadBytes(ref call, ref builder, long.MaxValue);
            found = true;
        }
        else
        {
            found = file.Peek() >= 0;                        // read(0) only asks for the end
            ok = file.ReadBytes(ref call, ref builder, count);
        }

        ok = ok && (!found || Strings.Make(ref call, builder.Written, out value));
        builder.Dispose();
        return ok;
    }

    private static int Write(ref LuaCall call, LuaFile file, int first)
    {
        try
        {
            for (var i = first; i < call.Count; i++)
            {
                if (!call.CheckString(i, out var text))
                {
                    return LuaCall.Raised;
                }

                file.Write(text.Span);
            }

            return call.Return(true);
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            return FileErrors.Return(ref call, null, e);
        }
    }

    private static int Flush(ref LuaCall call, LuaFile file) => FileErrors.Try(ref call, null, file.Flush);

    private static int Seek(ref LuaCall call)
    {
        if (!Self(ref call, out var file)
            || !call.OptString(1, ByteString.FromUtf8("cur"), out var whence)
            || !call.OptInteger(2, 0, out var offset))
        {
            return LuaCall.Raised;
        }

        var origin = Array.IndexOf(["set", "cur", "end"], whence.ToString());
        if (origin < 0)
        {
            return call.ArgumentError(1, $"invalid option '{Text.FromBytes(PatternMatcher.Effective(whence.Span))}'");
        }

        try
        {
            return call.Return((double)file.Seek(origin, offset));
        }
        catch (Exception e) when (FileErrors.IsExpected(e))
        {
            return FileErrors.Return(ref call, null, e);
        }
    }

    // Buffering is .NET's affair; the call is accepted.
    private static int SetBuffering(ref LuaCall call)
    {
        if (!Self(ref call, out _) || !call.CheckString(1, out var mode))
        {
            return LuaCall.Raised;
        }

        return Array.IndexOf(["no", "full", "line"], mode.ToString()) < 0
            ? call.ArgumentError(1, $"invalid option '{Text.FromBytes(PatternMatcher.Effective(mode.Span))}'")
            : call.Return(true);
    }

    /// <summary>The default files of one state.</summary>
    private sealed class Files
    {
        public LuaTable Metatable { get; set; } = null!;

        public LuaUserdata Input { get; set; } = null!;

        public LuaUserdata Output { get; set; } = null!;
    }
}
