// Random commands over all data types: half of them make sense, the others are wrong in every way the arguments allow.
// Always: what comes next follows from the seed alone; the same few keys are used again and again, now and then with the wrong type.
// Commands that chance or the clock decides are left out unless asked for, so that two servers must agree on every reply.
using System.Globalization;

namespace Evalsha.Server.Tests.Commands;

/// <param name="IsUnordered">The order of the reply's elements is the hash table's affair.</param>
internal readonly record struct RandomCommand(string[] Arguments, bool IsUnordered);

internal sealed class RandomCommands(Random random, bool withChance = false)
{
    private const int KeysPerRun = 9;

    private static readonly string[] Words =
        ["a", "b", "c", "aa", "ab", "", "0", "1", "-1", "7", "10", "100", "01", "1.5", "-0.25", "x y", "\u00ff\u0000\r\n", "9223372036854775807", "-9223372036854775808",
         "hello world", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abcabc", "nan", "inf", "3", "4", "5", "12"];

    private static readonly string[] Integers = ["0", "1", "-1", "2", "3", "-2", "5", "100", "-100", "9223372036854775807", "-9223372036854775808", "abc", "", "1.5", " 1", "+1", "00"];
    private static readonly string[] Scores = ["0", "1", "-1", "2", "1.5", "0.125", "-2.75", "inf", "-inf", "+inf", "1e3", "nan", "x", "", "0x10", " 1", "3", "4", "5"];
    private static readonly string[] ScoreEnds = ["0", "1", "(1", "-inf", "+inf", "2", "(2", "(-1.5", "3", "x", "(", "", "nan"];
    private static readonly string[] Names = ["-", "+", "[a", "(a", "[b", "(c", "[", "a", "", "[aa", "(", "--"];
    private static readonly string[] StreamIds = ["*", "0-1", "1-1", "1-2", "2-*", "3-0", "5", "5-5", "-", "+", "0-0", "x", "7-7", "1-x", "9-*", "(1-1", "(", "10-1", "11"];
    private static readonly string[] Seconds = ["100", "200", "1000", "0", "-1", "abc", "9223372036854775807"];

    public RandomCommand Next() => random.Next(withChance ? 12 : 11) switch
    {
        0 => Strings(),
        1 => Hashes(),
        2 => Lists(),
        3 => Sets(),
        4 => SortedSets(),
        5 => SortedSetRanges(),
        6 => Streams(),
        7 => Keys(),
        8 => Bits(),
        9 => Geo(),
        10 => Groups(),
        _ => Chance(),
    };

    private static RandomCommand Of(params string[] arguments) => new(arguments, false);

    private static RandomCommand Unordered(params string[] arguments) => new(arguments, true);

    private string Pick(string[] from) => from[random.Next(from.Length)];

    private string Word() => random.Next(4) == 0 ? random.Next(60).ToString(CultureInfo.InvariantCulture) : Pick(Words);

    private string Int() => random.Next(3) == 0 ? random.Next(-8, 8).ToString(CultureInfo.InvariantCulture) : Pick(Integers);

    private string SmallInt() => random.Next(12) == 0 ? Pick(Integers) : random.Next(-6, 7).ToString(CultureInfo.InvariantCulture);

    private string Score() => random.Next(2) == 0 ? (random.Next(-40, 40) / 8.0).ToString(CultureInfo.InvariantCulture) : Pick(Scores);

    // A key of the family's own, or now and then of any other family.
    private string Key(char family) => $"{(random.Next(15) == 0 ? "shlizx"[random.Next(6)] : family)}{random.Next(KeysPerRun)}";

    private string AnyKey() => $"{"shlizx"[random.Next(6)]}{random.Next(KeysPerRun)}";

    private string[] Many(int most, Func<string> make)
    {
        var items = new string[random.Next(1, most + 1)];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = make();
        }

        return items;
    }

    private string[] Some(params string[][] options)
    {
        var chosen = new List<string>();
        foreach (var option in options)
        {
            if (random.Next(3) == 0)
            {
                chosen.AddRange(option);
            }
        }

        return [.. chosen];
    }

