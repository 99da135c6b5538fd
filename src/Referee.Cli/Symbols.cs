// Arguments and options that several verbs have, each described once.
using System.CommandLine;

namespace Referee.Cli;

internal static class Symbols
{
    public static Argument<string> Item() => new("item") { Description = "The work item" };

    public static Option<long?> Fence() => new("--fence", "-f") { Description = "The number of your claim (\"claim no. 4\")", HelpName = "N" };

    public static Option<long?> Version() => new("--expect-version") { Description = "Refuse unless the item is at this version", HelpName = "N" };

    public static Option<string> RequestId() => new("--request-id") { Description = "Makes a retry safe: the same id gets the first answer again", DefaultValueFactory = _ => "", HelpName = "ID" };

    public static Option<string> Note() => new("--note") { Description = "A note for whoever reads it next", DefaultValueFactory = _ => "" };

    public static Option<int> Limit() => new("--limit") { Description = "How many rows, at most 500", DefaultValueFactory = _ => 50 };

    public static Option<string> Cursor() => new("--cursor") { Description = "Where the page before ended", DefaultValueFactory = _ => "" };

    /// <summary>A lease as people write it: 90s, 5m, 2h; a bare number is seconds.</summary>
    public static Option<TimeSpan> Lease() => new("--lease")
    {
        Description = "How long the claim holds without a renewal: 90s, 5m, 2h",
        HelpName = "TIME",
        DefaultValueFactory = _ => TimeSpan.FromMilliseconds(Referee.Work.WorkLimits.LeaseMillisecondsUsual),
        CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            var unit = text.Length > 0 ? text[^1] : ' ';
            var (digits, scale) = unit switch { 's' => (text[..^1], 1.0), 'm' => (text[..^1], 60.0), 'h' => (text[..^1], 3600.0), _ => (text, 1.0) };
            if (double.TryParse(digits, System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var amount) && amount > 0 && amount * scale <= 86400)
            {
                return TimeSpan.FromSeconds(amount * scale);
            }

            result.AddError($"'{text}' is no time: write 90s, 5m or 2h, at most 24h");
            return default;
        },
    };
}
