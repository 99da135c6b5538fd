// Our server (evalsha serve) against redis-server and Garnet, by redis-benchmark with 50 clients, turn and turn about on this machine.
//     ./bench server [ROW…] [--quick] [--rounds N] [--pipeline 1|16] [--no-garnet] [--memory | --no-memory]
// Each figure is the best of the rounds; a ratio above 1 means faster than redis-server (less memory per key). Before a row runs, its command
// is sent once to each server and the replies are compared; afterwards no server may have answered an error. Ends with the gates.
using System.Diagnostics;
using System.Globalization;

namespace Evalsha.Bench.Server;

internal static class ServerBench
{
    private const int Clients = 50;
    private const int DefaultRounds = 5;
    private const int RandomKeys = 100_000;
    private const int MemoryKeys = 1_000_000;
    private const double UnpipelinedGate = 1.0;
    private const double PipelinedGate = 1.2;
    private const double RowGate = 0.9;
    private const double ScriptAim = 1.5;
    private const double MemoryGate = 1.5;

    /// <param name="Requests">How many to send unpipelined; pipelined, eight times as many.</param>
    /// <param name="Prepare">Commands that lay the data; run before each measurement when they are used up by it.</param>
    private sealed record Row(string Name, int Requests, string[] Command, string[][]? Prepare = null, bool UsesUp = false, string? Script = null);

    private const string Key = "key:__rand_int__";

    private static readonly Row[] Rows =
    [
        new("PING", 80_000, ["PING"]),
        new("SET", 80_000, ["SET", Key, "xxx"]),
        new("GET", 80_000, ["GET", Key], Strings()),
        new("INCR", 80_000, ["INCR", "counter:__rand_int__"]),
        new("LPUSH", 80_000, ["LPUSH", "list", "xxx"], [["DEL", "list"]], UsesUp: true),
        new("RPUSH", 80_000, ["RPUSH", "list", "xxx"], [["DEL", "list"]], UsesUp: true),
        new("LPOP", 80_000, ["LPOP", "popped"], Filled("popped", 1000, 1000), UsesUp: true),
        new("SADD", 80_000, ["SADD", "set", "element:__rand_int__"]),
        new("HSET", 80_000, ["HSET", "hash", "element:__rand_int__", "xxx"]),
        new("ZADD", 80_000, ["ZADD", "zset", "__rand_int__", "element:__rand_int__"]),
        new("LRANGE_100", 40_000, ["LRANGE", "hundred", "0", "99"], [["DEL", "hundred"], .. Filled("hundred", 1, 100)]),
        new("MSET_10", 40_000, ["MSET", .. Enumerable.Repeat<string[]>([Key, "xxx"], 10).SelectMany(static pair => pair)]),
        new("script:nil", 60_000, [], Script: "return nil"),
        new("script:get", 60_000, ["1", Key], Strings(), Script: "return redis.call('GET',KEYS[1])"),
        new("script:incr+pexpire", 60_000, ["1", "counter:__rand_int__"], Script: "local n=redis.call('INCR',KEYS[1]) redis.call('PEXPIRE',KEYS[1],60000) return n"),
        new("script:20xhset", 30_000, ["1", "wide"], Script: "for i=1,20 do redis.call('HSET',KEYS[1],i,'x') end return 1"),
    ];