    /// <summary>What a server decides by chance or by its clock.</summary>
    private RandomCommand Chance() => random.Next(8) switch
    {
        0 => Of("SPOP", Key('i')),
        1 => Of("SPOP", Key('i'), $"{random.Next(12)}"),
        2 => Of("SRANDMEMBER", Key('i'), SmallInt()),
        3 => Of("XADD", Key('x'), "*", "f", Word()),
        4 => Of("XADD", Key('x'), "MAXLEN", "~", $"{random.Next(3)}", "*", "f", Word()),
        5 => Of("PEXPIRE", AnyKey(), $"{random.Next(1, 3000)}"),
        6 => Of("SET", Key('s'), Word(), "PX", $"{random.Next(1, 3000)}"),
        _ => Of("GETEX", Key('s'), "PX", $"{random.Next(1, 3000)}"),
    };

    private RandomCommand Geo()
    {
        string Degrees(double most) => random.Next(25) == 0 ? Pick(Scores) : ((random.NextDouble() - 0.5) * 2.02 * most).ToString("R", CultureInfo.InvariantCulture);
        string[] Point() => random.Next(2) == 0 ? [Degrees(180), Degrees(85.05)] : [(13 + random.NextDouble()).ToString("R", CultureInfo.InvariantCulture), (37 + random.NextDouble()).ToString("R", CultureInfo.InvariantCulture)];
        string Unit() => random.Next(25) == 0 ? "x" : Pick(["m", "km", "ft", "MI"]);
        string Reach() => random.Next(20) == 0 ? Pick(Scores) : Math.Pow(10, random.NextDouble() * 7).ToString("R", CultureInfo.InvariantCulture);
        string[] Center() => random.Next(3) == 0 ? ["FROMMEMBER", Word()] : ["FROMLONLAT", .. Point()];
        string[] Shape() => random.Next(2) == 0 ? ["BYRADIUS", Reach(), Unit()] : ["BYBOX", Reach(), Reach(), Unit()];
        string[] More(bool stores) => [.. Some(["ASC"], ["DESC"], ["COUNT", $"{random.Next(-1, 9)}"], ["ANY"]), .. stores ? [] : Some(["WITHCOORD"], ["WITHDIST"], ["WITHHASH"])];
        var key = random.Next(15) == 0 ? AnyKey() : $"g{random.Next(4)}"; // keys of their own: distances have more digits than 7.0 and 7.2 print alike
        return random.Next(12) switch
        {
            0 or 1 or 2 => Of(["GEOADD", key, .. Some(["NX"], ["XX"], ["CH"]), .. Many(5, () => "").SelectMany(_ => (string[])[.. Point(), Word()])]),
            3 => Of(["GEODIST", key, Word(), Word(), .. Some([Unit()])]),
            4 => Of(["GEOHASH", key, .. Many(3, Word)]),
            5 => Of(["GEOPOS", key, .. Many(3, Word)]),
            6 or 7 => Of(["GEOSEARCH", key, .. Center(), .. Shape(), .. More(false)]),
            8 => Of(["GEOSEARCHSTORE", $"g{random.Next(4)}", key, .. Center(), .. Shape(), .. More(true)]),
            9 => Of([Pick(["GEORADIUS", "GEORADIUS_RO"]), key, .. Point(), Reach(), Unit(), .. More(false), .. Some(["STORE", $"g{random.Next(4)}"])]),
            10 => Of(["GEORADIUS", key, .. Point(), Reach(), Unit(), .. More(true), .. Some(["STORE", $"g{random.Next(4)}"])]),
            _ => Of([Pick(["GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO"]), key, Word(), Reach(), Unit(), .. More(false)]),
        };
    }

