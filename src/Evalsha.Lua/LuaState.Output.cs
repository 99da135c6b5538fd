// Where print and io.write go: one stream for both, so that their order is the program's.
namespace Evalsha.Lua;

public sealed partial class LuaState
{
    private const int OutputBufferSize = 8192;
    private Stream? _output;

    /// <summary>The host's stream as it is, or the process's standard output behind a buffer: whoever ends the program calls <see cref="FlushOutput"/>.</summary>
    internal Stream Output => _output ??= Options.Output ?? new BufferedStream(Console.OpenStandardOutput(), OutputBufferSize);

    /// <summary>Hands on what was printed and still waits in the buffer.</summary>
    public void FlushOutput() => _output?.Flush();
}