    public static int Run(string[] args)
    {
        var names = new List<string>();
        var (rounds, share, garnet, memory) = (DefaultRounds, 1.0, true, (bool?)null);
        int[] pipelines = [1, 16];
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    (rounds, share, memory) = (2, 0.25, memory ?? false);
                    break;
                case "--rounds":
                    rounds = int.Parse(args[++i], CultureInfo.InvariantCulture);
                    break;
                case "--pipeline":
                    pipelines = [int.Parse(args[++i], CultureInfo.InvariantCulture)];
                    break;
                case "--no-garnet":
                    garnet = false;
                    break;
                case "--memory":
                    memory = true;
                    break;
                case "--no-memory":
                    memory = false;
                    break;
                default:
                    names.Add(args[i]);
                    break;
            }
        }

        var rows = Rows.Where(row => names.Count == 0 ? memory != true : names.Any(name => row.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase))).ToArray();
        var peers = new List<ServerPeer> { ServerPeer.Redis(), ServerPeer.Ours() };
        try
        {
            if (garnet)
            {
                if (ServerPeer.TryGarnet(out var reason) is { } peer)
                {
                    peers.Add(peer);
                }
                else
                {
                    Console.WriteLine($"no column for Garnet: {reason}");
                }
            }

            var passed = true;
            var wantsMemory = memory ?? names.Count == 0;
            foreach (var pipeline in rows.Length == 0 ? [] : pipelines)
            {
                passed &= Table(rows, peers, pipeline, rounds, share);
            }

            if (wantsMemory)
            {
                passed &= MemoryTable(peers);
            }

            return passed ? 0 : 1;
        }
        finally
        {
            peers.ForEach(static peer => peer.Dispose());
        }
    }

    private static bool Table(Row[] rows, List<ServerPeer> peers, int pipeline, int rounds, double share)
    {
        Console.WriteLine();
        Console.WriteLine($"{(pipeline == 1 ? "unpipelined" : $"pipeline {pipeline}"),-22}{"redis/s",11}{"ours/s",11}{"ratio",8}{(peers.Count > 2 ? $"{"garnet/s",11}{"ratio",8}" : "")}");
        var ratios = new List<(string Name, double Ratio)>();
        foreach (var row in rows)
        {
            var best = new double[peers.Count];
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < peers.Count; i++)
                {
                    // Whoever begins changes from round to round.
                    var which = (i + round) % peers.Count;
                    best[which] = Math.Max(best[which], Measure(row, peers[which], pipeline, share, isFirst: round == 0));
                }
            }

            Compare(row, peers);
            ratios.Add((row.Name, best[1] / best[0]));
            var third = peers.Count > 2 ? $"{best[2],11:N0}{best[2] / best[0],7:F2}x" : "";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Name,-22}{best[0],11:N0}{best[1],11:N0}{best[1] / best[0],7:F2}x{third}"));
        }

        var commands = ratios.Where(static row => !row.Name.StartsWith("script:", StringComparison.Ordinal)).ToList();
        var scripts = ratios.Except(commands).ToList();
        var gate = pipeline == 1 ? UnpipelinedGate : PipelinedGate;
        var passed = true;
        if (commands.Count > 0)
        {
            passed &= Gate($"commands, geometric mean {Mean(commands):F2} of at least {gate:F1}", Mean(commands) >= gate);
        }

        if (scripts.Count > 0)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"scripts, geometric mean {Mean(scripts):F2}; the aim is {ScriptAim:F1}"));
        }

        var below = ratios.Where(static row => row.Ratio < RowGate).Select(static row => row.Name).ToArray();
        return passed & Gate($"no row under {RowGate:F1}{(below.Length == 0 ? "" : $"; below: {string.Join(", ", below)}")}", below.Length == 0);
    }

    private static double Mean(List<(string Name, double Ratio)> rows) => Math.Exp(rows.Average(static row => Math.Log(row.Ratio)));

    private static bool Gate(string what, bool held)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(held ? "gate held" : "GATE MISSED")}: {what}"));
        return held;
    }

    private static double Measure(Row row, ServerPeer peer, int pipeline, double share, bool isFirst)
    {
        if (row.Prepare is { } prepare && (isFirst || row.UsesUp))
        {
            peer.Send(prepare);
        }

        var requests = (int)(row.Requests * share) * (pipeline == 1 ? 1 : 8);
        if (isFirst)
        {
            // Warm: code compiled, keys there.
            peer.Benchmark(Clients, Math.Max(requests / 4, RandomKeys / 5), pipeline, RandomKeys, Command(row, peer));
            if (row.Prepare is not null && row.UsesUp)
            {
                peer.Send(row.Prepare);
            }
        }

        return peer.Benchmark(Clients, requests, pipeline, RandomKeys, Command(row, peer));
    }

    private static string[] Command(Row row, ServerPeer peer)
    {
        if (row.Script is not { } script)
        {
            return row.Command;
        }

        return ["EVALSHA", peer.Ask("SCRIPT", "LOAD", script), .. row.Command.Length == 0 ? ["0"] : row.Command];
    }

    /// <summary>One and the same command must have one and the same reply, and nothing that was measured may have been an error.</summary>
    private static void Compare(Row row, List<ServerPeer> peers)
    {
        var replies = peers.ConvertAll(peer =>
        {
            if (row.Prepare is { } prepare)
            {
                peer.Send(prepare);
            }

            peer.Ask("DEL", "key:once", "counter:once");
            return peer.Ask(Array.ConvertAll(Command(row, peer), static word => word.Replace("__rand_int__", word.StartsWith("__", StringComparison.Ordinal) ? "1" : "once", StringComparison.Ordinal)));
        });
        for (var i = 1; i < peers.Count; i++)
        {
            if (replies[i] != replies[0] && row.Name is not ("SADD" or "HSET" or "ZADD"))
            {
                throw new InvalidOperationException($"{row.Name}: {peers[i].Name} answers {replies[i]}, redis-server {replies[0]}");
            }
        }

        foreach (var peer in peers)
        {
            if (peer.Errors() is > 0 and var errors)
            {
                throw new InvalidOperationException($"{row.Name}: {peer.Name} has answered {errors} errors");
            }
        }
    }

    private static bool MemoryTable(List<ServerPeer> peers)
    {
        Console.WriteLine();
        Console.WriteLine($"{"bytes of memory a key",-30}{"redis",9}{"ours",9}{"times",8}{(peers.Count > 2 ? $"{"garnet",9}{"times",8}" : "")}");
        var bytes = peers.ConvertAll(static peer =>
        {
            peer.Ask("FLUSHALL");
            peer.Ask("MEMORY", "PURGE");
            var before = peer.ResidentBytes();
            peer.Pipe(Enumerable.Range(0, MemoryKeys).Select(static i => (string[])["SET", $"key:{i:D12}", $"value:{i:D8}"]));
            peer.Ask("MEMORY", "PURGE");
            return (double)(peer.ResidentBytes() - before) / MemoryKeys;
        });
        var third = peers.Count > 2 ? $"{bytes[2],9:F0}{bytes[2] / bytes[0],7:F2}x" : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"1M strings, key 16, value 14",-30}{bytes[0],9:F0}{bytes[1],9:F0}{bytes[1] / bytes[0],7:F2}x{third}"));
        return Gate($"memory at most {MemoryGate:F1} times redis-server's", bytes[1] / bytes[0] <= MemoryGate);
    }

    /// <summary>Every key that <see cref="Key"/> can become.</summary>
    private static string[][] Strings() =>
        [.. Enumerable.Range(0, RandomKeys).Chunk(1000).Select(static some => (string[])["MSET", .. some.SelectMany(static i => (string[])[$"key:{i:D12}", "xxx"])])];

    private static string[][] Filled(string key, int times, int elements) =>
        [["DEL", key], .. Enumerable.Repeat<string[]>(["RPUSH", key, .. Enumerable.Repeat("xxx", elements)], times)];
}