    private RandomCommand Bits()
    {
        string Type() => $"{"iu"[random.Next(2)]}{(random.Next(12) == 0 ? random.Next(70) : random.Next(1, 20))}";
        string Offset() => random.Next(3) == 0 ? $"#{random.Next(8)}" : $"{random.Next(-1, 60)}";
        string Value() => random.Next(3) == 0 ? Int() : random.Next(-300, 300).ToString(CultureInfo.InvariantCulture);
        string[] Operation() => random.Next(5) switch
        {
            0 => ["GET", Type(), Offset()],
            1 => ["SET", Type(), Offset(), Value()],
            2 => ["OVERFLOW", Pick(["WRAP", "SAT", "FAIL", "fail", "x"])],
            3 => ["INCRBY", Type(), Offset()],
            _ => ["INCRBY", Type(), Offset(), Value()],
        };
        var key = Key('s');
        return random.Next(9) switch
        {
            0 => Of(["BITFIELD", key, .. Many(3, () => "").SelectMany(_ => Operation())]),
            1 => Of(["BITFIELD_RO", key, .. Many(2, () => "").SelectMany(_ => (string[])["GET", Type(), Offset()])]),
            2 => Of(["BITOP", Pick(["AND", "OR", "XOR", "NOT", "nor"]), Key('s'), .. Many(3, () => Key('s'))]),
            3 => Of(["BITPOS", key, Pick(["0", "1"]), .. random.Next(3) switch { 0 => [], 1 => (string[])[$"{random.Next(-6, 9)}"], _ => [$"{random.Next(-9, 20)}", $"{random.Next(-9, 60)}", Pick(["BIT", "BYTE"])] }]),
            4 => Of(["PFADD", Key('s'), .. Many(6, Word)]),
            5 => Of(["PFCOUNT", .. Many(2, () => Key('s'))]),
            6 => Of(["PFMERGE", .. Many(3, () => Key('s'))]),
            7 => Of("PFDEBUG", Pick(["DECODE", "ENCODING", "TODENSE", "x"]), key),
            _ => Of("GETBIT", key, $"{random.Next(100)}"),
        };
    }

    private RandomCommand Strings()
    {
        var key = Key('s');
        switch (random.Next(26))
        {
            case 0: return Of("GET", key);
            case 1: return Of("SET", key, Word());
            case 2: return Of(["SET", key, Word(), .. Some(["NX"], ["XX"], ["GET"], ["KEEPTTL"], ["EX", Pick(Seconds)], ["PXAT", "99999999999999"])]);
            case 3: return Of("SETNX", key, Word());
            case 4: return Of("SETEX", key, Pick(Seconds), Word());
            case 5: return Of("PSETEX", key, Pick(["1000000", "0", "-1", "x"]), Word());
            case 6: return Of(["MSET", .. Many(3, () => Key('s')).SelectMany(k => (string[])[k, Word()])]);
            case 7: return Of(["MSETNX", .. Many(2, () => Key('s')).SelectMany(k => (string[])[k, Word()])]);
            case 8: return Of(["MGET", .. Many(4, AnyKey)]);
            case 9: return Of("GETSET", key, Word());
            case 10: return Of("GETDEL", key);
            case 11: return Of(["GETEX", key, .. Some(["PERSIST"], ["EX", Pick(Seconds)], ["PXAT", "99999999999999"])]);
            case 12: return Of("APPEND", key, Word());
            case 13: return Of("STRLEN", key);
            case 14: return Of(random.Next(2) == 0 ? "GETRANGE" : "SUBSTR", key, SmallInt(), SmallInt());
            case 15: return Of("SETRANGE", key, random.Next(-1, 30).ToString(CultureInfo.InvariantCulture), Word());
            case 16: return Of(random.Next(2) == 0 ? "INCR" : "DECR", key);
            case 17: return Of(random.Next(2) == 0 ? "INCRBY" : "DECRBY", key, Int());
            case 18: return Of("INCRBYFLOAT", key, Pick(["0.1", "1", "-0.3", "1e2", "3.14159", "inf", "x", "1e-9", "0.7", "5.0e3", "1e17", "123456789.987654321"]));
            case 19: return Of(["LCS", key, Key('s'), .. Some(["IDX"], ["LEN"], ["WITHMATCHLEN"], ["MINMATCHLEN", SmallInt()])]);
            case 20: return Of("SETBIT", key, random.Next(-1, 200).ToString(CultureInfo.InvariantCulture), Pick(["0", "1", "2", "x"]));
            case 21: return Of("GETBIT", key, random.Next(-1, 200).ToString(CultureInfo.InvariantCulture));
            case 22: return Of("BITCOUNT", key);
            case 23: return Of(["SET", key, $"{random.Next(1000)}"]);
            case 24: return Of(["SET", key, "ohmytext"]);
            default: return Of("SET", key, "mynewtext");
        }
    }

