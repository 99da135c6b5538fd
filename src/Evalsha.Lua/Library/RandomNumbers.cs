// Where math.random draws from: Redis's 48-bit generator in a sandbox, the C library's rand (glibc) for stand-alone programs.
// Always: the same seed gives the sequence that the real one gives.
namespace Evalsha.Lua.Library;

internal abstract class RandomNumbers
{
    public static RandomNumbers For(LuaOptions options)
    {
        RandomNumbers made = options.Sandbox ? new RedisRandom() : new LibraryRandom();
        if (options.Seed is { } seed) made.Seed(unchecked((int)seed));
        return made;
    }

    public abstract void Seed(int seed);

    /// <summary>In [0, 1).</summary>
    public double Next() => NextBits() % int.MaxValue / (double)int.MaxValue;

    /// <summary>31 random bits.</summary>
    protected abstract ulong NextBits();

    /// <summary>x = 25214903917 x + 11 (mod 2^48), of which the upper 31 bits are taken.</summary>
    private sealed class RedisRandom : RandomNumbers
    {
        private const ulong Multiplier = 0x5DEECE66D;
        private const ulong Increment = 0xB;
        private const ulong Mask = (1UL << 48) - 1;
        private const ulong LowBits = 0x330E;
        private const ulong ProcessStart = 0x1234ABCD330E;

        private ulong _state = ProcessStart;

        public override void Seed(int seed) => _state = ((ulong)unchecked((uint)seed) << 16) | LowBits;

        protected override ulong NextBits()
        {
            _state = unchecked((_state * Multiplier) + Increment) & Mask;
            return _state >> 17;
        }
    }

    /// <summary>glibc's additive feedback: each number is the sum of those 3 and 31 before it, of which the upper 31 bits are taken.</summary>
    private sealed class LibraryRandom : RandomNumbers
    {
        private const int Degree = 31;
        private const int Separation = 3;
        private const int Discarded = Degree * 10;

        private readonly uint[] _words = new uint[Degree];
        private int _next;

        public LibraryRandom() => Seed(1);

        // The first words follow from the seed by x = 16807 x (mod 2^31 - 1), without leaving 32 bits.
        public override void Seed(int seed)
        {
            var word = seed == 0 ? 1 : seed;
            for (var i = 0; i < Degree; i++)
            {
                _words[i] = unchecked((uint)word);
                word = (16807 * (word % 127773)) - (2836 * (word / 127773));
                if (word < 0) word += int.MaxValue;
            }
            _next = Separation;
            for (var i = 0; i < Discarded; i++) NextBits();
        }

        protected override ulong NextBits()
        {
            // The oldest word, 31 back, gives its place to the new one.
            ref var word = ref _words[_next];
            word = unchecked(word + _words[(_next + Degree - Separation) % Degree]);
            _next = (_next + 1) % Degree;
            return word >> 1;
        }
    }
}
