// The scripts an application has, by name. They may come at run time, from text or files, and be redefined.
// Always: a name means one script at a time; another source under a known name is a mistake unless Redefine says so. Thread-safe.
using System.Collections.Concurrent;

namespace Evalsha.Client.Scripts;

public sealed class ScriptRegistry
{
    private readonly ConcurrentDictionary<string, ScriptDefinition> _scripts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ScriptFile> _files = new(StringComparer.Ordinal);

    /// <summary>All scripts at this moment, by name.</summary>
    public IReadOnlyCollection<ScriptDefinition> All => [.. _scripts.Values.OrderBy(script => script.Name, StringComparer.Ordinal)];

    /// <summary>The script of that name; throws <see cref="KeyNotFoundException"/> that names it.</summary>
    public ScriptDefinition this[string name] => TryGet(name, out var script) ? script : throw new KeyNotFoundException($"No script is defined as '{name}'.");

    /// <summary>Adds a script. The same name with the same source is fine; with another source it throws <see cref="InvalidOperationException"/>.</summary>
    public ScriptDefinition Define(string name, int? keyCount, string lua, bool readOnly = false) => Add(new ScriptDefinition(name, keyCount, lua, readOnly));

    /// <summary>Adds a script made elsewhere, by the rule of <see cref="Define"/>.</summary>
    public ScriptDefinition Add(ScriptDefinition script)
    {
        ArgumentNullException.ThrowIfNull(script);
        var known = _scripts.GetOrAdd(script.Name, script);
        return known.Sha1 == script.Sha1 && known.KeyCount == script.KeyCount && known.ReadOnly == script.ReadOnly
            ? known
            : throw new InvalidOperationException($"'{script.Name}' is defined already, as another script. Use Redefine to replace it.");
    }

    /// <summary>Adds or replaces a script. Calls that have begun finish with the old source.</summary>
    public ScriptDefinition Redefine(string name, int? keyCount, string lua, bool readOnly = false)
    {
        var script = new ScriptDefinition(name, keyCount, lua, readOnly);
        _files.TryRemove(name, out _);
        _scripts[name] = script;
        return script;
    }

    /// <summary>
    /// Adds a script from a file; its name is the file's name without extension unless <paramref name="name"/> is given.
    /// With <paramref name="watch"/>, for development, the file's time is looked at on each call and a changed file is read again.
    /// </summary>
    public ScriptDefinition DefineFile(string path, int? keyCount = null, bool readOnly = false, bool watch = false, string? name = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var file = new ScriptFile(Path.GetFullPath(path), name ?? Path.GetFileNameWithoutExtension(path), keyCount, readOnly);
        var script = Add(file.Read());
        if (watch)
        {
            _files[script.Name] = file;
        }

        return script;
    }

    /// <summary>The script of that name as it is now; a watched file that changed has been read again.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ScriptDefinition? script)
    {
        if (!_files.IsEmpty && _files.TryGetValue(name, out var file) && file.ReadIfChanged() is { } changed)
        {
            _scripts[name] = changed;
        }

        return _scripts.TryGetValue(name, out script);
    }

    /// <summary>What a held definition has become: the same object, unless it comes from a watched file that changed.</summary>
    internal ScriptDefinition Current(ScriptDefinition script) =>
        !_files.IsEmpty && _files.ContainsKey(script.Name) && TryGet(script.Name, out var current) ? current : script;
}