    private RandomCommand Hashes()
    {
        var key = Key('h');
        switch (random.Next(18))
        {
            case 0 or 1 or 2: return Of(["HSET", key, .. Many(4, Word).SelectMany(f => (string[])[f, Word()])]);
            case 3: return Of("HSETNX", key, Word(), Word());
            case 4: return Of(["HMSET", key, .. Many(3, Word)]);
            case 5: return Of("HGET", key, Word());
            case 6: return Of(["HMGET", key, .. Many(4, Word)]);
            case 7: return Of(["HDEL", key, .. Many(4, Word)]);
            case 8: return Of("HLEN", key);
            case 9: return Of("HSTRLEN", key, Word());
            case 10: return Unordered("HKEYS", key);
            case 11: return Unordered("HVALS", key);
            case 12: return Unordered("HGETALL", key);
            case 13: return Of("HEXISTS", key, Word());
            case 14: return Of("HINCRBY", key, Word(), Int());
            case 15: return Of("HINCRBYFLOAT", key, Word(), Pick(["0.1", "1", "-0.3", "1e2", "inf", "nan", "x", "0.7", "1e-17"]));
            case 16: return Unordered(["HSCAN", key, "0", "COUNT", "1000", .. Some(["MATCH", Pick(["*", "a*", "?", "[ab]*", "*1*"])])]);
            default: return Of("HRANDFIELD", key, Pick(["0", "x", "-9223372036854775808"]));
        }
    }

    private RandomCommand Lists()
    {
        var key = Key('l');
        switch (random.Next(19))
        {
            case 0 or 1: return Of(["LPUSH", key, .. Many(5, Word)]);
            case 2 or 3: return Of(["RPUSH", key, .. Many(5, Word)]);
            case 4: return Of([Pick(["LPUSHX", "RPUSHX"]), key, .. Many(3, Word)]);
            case 5: return Of("LINSERT", key, Pick(["BEFORE", "after", "x"]), Word(), Word());
            case 6: return Of("LLEN", key);
            case 7: return Of("LINDEX", key, SmallInt());
            case 8: return Of("LSET", key, SmallInt(), Word());
            case 9: return Of([Pick(["LPOP", "RPOP"]), key, .. Some([SmallInt()])]);
            case 10 or 11: return Of("LRANGE", key, SmallInt(), SmallInt());
            case 12: return Of("LTRIM", key, SmallInt(), SmallInt());
            case 13: return Of("LREM", key, SmallInt(), Word());
            case 14: return Of(["LPOS", key, Word(), .. Some(["RANK", SmallInt()], ["COUNT", SmallInt()], ["MAXLEN", SmallInt()])]);
            case 15: return Of("LMOVE", key, Key('l'), Pick(["LEFT", "right", "x"]), Pick(["LEFT", "RIGHT"]));
            case 16: return Of("RPOPLPUSH", key, Key('l'));
            case 17: return Of(["LMPOP", Pick(["1", "2", "0", "x", "3"]), Key('l'), Key('l'), .. Some([Pick(["LEFT", "RIGHT"])], ["COUNT", SmallInt()])]);
            default: return Of(["LMPOP", "2", Key('l'), Key('l'), Pick(["LEFT", "RIGHT"]), .. Some(["COUNT", SmallInt()])]);
        }
    }

