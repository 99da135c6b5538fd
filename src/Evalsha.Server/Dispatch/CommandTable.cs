// All commands by name: put together once from the rows of every family, then only read.
// Always: names are found without regard to ASCII case and without allocating; subcommands are found under their container.
// HOT: no allocation, no await, no LINQ. Measured by benches/Evalsha.Bench/Server/DispatchBench.cs
using System.Runtime.InteropServices;
using System.Text;

namespace Evalsha.Server.Dispatch;

public sealed class CommandTable
{
    private const int NameLengthMax = 32;
    private const ulong FoldCase = 0x2020202020202020;
    private readonly CommandRow?[] _slots;
    private readonly byte[][] _names;

    public CommandTable(params ReadOnlySpan<CommandRow[]> families)
    {
        var rows = new SortedDictionary<string, CommandRow>(StringComparer.Ordinal);
        foreach (var family in families)
        {
            foreach (var row in family)
            {
                rows.Add(row.Name, row.ForOneServer());
            }
        }

        Rows = [.. rows.Values];

        // A quarter full, so that nearly every name is found at its first slot.
        var size = 16;
        while (size < Rows.Count * 4)
        {
            size *= 2;
        }

        _slots = new CommandRow?[size];
        _names = new byte[size][];
        foreach (var row in Rows)
        {
            var name = Encoding.ASCII.GetBytes(row.Name);
            if (name.Length > NameLengthMax)
            {
                throw new ArgumentException($"The command name {row.Name} is longer than {NameLengthMax} bytes.");
            }

            var slot = Hash(name) & (size - 1);
            while (_slots[slot] is not null)
            {
                slot = (slot + 1) & (size - 1);
            }

            _slots[slot] = row;
            _names[slot] = name;
        }
    }

    /// <summary>All commands without subcommands, by name.</summary>
    public IReadOnlyList<CommandRow> Rows { get; }

    public CommandRow? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > NameLengthMax)
        {
            return null;
        }

        var mask = _slots.Length - 1;
        for (var slot = Hash(name) & mask; _slots[slot] is { } row; slot = (slot + 1) & mask)
        {
            if (Ascii.EqualsIgnoreCase(name, _names[slot]))
            {
                return row;
            }
        }

        return null;
    }

    /// <summary>The subcommand of a container, or null.</summary>
    public static CommandRow? FindSubcommand(CommandRow container, ReadOnlySpan<byte> name)
    {
        foreach (var sub in container.Subcommands)
        {
            if (sub.Name.Length == name.Length && Ascii.EqualsIgnoreCase(name, sub.Name))
            {
                return sub;
            }
        }

        return null;
    }

    private static int Hash(ReadOnlySpan<byte> name)
    {
        // Length, the first and the last bytes, folded to lower case (0x20): enough to tell command names apart.
        ulong bits;
        if (name.Length >= 8)
        {
            bits = (MemoryMarshal.Read<ulong>(name) | FoldCase) + ((MemoryMarshal.Read<ulong>(name[^8..]) | FoldCase) * 31);
        }
        else
        {
            bits = 0;
            foreach (var b in name)
            {
                bits = (bits << 8) | b;
            }
        }

        if (name.Length < 8)
        {
            bits |= FoldCase;
        }

        bits = (bits ^ (ulong)name.Length) * 0x9E3779B97F4A7C15;
        return (int)(bits >> 40);
    }
}
