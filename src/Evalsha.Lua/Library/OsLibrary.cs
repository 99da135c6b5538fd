// The os library of PUC 5.1 (loslib.c) for stand-alone programs; the sandbox never opens it.
// Always: time and the time zone are the state's TimeProvider's. os.clock is the processor time of the process, as C's is; under another
// clock than the system's it counts that clock's seconds, so that a program is the same each time. A host that set no Exit cannot be ended
// by a script.
using System.Diagnostics;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

public static class OsLibrary
{
    /// <summary>In PUC's order, which decides the order of <c>pairs(os)</c>.</summary>
    public static readonly LuaFunctionRow[] Rows =
    [
        new("clock", Clock),
        new("date", Date),
        new("difftime", static (ref LuaCall call) => call.OptNumber(1, 0, out var b) && call.CheckNumber(0, out var a) ? call.Return((double)Truncation.ToInt64(a) - Truncation.ToInt64(b)) : LuaCall.Raised),
        new("execute", Execute),
        new("exit", Exit),
        new("getenv", GetEnv),
        new("remove", Remove),
        new("rename", Rename),
        new("setlocale", SetLocale),
        new("time", Time),
        new("tmpname", TmpName),
    ];

    public static LuaTable Open(LuaState state)
        => LibraryTable.Make(state, Rows, LuaValue.LightUserdata(new Start(state.Options.Time.GetTimestamp())));

    private static int Clock(ref LuaCall call)
    {
        if (ReferenceEquals(call.State.Options.Time, TimeProvider.System)) return call.Return(Environment.CpuUsage.TotalTime.TotalSeconds);
        var start = (Start)call.Callee.Upvalues[0].AsLightUserdata;
        return call.Return(call.State.Options.Time.GetElapsedTime(start.Timestamp).TotalSeconds);
    }

