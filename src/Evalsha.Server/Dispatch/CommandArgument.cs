// What a command's arguments are called and how they may stand, read from one line of its row, as COMMAND DOCS and the printed pages need it.
// The line, element by element:  key  value:integer  NX  [optional]  several...  EX <seconds:integer>  name(this|THAT)  name{block of several}
//   A word in small letters is an argument (its type after the colon, string when none; a name that is "key" is a key); other words are tokens,
//   standing alone, or before <an argument>. name=TOKEN names a token otherwise than its small letters. "+..." repeats the token as well.
//   A `name` in backticks may have any letters. #n: belongs to the n-th key range. @6.2.0: since then. @-7.0.0: deprecated since then.
// Always: a line that cannot be read is a mistake in a row, found by the test that prints docs/commands.md.
using System.Text;

namespace Evalsha.Server.Dispatch;

public sealed record CommandArgument(string Name, string Type)
{
    public string? Token { get; private init; }

    /// <summary>Which of the row's key ranges it belongs to; -1: none.</summary>
    public int KeyRange { get; private init; } = -1;

    public bool IsOptional { get; private init; }

    public bool IsMultiple { get; private init; }

    /// <summary>Repeated with its token each time.</summary>
    public bool RepeatsToken { get; private init; }

    public string? Since { get; private init; }

    public string? DeprecatedSince { get; private init; }

    /// <summary>The alternatives of a oneof, the parts of a block.</summary>
    public IReadOnlyList<CommandArgument> Parts { get; private init; } = [];

    /// <exception cref="FormatException">The line cannot be read.</exception>
    public static IReadOnlyList<CommandArgument> Parse(string line)
    {
        var reader = new Reader(line);
        var all = reader.List('\0');
        return reader.AtEnd ? all : throw new FormatException($"'{line}' has something after its end");
    }

    /// <summary>As people write it: <c>key [EX seconds | PX milliseconds]</c>.</summary>
    public override string ToString() => Text(inside: false);

    private string Text(bool inside)
    {
        var core = Type switch
        {
            "pure-token" => Token!,
            "oneof" => string.Join(" | ", Parts.Select(static part => part.Text(inside: true))),
            "block" => string.Join(' ', Parts.Select(static part => part.Text(inside: false))),
            _ => Name,
        };
        if (Type == "oneof" && !IsOptional && !inside && Parts.Count > 1)
        {
            core = $"<{core}>";
        }

        if (Token is not null && Type != "pure-token")
        {
            core = core.Length == 0 ? Token : $"{Token} {core}";
        }

        if (IsMultiple)
        {
            core = Token is not null && !RepeatsToken && Type != "pure-token" ? $"{core} [{core[(Token.Length + 1)..]} ...]" : $"{core} [{core} ...]";
        }

        return IsOptional ? $"[{core}]" : core;
    }

    private sealed class Reader(string line)
    {
        private int _at;
        private int _keys;

        public bool AtEnd => _at == line.Length;

        public List<CommandArgument> List(char end)
        {
            var all = new List<CommandArgument>();
            while (true)
            {
                SkipBlanks();
                if (AtEnd || line[_at] == end)
                {
                    return all;
                }

                all.Add(Element());
            }
        }

        private CommandArgument Element()
        {
            var isOptional = Takes('[');
            var argument = Core();
            if (Takes("+..."))
            {
                argument = argument with { IsMultiple = true, RepeatsToken = true };
            }
            else if (Takes("..."))
            {
                argument = argument with { IsMultiple = true };
            }

            while (Takes('@'))
            {
                argument = Takes('-') ? argument with { DeprecatedSince = Version() } : argument with { Since = Version() };
            }

            if (isOptional)
            {
                Demand(']');
                argument = argument with { IsOptional = true };
            }

            return argument;
        }

        private CommandArgument Core()
        {
            var isQuoted = Takes('`');
            var name = isQuoted ? Until('`') : Word();
            if (Takes('='))
            {
                return PureOrBefore(name, Quoted());
            }

            if (!isQuoted && (name.Length == 0 || !char.IsAsciiLetterLower(name[0])))
            {
                return PureOrBefore(name.ToLowerInvariant(), name);
            }

            if (Takes('('))
            {
                return new CommandArgument(name, "oneof") { Parts = Alternatives() };
            }

            if (Takes('{'))
            {
                var parts = List('}');
                Demand('}');
                return new CommandArgument(name, "block") { Parts = parts };
            }

            var type = Takes(':') ? Word() : name == "key" ? "key" : "string";
            var range = -1;
            if (Takes('#'))
            {
                range = line[_at++] - '0';
            }
            else if (type == "key")
            {
                range = _keys;
            }

            _keys += type == "key" ? 1 : 0;
            return new CommandArgument(name, type) { KeyRange = range };
        }

        private CommandArgument PureOrBefore(string name, string token)
        {
            if (_at + 1 < line.Length && line[_at] == ' ' && line[_at + 1] == '<')
            {
                _at += 2;
                var argument = Core();
                Demand('>');
                return argument with { Token = token };
            }

            return new CommandArgument(name, "pure-token") { Token = token };
        }

        private List<CommandArgument> Alternatives()
        {
            var all = new List<CommandArgument>();
            do
            {
                SkipBlanks();
                all.Add(Element());
                SkipBlanks();
            }
            while (Takes('|'));

            Demand(')');
            return all;
        }

        private string Word()
        {
            var start = _at;
            while (!AtEnd && (char.IsAsciiLetterOrDigit(line[_at]) || line[_at] is '-' or '_' or '/'))
            {
                _at++;
            }

            return line[start.._at];
        }

        private string Quoted() => Takes('\'') ? Until('\'') : Word();

        private string Until(char end)
        {
            var start = _at;
            while (!AtEnd && line[_at] != end)
            {
                _at++;
            }

            Demand(end);
            return line[start..(_at - 1)];
        }

        private string Version()
        {
            var start = _at;
            while (!AtEnd && (char.IsAsciiDigit(line[_at]) || line[_at] == '.'))
            {
                _at++;
            }

            return line[start.._at];
        }

        private void SkipBlanks()
        {
            while (!AtEnd && line[_at] == ' ')
            {
                _at++;
            }
        }

        private bool Takes(char c)
        {
            if (AtEnd || line[_at] != c)
            {
                return false;
            }

            _at++;
            return true;
        }

        private bool Takes(string text)
        {
            if (!line.AsSpan(_at).StartsWith(text))
            {
                return false;
            }

            _at += text.Length;
            return true;
        }

        private void Demand(char c)
        {
            if (!Takes(c))
            {
                throw new FormatException($"'{line}': '{c}' is missing at {_at}");
            }
        }
    }
}