    private RandomCommand Sets()
    {
        var key = Key('i');
        switch (random.Next(15))
        {
            case 0 or 1 or 2: return Of(["SADD", key, .. Many(6, Word)]);
            case 3: return Of(["SADD", key, .. Many(6, () => $"{random.Next(50)}")]);
            case 4: return Of(["SREM", key, .. Many(4, Word)]);
            case 5: return Of("SMOVE", key, Key('i'), Word());
            case 6: return Of("SISMEMBER", key, Word());
            case 7: return Of(["SMISMEMBER", key, .. Many(3, Word)]);
            case 8: return Of("SCARD", key);
            case 9: return Unordered("SMEMBERS", key);
            case 10: return Unordered([Pick(["SINTER", "SUNION", "SDIFF"]), .. Many(3, () => Key('i'))]);
            case 11: return Of([Pick(["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]), key, .. Many(3, () => Key('i'))]);
            case 12: return Of(["SINTERCARD", Pick(["1", "2", "0", "x", "9"]), key, Key('i'), .. Some(["LIMIT", SmallInt()])]);
            case 13: return Unordered(["SSCAN", key, "0", "COUNT", "1000", .. Some(["MATCH", Pick(["*", "a*", "?", "[^a]", "1\\*"])])]);
            default: return Of("SPOP", key, Pick(["0", "-1", "x"]));
        }
    }

    private RandomCommand SortedSets()
    {
        var key = Key('z');
        switch (random.Next(16))
        {
            case 0 or 1 or 2: return Of(["ZADD", key, .. Many(5, Score).SelectMany(s => (string[])[s, Word()])]);
            case 3: return Of(["ZADD", key, .. Many(6, () => $"{random.Next(9)}").SelectMany(s => (string[])[s, $"{(char)('a' + random.Next(26))}"])]);
            case 4: return Of(["ZADD", key, .. Some(["NX"], ["XX"], ["GT"], ["LT"], ["CH"], ["INCR"]), Score(), Word(), .. Some([Score(), Word()])]);
            case 5: return Of("ZINCRBY", key, Score(), Word());
            case 6: return Of(["ZREM", key, .. Many(3, Word)]);
            case 7: return Of("ZSCORE", key, Word());
            case 8: return Of(["ZMSCORE", key, .. Many(4, Word)]);
            case 9: return Of(Pick(["ZRANK", "ZREVRANK"]), key, Word());
            case 10: return Of([Pick(["ZPOPMIN", "ZPOPMAX"]), key, .. Some([SmallInt()])]);
            case 11: return Of(["ZMPOP", Pick(["1", "2", "0", "x"]), Key('z'), Key('z'), Pick(["MIN", "max", "x"]), .. Some(["COUNT", SmallInt()])]);
            case 12: return Of("ZCARD", key);
            case 13: return Unordered(["ZSCAN", key, "0", "COUNT", "1000", .. Some(["MATCH", Pick(["*", "a*", "?"])])]);
            case 14:
                var sources = Many(3, () => Key(random.Next(4) == 0 ? 'i' : 'z'));
                return Of([Pick(["ZUNION", "ZINTER", "ZDIFF"]), $"{sources.Length}", .. sources, .. Some(["WEIGHTS", .. sources.Select(_ => Score())], ["AGGREGATE", Pick(["SUM", "min", "MAX", "x"])]), .. Some(["WITHSCORES"])]);
            default:
                var inputs = Many(3, () => Key(random.Next(4) == 0 ? 'i' : 'z'));
                return random.Next(4) == 0
                    ? Of(["ZINTERCARD", Pick(["1", "2", "0", "x"]), .. inputs, .. Some(["LIMIT", SmallInt()])])
                    : Of([Pick(["ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"]), key, $"{inputs.Length}", .. inputs, .. Some(["WEIGHTS", .. inputs.Select(_ => Score())], ["AGGREGATE", Pick(["SUM", "min", "MAX", "x"])])]);
        }
    }

    private RandomCommand SortedSetRanges()
    {
        var key = Key('z');
        switch (random.Next(13))
        {
            case 0 or 1: return Of(["ZRANGE", key, SmallInt(), SmallInt(), .. Some(["WITHSCORES"], ["REV"], ["LIMIT", SmallInt(), SmallInt()])]);
            case 2: return Of(["ZRANGE", key, Pick(ScoreEnds), Pick(ScoreEnds), "BYSCORE", .. Some(["WITHSCORES"], ["REV"], ["LIMIT", SmallInt(), SmallInt()])]);
            case 3: return Of(["ZRANGE", Key('y'), Pick(Names), Pick(Names), "BYLEX", .. Some(["WITHSCORES"], ["REV"], ["LIMIT", SmallInt(), SmallInt()])]);
            case 4: return Of(["ZREVRANGE", key, SmallInt(), SmallInt(), .. Some(["WITHSCORES"], ["LIMIT", "0", "1"])]);
            case 5: return Of([Pick(["ZRANGEBYSCORE", "ZREVRANGEBYSCORE"]), key, Pick(ScoreEnds), Pick(ScoreEnds), .. Some(["WITHSCORES"], ["LIMIT", SmallInt(), SmallInt()])]);
            case 6: return Of([Pick(["ZRANGEBYLEX", "ZREVRANGEBYLEX"]), Key('y'), Pick(Names), Pick(Names), .. Some(["LIMIT", SmallInt(), SmallInt()])]);
            case 7: return Of(["ZRANGESTORE", key, Key('z'), SmallInt(), SmallInt(), .. Some(["REV"], ["BYSCORE"], ["LIMIT", SmallInt(), SmallInt()])]);
            case 8: return Of("ZCOUNT", key, Pick(ScoreEnds), Pick(ScoreEnds));
            case 9: return Of("ZLEXCOUNT", Key('y'), Pick(Names), Pick(Names));
            case 10: return random.Next(3) switch
            {
                0 => Of("ZREMRANGEBYRANK", key, SmallInt(), SmallInt()),
                1 => Of("ZREMRANGEBYSCORE", key, Pick(ScoreEnds), Pick(ScoreEnds)),
                _ => Of("ZREMRANGEBYLEX", Key('y'), Pick(Names), Pick(Names)),
            };
            default: return Of(["ZADD", Key('y'), .. Many(6, Word).SelectMany(w => (string[])["0", w])]);
        }
    }

    private RandomCommand Streams()
    {
        var key = Key('x');
        switch (random.Next(13))
        {
            case 0 or 1 or 2 or 3:
                var id = $"{random.Next(1, 40)}-{random.Next(4)}";
                return Of(["XADD", key, .. Some(["NOMKSTREAM"], ["MAXLEN", .. Some(["~"], ["="]), SmallInt()]), id, .. Many(3, Word).SelectMany(f => (string[])[f, Word()])]);
            case 4: return Of(["XADD", key, .. Some(["MINID", .. Some(["~"], ["="]), Pick(StreamIds)], ["LIMIT", SmallInt()]), Pick(StreamIds[1..]), "f", .. Some(["v"])]);
            case 5: return Of("XLEN", key);
            case 6 or 7: return Of([Pick(["XRANGE", "XREVRANGE"]), key, Pick(StreamIds), Pick(StreamIds), .. Some(["COUNT", SmallInt()])]);
            case 8: return Of(["XDEL", key, .. Many(3, () => random.Next(3) == 0 ? Pick(StreamIds) : $"{random.Next(1, 40)}-{random.Next(4)}")]);
            case 9: return Of(["XTRIM", key, Pick(["MAXLEN", "MINID", "x"]), .. Some(["~"], ["="]), Pick(["0", "3", "5-1", "x", "-1"]), .. Some(["LIMIT", SmallInt()])]);
            case 10: return Of(["XSETID", key, Pick(StreamIds), .. Some(["ENTRIESADDED", SmallInt()], ["MAXDELETEDID", Pick(StreamIds)])]);
            case 11: return Of("XRANGE", key, "-", "+");
            default: return Of("XREVRANGE", key, "+", "-", "COUNT", "2");
        }
    }

    // 7.2 makes a consumer where 7.0 does not: how many there are is not asked.
    private RandomCommand Groups()
    {
        var (key, group, consumer) = (Key('x'), $"g{random.Next(3)}", $"c{random.Next(3)}");
        string Id() => random.Next(3) == 0 ? Pick(StreamIds[1..]) : $"{random.Next(1, 40)}-{random.Next(4)}";
        switch (random.Next(12))
        {
            case 0: return Of(["XGROUP", "CREATE", key, group, Pick(["0", "$", "5", "x"]), .. Some(["MKSTREAM"], ["ENTRIESREAD", SmallInt()])]);
            case 1: return Of(["XGROUP", "SETID", key, group, Pick(["0", "$", "5", "+", "x"]), .. Some(["ENTRIESREAD", SmallInt()])]);
            case 2: return random.Next(4) == 0 ? Of("XGROUP", "DESTROY", key, group) : Of("XGROUP", "DELCONSUMER", key, group, consumer);
            case 3 or 4 or 5: return Of(["XREADGROUP", "GROUP", group, consumer, .. Some(["COUNT", SmallInt()], ["NOACK"]), "STREAMS", key, Pick([">", ">", ">", "0", "5-1", "$"])]);
            case 6: return Of("XREADGROUP", "GROUP", group, consumer, "COUNT", "2", "STREAMS", key, Key('x'), ">", Pick([">", "0"]));
            case 7: return Of(["XACK", key, group, .. Many(3, Id)]);
            case 8: return Of("XPENDING", key, group);
            case 9: return Of(["XCLAIM", key, group, consumer, Pick(["0", "100000000", "x"]), .. Many(3, Id), .. Some(["FORCE"], ["JUSTID"], ["RETRYCOUNT", SmallInt()], ["LASTID", Id()])]);
            case 10: return Of(["XAUTOCLAIM", key, group, consumer, Pick(["0", "0", "100000000"]), Id(), .. Some(["COUNT", SmallInt()], ["JUSTID"])]);
            default: return Of(["XDEL", key, .. Many(3, Id)]);
        }
    }

    private RandomCommand Keys()
    {
        var key = AnyKey();
        switch (random.Next(22))
        {
            case 0: return Of([Pick(["DEL", "UNLINK"]), .. Many(2, AnyKey)]);
            case 1: return Of([Pick(["EXISTS", "TOUCH"]), .. Many(4, AnyKey)]);
            case 2 or 3: return Of("TYPE", key);
            case 4: return Of(["EXPIRE", key, Pick(Seconds), .. Some(["NX"], ["XX"], ["GT"], ["LT"], ["ZZ"])]);
            case 5: return Of(["PEXPIREAT", key, Pick(["99999999999999", "99999999999000", "1", "-5", "x"]), .. Some(["NX"], ["XX"], ["GT"], ["LT"])]);
            case 6: return Of("TTL", key);
            case 7: return Of("PEXPIRETIME", Key('s'));
            case 8: return Of("PERSIST", key);
            case 9: return Of(Pick(["RENAME", "RENAMENX"]), key, $"{key[0]}{random.Next(KeysPerRun)}");
            case 10: return Of(["COPY", key, $"{key[0]}{random.Next(KeysPerRun)}", .. Some(["REPLACE"], ["DB", Pick(["0", "1", "99", "x"])])]);
            case 11: return Of("MOVE", key, Pick(["0", "1", "99", "x", "-1"]));
            case 12: return Of("OBJECT", "ENCODING", key);
            case 13: return Of("OBJECT", "REFCOUNT", key);
            case 14: return Unordered("KEYS", Pick(["*", "s*", "[hl]?", "?1", "nope"]));
            case 15: return Of("DBSIZE");
            case 16: return Unordered(["SCAN", "0", "COUNT", "1000000", .. Some(["MATCH", Pick(["s*", "*1", "h[1-3]"])], ["TYPE", Pick(["string", "zset", "nope"])])]);
            case 17: return Of(["SORT", Key("liz"[random.Next(3)]), "ALPHA", .. Some(["DESC"], ["LIMIT", SmallInt(), SmallInt()], ["STORE", "l1"])]);
            case 18: return Of(["SORT", $"{"lz"[random.Next(2)]}{random.Next(KeysPerRun)}", .. Some(["DESC"], ["LIMIT", SmallInt(), SmallInt()], ["BY", Pick(["s*", "h*->a", "nosort"])], ["GET", Pick(["s*", "#", "h*->a"])], ["STORE", "l1"])]);
            case 19: return Of(Pick(["OBJECT", "TYPE", "DEL", "GETRANGE", "ZADD", "XADD", "HSET", "SETEX", "LPOS"]));
            case 20: return Of("EXPIRETIME", key);
            default: return random.Next(8) == 0 ? Of("FLUSHDB") : Of("DBSIZE");
        }
    }
}
