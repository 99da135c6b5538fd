// C's struct tm for os.date and os.time: a moment in a time zone, strftime's conversions in the C locale, and mktime's normalisation.
// Always: the calendar is the proleptic Gregorian one; moments outside the years 1 to 9999 are refused (as nil), where C goes on.
using System.Globalization;
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal readonly record struct BrokenDownTime(DateTime Local, TimeSpan Offset, bool IsDaylight, string Zone, long UnixSeconds)
{
    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeSeconds() + 86400;
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeSeconds() - 86400;

    public static bool TryFrom(long unixSeconds, TimeZoneInfo zone, out BrokenDownTime time)
    {
        time = default;
        if (unixSeconds < Earliest || unixSeconds > Latest)
        {
            return false;
        }

        var utc = DateTimeOffset.FromUnixTimeSeconds(unixSeconds);
        var offset = zone.GetUtcOffset(utc);
        var daylight = zone.IsDaylightSavingTime(utc);
        var name = zone == TimeZoneInfo.Utc ? "GMT" : daylight ? zone.DaylightName : zone.StandardName;
        time = new(utc.UtcDateTime + offset, offset, daylight, name, unixSeconds);
        return true;
    }

    /// <summary>mktime: fields may lie outside their ranges and are carried.</summary>
    public static bool TryUnixSeconds(int year, int month, int day, int hour, int minute, int second, TimeZoneInfo zone, out long seconds)
    {
        seconds = 0;
        var months = ((long)year * 12) + month - 1;
        var (wholeYear, monthIndex) = (Math.DivRem(months, 12).Quotient, (int)(months % 12));
        if (monthIndex < 0)
        {
            (wholeYear, monthIndex) = (wholeYear - 1, monthIndex + 12);
        }

        if (wholeYear is < 2 or > 9998)
        {
            return false;
        }

        var start = new DateTimeOffset((int)wholeYear, monthIndex + 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        var local = start + ((day - 1L) * 86400) + (hour * 3600L) + (minute * 60L) + second;
        if (local < Earliest || local > Latest)
        {
            return false;
        }

        var moment = DateTime.SpecifyKind(DateTimeOffset.FromUnixTimeSeconds(local).DateTime, DateTimeKind.Unspecified);
        seconds = local - (long)zone.GetUtcOffset(moment).TotalSeconds;
        return true;
    }

    public LuaTable ToTable()
    {
        var table = new LuaTable(0, 9);
        table.SetString("sec", (double)Local.Second);
        table.SetString("min", (double)Local.Minute);
        table.SetString("hour", (double)Local.Hour);
        table.SetString("day", (double)Local.Day);
        table.SetString("month", (double)Local.Month);
        table.SetString("year", (double)Local.Year);
        table.SetString("wday", (double)((int)Local.DayOfWeek + 1));
        table.SetString("yday", (double)Local.DayOfYear);
        table.SetString("isdst", IsDaylight);
        return table;
    }

    /// <summary>One conversion of strftime.</summary>
    public string Print(char conversion)
    {
        var hour12 = (Local.Hour + 11) % 12 + 1;
        var daySinceSunday = (int)Local.DayOfWeek;
        var daySinceMonday = (daySinceSunday + 6) % 7;
        return conversion switch
        {
            'a' => Invariant("ddd"),
            'A' => Invariant("dddd"),
            'b' or 'h' => Invariant("MMM"),
            'B' => Invariant("MMMM"),
            'c' => $"{Invariant("ddd MMM")} {Local.Day,2} {Invariant("HH:mm:ss yyyy")}",
            'C' => Two(Local.Year / 100),
            'd' => Two(Local.Day),
            'D' or 'x' => Invariant("MM'/'dd'/'yy"),
            'e' => $"{Local.Day,2}",
            'F' => Invariant("yyyy'-'MM'-'dd"),
            'g' => Two(ISOWeek.GetYear(Local) % 100),
            'G' => ISOWeek.GetYear(Local).ToString(CultureInfo.InvariantCulture),
            'H' => Two(Local.Hour),
            'I' => Two(hour12),
            'j' => Local.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
            'k' => $"{Local.Hour,2}",
            'l' => $"{hour12,2}",
            'm' => Two(Local.Month),
            'M' => Two(Local.Minute),
            'n' => "\n",
            'p' => Local.Hour < 12 ? "AM" : "PM",
            'P' => Local.Hour < 12 ? "am" : "pm",
            'r' => $"{Two(hour12)}:{Invariant("mm:ss")} {(Local.Hour < 12 ? "AM" : "PM")}",
            'R' => Invariant("HH:mm"),
            's' => UnixSeconds.ToString(CultureInfo.InvariantCulture),
            'S' => Two(Local.Second),
            't' => "\t",
            'T' or 'X' => Invariant("HH:mm:ss"),
            'u' => $"{daySinceMonday + 1}",
            'U' => Two((Local.DayOfYear - 1 + 7 - daySinceSunday) / 7),
            'V' => Two(ISOWeek.GetWeekOfYear(Local)),
            'w' => $"{daySinceSunday}",
            'W' => Two((Local.DayOfYear - 1 + 7 - daySinceMonday) / 7),
            'y' => Two(Local.Year % 100),
            'Y' => Local.Year.ToString(CultureInfo.InvariantCulture),
            'z' => $"{(Offset < TimeSpan.Zero ? '-' : '+')}{Offset:hhmm}",
            'Z' => Zone,
            '%' => "%",
            _ => $"%{conversion}",
        };
    }

    private static string Two(int number) => number.ToString("00", CultureInfo.InvariantCulture);

    private string Invariant(string format) => Local.ToString(format, CultureInfo.InvariantCulture);
}
