// A script's file and the time at which it was last read. For development: one look at the file system per call.
// Always: a file that cannot be read just now, because an editor is saving it, leaves the last good source in force.
namespace Evalsha.Client.Scripts;

internal sealed class ScriptFile(string path, string name, int? keyCount, bool readOnly)
{
    private readonly Lock _gate = new();
    private DateTime _readAs;

    public ScriptDefinition Read()
    {
        lock (_gate)
        {
            _readAs = File.GetLastWriteTimeUtc(path); // Before reading: a change between the two is seen by the next call.
            return new ScriptDefinition(name, keyCount, File.ReadAllBytes(path), readOnly);
        }
    }

    public ScriptDefinition? ReadIfChanged()
    {
        lock (_gate)
        {
            var before = _readAs;
            var changed = File.GetLastWriteTimeUtc(path);
            if (changed == before)
            {
                return null;
            }

            try
            {
                var script = new ScriptDefinition(name, keyCount, File.ReadAllBytes(path), readOnly);
                _readAs = changed;
                return script;
            }
            catch (IOException)
            {
                return null;
            }
        }
    }
}
