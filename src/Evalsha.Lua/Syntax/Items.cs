// A growing row of values. The framework's List<T> does the same, but over a struct of ours it is compiled when a program starts, which takes
// longer than compiling a small script; a type of our own comes with its machine code.
// Always: Count items are in use, the room behind them is nobody's.
namespace Evalsha.Lua.Syntax;

internal sealed class Items<T>
{
    private const int FirstRoom = 8;

    private T[] _items = new T[FirstRoom];

    public int Count { get; private set; }

    public ref T this[int index] => ref _items[index];

    public void Add(in T item)
    {
        if (Count == _items.Length)
        {
            var grown = new T[Count * 2];
            Array.Copy(_items, grown, Count);
            _items = grown;
        }
        _items[Count++] = item;
    }

    public T[] ToArray()
    {
        var copy = new T[Count];
        Array.Copy(_items, copy, Count);
        return copy;
    }
}
