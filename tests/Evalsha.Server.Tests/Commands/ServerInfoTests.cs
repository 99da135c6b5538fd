// INFO beside the installed redis-server's: the same sections in the same order for the same arguments, and the same fields in each.
// Always: a field that is left out, and one that is more than 7.0 has, is named here with its reason.
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Commands;

public sealed class ServerInfoTests
{
    private const string NoC = "of a C program: compiler, atomics, the main thread";
    private const string NoFork = "nothing is forked, so nothing is copied on write";
    private const string NotCounted = "not counted here; a zero would be a claim";
    private const string Rdb = "there are no snapshots to load or save yet";
    private const string Newer = "7.2 or later has it";
    private const string Own = "of this server alone";

    private static readonly Dictionary<string, string> LeftOut = new()
    {
        ["atomicvar_api"] = NoC,
        ["gcc_version"] = NoC,
        ["used_cpu_sys_main_thread"] = NoC,
        ["used_cpu_user_main_thread"] = NoC,
        ["client_recent_max_input_buffer"] = NotCounted,
        ["client_recent_max_output_buffer"] = NotCounted,
        ["clients_in_timeout_table"] = NotCounted,
        ["current_cow_peak"] = NoFork,
        ["current_cow_size"] = NoFork,
        ["current_cow_size_age"] = NoFork,
        ["current_fork_perc"] = NoFork,
        ["rdb_last_cow_size"] = NoFork,
        ["aof_last_cow_size"] = NoFork,
        ["module_fork_in_progress"] = NoFork,
        ["module_fork_last_cow_size"] = NoFork,
        ["current_save_keys_processed"] = Rdb,
        ["current_save_keys_total"] = Rdb,
        ["rdb_last_load_keys_expired"] = Rdb,
        ["rdb_last_load_keys_loaded"] = Rdb,
        ["dump_payload_sanitizations"] = Rdb,
        ["expired_stale_perc"] = "keys leave in the order of their deadlines, so there is no share to estimate",
        ["total_reads_processed"] = NotCounted,
        ["total_writes_processed"] = NotCounted,
        ["reply_buffer_shrinks"] = NotCounted,
        ["reply_buffer_expands"] = NotCounted,
        ["aof_delayed_fsync"] = NotCounted,
    };

    private static readonly Dictionary<string, string> More = new()
    {
        ["evalsha_version"] = Own,
        ["runtime"] = Own,
        ["turns_taken"] = Own,
        ["listener0"] = Newer,
        ["pubsub_clients"] = Newer,
        ["total_watched_keys"] = Newer,
        ["total_blocking_keys"] = Newer,
        ["total_blocking_keys_on_nokey"] = Newer,
        ["client_query_buffer_limit_disconnections"] = Newer,
        ["client_output_buffer_limit_disconnections"] = Newer,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_section_has_the_fields_of_redis(bool withLog)
    {
        var folder = withLog ? Directory.CreateTempSubdirectory("info-").FullName : null;
        try
        {
            await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, Directory = folder });
            await using var real = await RealRedis.StartAsync(withLog ? ["--appendonly", "yes"] : []);
            var (ours, theirs) = (await FieldsAsync(server.Port), await FieldsAsync(real.Port));
            var missing = theirs.Except(ours).ToList();
            missing.Where(static field => !LeftOut.ContainsKey(Name(field))).ShouldBeEmpty("fields of Redis that are not here");
            var more = ours.Except(theirs).ToList();
            more.Where(static field => !More.ContainsKey(Name(field))).ShouldBeEmpty("fields that Redis does not have");
            LeftOut.Keys.Except(missing.Select(Name)).Except(withLog ? [] : ["aof_delayed_fsync"]).ShouldBeEmpty("a field that is left out no more");
            More.Keys.Except(more.Select(Name)).ShouldBeEmpty("a field that Redis has as well, or nobody");
        }
        finally
        {
            if (folder is not null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    [Theory]
    [InlineData]
    [InlineData("default")]
    [InlineData("all")]
    [InlineData("EVERYTHING")]
    [InlineData("keyspace", "server")]
    [InlineData("commandstats", "default")]
    [InlineData("all", "nosuch")]
    [InlineData("nosuch")]
    [InlineData("errorstats", "latencystats", "Commandstats")]
    public async Task The_same_sections_in_the_same_order(params string[] arguments)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync();
        Headings(await InfoAsync(server.Port, arguments)).ShouldBe(Headings(await InfoAsync(real.Port, arguments)));
    }

    [Fact]
    public async Task The_figures_are_those_of_what_happened()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = server.OpenDirect();
        await client.ExecuteAsync("SET", "k", "v");
        await client.ExecuteAsync("SET", "t", "v", "PX", "100000");
        await client.ExecuteAsync("GET", "k");
        await client.ExecuteAsync("GET", "nosuch");
        await client.ExecuteAsync("LPUSH", "k", "v");
        await client.ExecuteAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "latency-tracking-info-percentiles", "25 99.99");
        await client.ExecuteAsync("EVAL", "return 1", "0");
        var all = (await client.ExecuteAsync("INFO", "everything")).AsText();
        foreach (var line in (string[])["keyspace_hits:1", "keyspace_misses:1", "total_error_replies:1", "errorstat_WRONGTYPE:count=1", "rdb_changes_since_last_save:2", "number_of_cached_scripts:1", "maxmemory_policy:allkeys-lru", "aof_rewrite_in_progress:0"])
        {
            all.ShouldContain($"\n{line}\r\n");
        }

        all.ShouldMatch(@"db0:keys=2,expires=1,avg_ttl=\d{4,6}\r\n");
        all.ShouldMatch(@"latency_percentiles_usec_get:p25=[0-9.]+,p99.99=[0-9.]+\r\n");
        await client.ExecuteAsync("CONFIG", "RESETSTAT");
        (await client.ExecuteAsync("INFO", "stats")).AsText().ShouldContain("keyspace_hits:0\r\n");
    }

    private static async Task<string> InfoAsync(int port, params string[] arguments)
    {
        using var client = await RawRedis.ConnectAsync(port);
        return Regex.Unescape(await client.SendAsync(["INFO", .. arguments]));
    }

    private static string[] Headings(string info) => [.. Regex.Matches(info, @"# (\w+)\r\n").Select(static match => match.Groups[1].Value)];

    /// <summary>Each field with the section it is in; those of commands, errors and databases have no names of their own.</summary>
    private static async Task<HashSet<string>> FieldsAsync(int port)
    {
        var fields = new HashSet<string>();
        var section = "";
        foreach (var line in (await InfoAsync(port, "everything")).Split("\r\n"))
        {
            if (line.Contains("# ", StringComparison.Ordinal))
            {
                section = line[(line.IndexOf("# ", StringComparison.Ordinal) + 2)..];
            }
            else if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && section is not ("Commandstats" or "Latencystats" or "Errorstats" or "Keyspace"))
            {
                fields.Add($"{section} {line[..colon]}");
            }
        }

        return fields;
    }

    private static string Name(string field) => field[(field.IndexOf(' ', StringComparison.Ordinal) + 1)..];
}
