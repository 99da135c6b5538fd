// The character classes of patterns (%a, %d …), as C's isalpha and its like define them in the C locale: bytes over 127 belong to none.
using Evalsha.Lua.Runtime;

namespace Evalsha.Lua.Library;

internal static class CharacterClass
{
    private const int Alpha = 1;
    private const int Control = 2;
    private const int Digit = 4;
    private const int Lower = 8;
    private const int Punctuation = 16;
    private const int Space = 32;
    private const int Upper = 64;
    private const int Hexadecimal = 128;
    private const int Zero = 256;

    private static readonly ushort[] ClassesOfByte = MakeClasses();
    private static readonly ushort[] MaskOfLetter = MakeMasks();

    /// <summary>Whether a byte belongs to the class of a letter; an upper-case letter is the complement, any other character means itself.</summary>
    public static bool Matches(byte c, byte letter)
    {
        var mask = MaskOfLetter[letter];
        if (mask == 0)
        {
            return letter == c;
        }

        return ((ClassesOfByte[c] & mask) != 0) == (letter >= 'a');
    }

    /// <summary>The first byte that belongs to the class, or does not when <paramref name="belongs"/> is false; -1 when there is none.</summary>
    public static int IndexOf(ReadOnlySpan<byte> subject, byte letter, bool belongs)
    {
        var mask = MaskOfLetter[letter];
        if (mask == 0)
        {
            return belongs ? subject.IndexOf(letter) : subject.IndexOfAnyExcept(letter);
        }

        var classes = ClassesOfByte;
        var wanted = (letter >= 'a') == belongs;
        for (var i = 0; i < subject.Length; i++)
        {
            if (((classes[subject[i]] & mask) != 0) == wanted)
            {
                return i;
            }
        }

        return -1;
    }

    private static ushort[] MakeClasses()
    {
        var classes = new ushort[256];
        for (var c = 0; c < 128; c++)
        {
            var character = (char)c;
            classes[c] = (ushort)((char.IsAsciiLetter(character) ? Alpha : 0)
                | (char.IsControl(character) ? Control : 0)
                | (char.IsAsciiDigit(character) ? Digit : 0)
                | (char.IsAsciiLetterLower(character) ? Lower : 0)
                | (c is > 32 and < 127 && !char.IsAsciiLetterOrDigit(character) ? Punctuation : 0)
                | (LuaNumber.IsSpace((byte)c) ? Space : 0)
                | (char.IsAsciiLetterUpper(character) ? Upper : 0)
                | (char.IsAsciiHexDigit(character) ? Hexadecimal : 0)
                | (c == 0 ? Zero : 0));
        }

        return classes;
    }

    private static ushort[] MakeMasks()
    {
        var masks = new ushort[256];
        (char Letter, int Mask)[] all =
        [
            ('a', Alpha), ('c', Control), ('d', Digit), ('l', Lower), ('p', Punctuation), ('s', Space), ('u', Upper), ('w', Alpha | Digit), ('x', Hexadecimal), ('z', Zero),
        ];
        foreach (var (letter, mask) in all)
        {
            masks[letter] = masks[char.ToUpperInvariant(letter)] = (ushort)mask;
        }

        return masks;
    }
}