    private static int Date(ref LuaCall call)
    {
        var now = Math.Floor(call.State.Options.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        if (!call.OptString(0, ByteString.FromUtf8("%c"), out var formatText) || !call.OptNumber(1, now, out var time))
        {
            return LuaCall.Raised;
        }

        var format = PatternMatcher.Effective(formatText.Span);
        var isUtc = format.Length > 0 && format[0] == '!';
        format = isUtc ? format[1..] : format;
        if (!BrokenDownTime.TryFrom(LuaNumber.ToInt64(time), isUtc ? TimeZoneInfo.Utc : call.State.Options.Time.LocalTimeZone, out var when))
        {
            return call.Return(LuaValue.Nil);
        }

        if (format.StartsWith("*t"u8))
        {
            return call.Return(when.ToTable());
        }

        var builder = new ByteBuilder();
        for (var i = 0; i < format.Length; i++)
        {
            var ok = format[i] == '%' && i + 1 < format.Length
                ? builder.Append(ref call, Text.ToByteString(when.Print((char)format[++i])).Span)
                : builder.Append(ref call, format[i]);
            if (!ok)
            {
                return LuaCall.Raised;
            }
        }

        return builder.Finish(ref call);
    }

    private static int Time(ref LuaCall call)
    {
        var clock = call.State.Options.Time;
        if (call.IsNoneOrNil(0))
        {
            return call.Return((double)clock.GetUtcNow().ToUnixTimeSeconds());
        }

        if (!call.CheckTable(0, out var table)
            || !Field(ref call, table, "sec", 0, out var second)
            || !Field(ref call, table, "min", 0, out var minute)
            || !Field(ref call, table, "hour", 12, out var hour)
            || !Field(ref call, table, "day", null, out var day)
            || !Field(ref call, table, "month", null, out var month)
            || !Field(ref call, table, "year", null, out var year))
        {
            return LuaCall.Raised;
        }

        return BrokenDownTime.TryUnixSeconds(year, month, day, hour, minute, second, clock.LocalTimeZone, out var seconds)
            ? call.Return((double)seconds)
            : call.Return(LuaValue.Nil);
    }

    private static bool Field(ref LuaCall call, LuaTable table, string name, int? byDefault, out int value)
    {
        value = byDefault ?? 0;
        if (!call.Index(table, LuaValue.FromText(name), out var found))
        {
            return false;
        }

        double number = 0;
        if (found.IsNumber || (found.IsString && LuaNumber.TryParse(found.AsString.Span, out number)))
        {
            value = unchecked((int)LuaNumber.ToInt64(found.IsNumber ? found.AsNumber : number));
            return true;
        }

        if (byDefault is not null)
        {
            return true;
        }

        call.Error($"field '{name}' missing in date table");
        return false;
    }

    // What C's system() gives on Unix: the status word, whose second byte is the exit code.
    private static int Execute(ref LuaCall call)
    {
        if (call.IsNoneOrNil(0))
        {
            return call.Return(1.0);                         // there is a shell
        }

        if (!call.CheckString(0, out var command))
        {
            return LuaCall.Raised;
        }

        var isWindows = OperatingSystem.IsWindows();
        var start = new ProcessStartInfo(isWindows ? "cmd.exe" : "/bin/sh", [isWindows ? "/c" : "-c", Paths.FromBytes(command)]);
        try
        {
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return call.Return((double)(isWindows ? process.ExitCode : process.ExitCode << 8));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return call.Return(-1.0);
        }
    }

    private static int Exit(ref LuaCall call)
    {
        if (!call.OptInt(0, 0, out var code))
        {
            return LuaCall.Raised;
        }

        if (call.State.Options.Exit is not { } exit)
        {
            return call.Error("os.exit is not available in this host");
        }

        exit(code);
        return call.Return();
    }

    private static int GetEnv(ref LuaCall call)
    {
        if (!call.CheckString(0, out var name))
        {
            return LuaCall.Raised;
        }

        var value = name.Length == 0 ? null : Environment.GetEnvironmentVariable(Paths.FromBytes(name));
        return call.Return(value is null ? LuaValue.Nil : LuaValue.FromText(value));
    }

    private static int Remove(ref LuaCall call)
    {
        if (!call.CheckString(0, out var name))
        {
            return LuaCall.Raised;
        }

        var path = Paths.FromBytes(name);
        return FileErrors.Try(ref call, name, () =>
        {
            if (Directory.Exists(path))
            {
                Directory.Delete(path);
                return;
            }

            if (!File.Exists(path))
            {
                throw new FileNotFoundException();
            }

            File.Delete(path);
        });
    }

    private static int Rename(ref LuaCall call)
    {
        if (!call.CheckString(0, out var from) || !call.CheckString(1, out var to))
        {
            return LuaCall.Raised;
        }

        return FileErrors.Try(ref call, from, () => File.Move(Paths.FromBytes(from), Paths.FromBytes(to), overwrite: true));
    }

    // Only the C locale exists here.
    private static int SetLocale(ref LuaCall call)
    {
        if (!call.OptString(0, ByteString.FromUtf8("C"), out var locale) || !call.OptString(1, ByteString.FromUtf8("all"), out var category))
        {
            return LuaCall.Raised;
        }

        if (category.ToString() is not ("all" or "collate" or "ctype" or "monetary" or "numeric" or "time"))
        {
            return call.ArgumentError(1, $"invalid option '{Text.FromBytes(PatternMatcher.Effective(category.Span))}'");
        }

        return call.Return(locale.ToString() is "" or "C" or "POSIX" ? LuaValue.FromText("C") : LuaValue.Nil);
    }

    private static int TmpName(ref LuaCall call)
    {
        try
        {
            return call.Return(LuaValue.FromText(System.IO.Path.GetTempFileName()));
        }
        catch (IOException)
        {
            return call.Error("unable to generate a unique filename");
        }
    }

    private sealed record Start(long Timestamp);
}
