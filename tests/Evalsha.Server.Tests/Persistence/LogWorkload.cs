// Random commands over all types, databases, transactions and deadlines: something for the log to remember.
// Always: the same seed makes the same commands; deadlines lie far in the future of the clock that the test gives.
using System.Globalization;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Persistence;

internal static class LogWorkload
{
    public static async Task RunAsync(RawRedis server, int seed, int commands, bool withGroups = true)
    {
        var random = new Random(seed);
        for (var i = 0; i < commands; i++)
        {
            if (random.Next(20) == 0)
            {
                await server.SendAsync("SELECT", random.Next(3).ToString(CultureInfo.InvariantCulture));
            }

            if (random.Next(10) != 0)
            {
                await server.SendAsync(One(random, withGroups));
                continue;
            }

            await server.SendAsync("MULTI");
            for (var inside = random.Next(5); inside >= 0; inside--)
            {
                await server.SendAsync(One(random, withGroups));
            }

            await server.SendAsync("EXEC");
        }
    }

    private static string[] One(Random random, bool withGroups)
    {
        string Key(string type) => $"{type}:{random.Next(6)}";
        string Number() => random.Next(-50, 50).ToString(CultureInfo.InvariantCulture);
        string Any() => random.Next(4) == 0 ? "\0\r\n$3*\xff" : $"v{random.Next(40)}";
        string Later() => (random.Next(1, 9) * 1_000_000).ToString(CultureInfo.InvariantCulture);
        string AnyKey() => Key(new[] { "s", "n", "l", "h", "e", "z", "x" }[random.Next(7)]);
        return random.Next(withGroups ? 43 : 38) switch
        {
            0 => ["SET", Key("s"), Any()],
            1 => ["SET", Key("s"), Any(), "EX", Later()],
            2 => ["SETEX", Key("s"), Later(), Any()],
            3 => ["APPEND", Key("s"), Any()],
            4 => ["SETRANGE", Key("s"), "5", Any()],
            5 => ["INCRBY", Key("n"), Number()],
            6 => ["INCRBYFLOAT", Key("n"), "0.1"],
            7 => ["SET", Key("n"), Number(), "KEEPTTL"],
            8 => ["GETEX", Key("s"), "PX", Later()],
            9 => ["MSET", Key("s"), Any(), Key("s"), Any()],
            10 => ["RPUSH", Key("l"), Any(), Any(), Any()],
            11 => ["LPUSH", Key("l"), Any()],
            12 => ["LPOP", Key("l")],
            13 => ["LMOVE", Key("l"), Key("l"), "LEFT", "RIGHT"],
            14 => ["LREM", Key("l"), "1", Any()],
            15 => ["LTRIM", Key("l"), "0", "20"],
            16 => ["HSET", Key("h"), Any(), Any(), Any(), Any()],
            17 => ["HDEL", Key("h"), Any()],
            18 => ["HINCRBYFLOAT", Key("h"), "f", "1.25"],
            19 => ["HINCRBY", Key("h"), "i", Number()],
            20 => ["SADD", Key("e"), Any(), Number()],
            21 => ["SREM", Key("e"), Any()],
            22 => ["SPOP", Key("e")],
            23 => ["SPOP", Key("e"), "2"],
            24 => ["SUNIONSTORE", Key("e"), Key("e"), Key("e")],
            25 => ["ZADD", Key("z"), Number(), Any(), "1.5", Any()],
            26 => ["ZINCRBY", Key("z"), "0.3", Any()],
            27 => ["ZPOPMIN", Key("z")],
            28 => ["ZADD", Key("z"), "inf", Any()],
            29 => ["XADD", Key("x"), "*", "field", Any()],
            30 => ["XADD", Key("x"), "MAXLEN", "~", "5", "*", Any(), Any()],
            31 => ["XTRIM", Key("x"), "MAXLEN", "3"],
            32 => ["EXPIRE", AnyKey(), Later()],
            33 => ["PERSIST", AnyKey()],
            34 => ["DEL", AnyKey()],
            35 => ["RENAME", Key("s"), Key("s")],
            36 => ["COPY", Key("h"), Key("h"), "REPLACE"],
            37 => ["MOVE", Key("l"), "2"],
            38 => ["XGROUP", "CREATE", Key("x"), $"g{random.Next(2)}", "0", "MKSTREAM"],
            39 or 40 => ["XREADGROUP", "GROUP", $"g{random.Next(2)}", $"c{random.Next(2)}", "COUNT", "2", "STREAMS", Key("x"), ">"],
            41 => ["XAUTOCLAIM", Key("x"), $"g{random.Next(2)}", $"c{random.Next(3)}", "0", "0", "COUNT", "2"],
            _ => ["XGROUP", "DELCONSUMER", Key("x"), $"g{random.Next(2)}", $"c{random.Next(3)}"],
        };
    }
}
