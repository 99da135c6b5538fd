// The function libraries and their functions by name.
// Always: a function's name is in one library only; a library comes and goes as a whole; libraries are listed in the order they came.
using Evalsha.Lua.Runtime;

namespace Evalsha.Server.Scripting;

/// <param name="Description">Null: none was given.</param>
internal sealed record LibraryFunction(string Name, ScriptFlags Flags, LuaClosure Function, ByteString? Description) : Runnable(Name, Flags, Function)
{
    public override bool IsFunction => true;
}

/// <param name="Code">The whole text, first line included.</param>
internal sealed record FunctionLibrary(string Name, ByteString Code, IReadOnlyList<LibraryFunction> Functions);

internal sealed class FunctionSet
{
    private readonly List<FunctionLibrary> _libraries = [];
    private readonly Dictionary<ByteString, LibraryFunction> _functions = new(ByteStringComparer.Default);

    public IReadOnlyList<FunctionLibrary> Libraries => _libraries;

    public int LibraryCount => _libraries.Count;

    public int FunctionCount => _functions.Count;

    /// <summary>Bytes of code held.</summary>
    public long Bytes => _libraries.Sum(static library => (long)library.Code.Length);

    public LibraryFunction? Find(ReadOnlySpan<byte> name) =>
        _functions.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var function) ? function : null;

    public FunctionLibrary? FindLibrary(string name) => _libraries.Find(library => library.Name == name);

    /// <summary>Null, or why the library cannot be added beside the others; with <paramref name="replaced"/> gone it may take that one's names.</summary>
    public string? Refusal(FunctionLibrary library, FunctionLibrary? replaced)
    {
        foreach (var function in library.Functions)
        {
            if (_functions.TryGetValue(ByteString.FromUtf8(function.Name), out var present) && (replaced is null || !replaced.Functions.Contains(present)))
            {
                return $"ERR Function {function.Name} already exists";
            }
        }

        return null;
    }

    public void Add(FunctionLibrary library)
    {
        _libraries.Add(library);
        foreach (var function in library.Functions)
        {
            _functions.Add(ByteString.FromUtf8(function.Name), function);
        }
    }

    public void Remove(FunctionLibrary library)
    {
        _libraries.Remove(library);
        foreach (var function in library.Functions)
        {
            _functions.Remove(ByteString.FromUtf8(function.Name));
        }
    }

    public void Clear()
    {
        _libraries.Clear();
        _functions.Clear();
    }
}
