// Which indexes of a collection a random command answers (HRANDFIELD, SRANDMEMBER, ZRANDMEMBER, SPOP), from the server's seeded chance.
// Always: a negative count draws with repetition, exactly that many; a positive one draws without, at most as many as there are, in ascending index when all are taken.
namespace Evalsha.Server.Commands;

internal static class RandomChoice
{
    public static IReadOnlyCollection<int> Indexes(Random random, int size, long count)
    {
        if (count < 0)
        {
            return new Drawn(random, size, -count);
        }

        if (count >= size)
        {
            return Enumerable.Range(0, size).ToArray();
        }

        return Distinct(random, size, (int)count);
    }

    /// <summary>Floyd's choice: <paramref name="count"/> different indexes in as many draws, then shuffled so that order tells nothing.</summary>
    public static int[] Distinct(Random random, int size, int count)
    {
        var seen = new HashSet<int>(count);
        var chosen = new int[count];
        for (var i = 0; i < count; i++)
        {
            var limit = size - count + i;
            var draw = random.Next(limit + 1);
            if (!seen.Add(draw))
            {
                seen.Add(limit);
                draw = limit;
            }

            chosen[i] = draw;
        }

        random.Shuffle(chosen);
        return chosen;
    }

    /// <summary>Draws one after another while it is walked over: a script may ask for millions.</summary>
    private sealed class Drawn(Random random, int size, long count) : IReadOnlyCollection<int>
    {
        public int Count => (int)Math.Min(count, int.MaxValue / 2);

        public IEnumerator<int> GetEnumerator()
        {
            for (var i = 0; i < Count; i++)
            {
                yield return random.Next(size);
            }
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
