// How many bytes an element would take in one of Redis's listpacks. Redis decides some visible things by it:
// when a list stops being a "listpack", and where XTRIM ~ may cut a stream.
// The sizes are those of listpack.c: a header (with the number itself when it is an integer) and a back length of 1 to 5 bytes.
namespace Evalsha.Server.Keyspace.Values;

internal static class ListpackSize
{
    /// <summary>Total bytes, number of elements, end mark.</summary>
    public const int Empty = 7;

    public static int Of(ReadOnlySpan<byte> element)
    {
        if (RedisNumber.TryParseInteger(element, out var integer))
        {
            return Of(integer);
        }

        var header = element.Length < 64 ? 1 : element.Length < 4096 ? 2 : 5;
        return WithBackLength(header + element.Length);
    }

    public static int Of(long integer) => integer switch
    {
        >= 0 and <= 127 => 1 + 1,
        >= -4096 and <= 4095 => 2 + 1,
        >= short.MinValue and <= short.MaxValue => 3 + 1,
        >= -8388608 and <= 8388607 => 4 + 1,
        >= int.MinValue and <= int.MaxValue => 5 + 1,
        _ => 9 + 1,
    };

    private static int WithBackLength(int size) => size + size switch
    {
        <= 127 => 1,
        < 16383 => 2,
        < 2097151 => 3,
        < 268435455 => 4,
        _ => 5,
    };
}
