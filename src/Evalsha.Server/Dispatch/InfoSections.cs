// INFO, put together from what each part of the server says about itself.
// Always: a section is written by the part that owns the facts; sections print in the order of registration.
using System.Globalization;
using System.Text;

namespace Evalsha.Server.Dispatch;

public sealed class InfoSections
{
    private readonly List<(string Name, bool ByDefault, Action<InfoWriter> Write)> _sections = [];

    /// <summary>Registers a section. One not printed by default appears for INFO all, everything, or by name.</summary>
    public void Add(string name, Action<InfoWriter> write, bool byDefault = true) => _sections.Add((name, byDefault, write));

    /// <summary>The text of the wanted sections. No names: the default ones.</summary>
    public string Print(IReadOnlyCollection<string> names)
    {
        var all = names.Any(name => name.Equals("all", StringComparison.OrdinalIgnoreCase) || name.Equals("everything", StringComparison.OrdinalIgnoreCase));
        var byDefault = names.Count == 0 || names.Any(name => name.Equals("default", StringComparison.OrdinalIgnoreCase));
        var writer = new InfoWriter();
        foreach (var section in _sections)
        {
            if (all || (byDefault && section.ByDefault) || names.Contains(section.Name, StringComparer.OrdinalIgnoreCase))
            {
                writer.Begin(section.Name);
                section.Write(writer);
            }
        }

        return writer.ToString();
    }
}

/// <summary>Writes <c>field:value</c> lines.</summary>
public sealed class InfoWriter
{
    private readonly StringBuilder _text = new();

    public void Field(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    public void Field(string name, long value) => _text.Append(name).Append(':').Append(value.ToString(CultureInfo.InvariantCulture)).Append("\r\n");

    public override string ToString() => _text.ToString();

    internal void Begin(string section)
    {
        if (_text.Length > 0)
        {
            _text.Append("\r\n");
        }

        _text.Append("# ").Append(section).Append("\r\n");
    }
}
