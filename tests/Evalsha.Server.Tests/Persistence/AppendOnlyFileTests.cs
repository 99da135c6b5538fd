// The append-only log, end to end: what was acknowledged is there again, in this server and in a real one; damage is found and named.
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Evalsha.Server.Dispatch;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Persistence;

public sealed class AppendOnlyFileTests : IDisposable
{
    private readonly LogFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, AppendFsync.EverySecond)]
    [InlineData(2, AppendFsync.Always)]
    [InlineData(3, AppendFsync.No)]
    public async Task What_was_acknowledged_is_there_after_a_kill(int seed, AppendFsync fsync)
    {
        await using var server = await _folder.OpenAsync(fsync: fsync, time: new ManualTime());
        using var client = await RawRedis.ConnectAsync(server.Port);
        await LogWorkload.RunAsync(client, seed, 1500);
        var killed = _folder.Copy();
        var expected = await KeyspaceDigest.ReadAsync(client);
        expected.ShouldNotBeEmpty();
        (await _folder.DigestAsync(killed, new ManualTime())).ShouldBe(expected);
    }

    [Fact]
    public async Task A_real_Redis_loads_the_log_and_its_rewrite()
    {
        await using var server = await _folder.OpenAsync();
        using var client = await RawRedis.ConnectAsync(server.Port);
        await LogWorkload.RunAsync(client, 4, 1500);
        await MakeEmptyStreamAsync(client);
        var expected = await KeyspaceDigest.ReadAsync(client);
        (await RealDigestAsync(_folder.Copy())).ShouldBe(expected);

        await RewriteAsync(server, client);
        await client.SendAsync("SET", "after", "the rewrite");
        expected = await KeyspaceDigest.ReadAsync(client);
        (await RealDigestAsync(_folder.Copy())).ShouldBe(expected);
    }

    [Fact]
    public async Task The_log_of_a_real_Redis_is_loaded()
    {
        await using var real = await RealRedis.StartAsync("--appendonly", "yes", "--aof-use-rdb-preamble", "no", "--aof-timestamp-enabled", "yes");
        using var client = await RawRedis.ConnectAsync(real.Port);
        await LogWorkload.RunAsync(client, 5, 1500, withGroups: false);
        await MakeEmptyStreamAsync(client);
        var expected = await KeyspaceDigest.ReadAsync(client);
        (await _folder.DigestAsync(_folder.Copy(real.Directory))).ShouldBe(expected);

        await client.SendAsync("BGREWRITEAOF");
        while ((await client.SendAsync("INFO", "persistence")).Contains("aof_rewrite_in_progress:1", StringComparison.Ordinal))
        {
        }

        (await _folder.DigestAsync(_folder.Copy(real.Directory))).ShouldBe(expected);
    }

    // Redis 7.0 does not write how much a group has read, and its rewrite forgets what is pending of entries that are gone; ours does neither.
    [Fact]
    public async Task Consumer_groups_in_the_log_of_a_real_Redis_are_loaded()
    {
        await using var real = await RealRedis.StartAsync("--appendonly", "yes", "--aof-use-rdb-preamble", "no");
        using var client = await RawRedis.ConnectAsync(real.Port);
        await LogWorkload.RunAsync(client, 6, 1500);
        var expected = KeyspaceDigest.WithoutReadCounts(await KeyspaceDigest.ReadAsync(client));
        KeyspaceDigest.WithoutReadCounts(await _folder.DigestAsync(_folder.Copy(real.Directory))).ShouldBe(expected);
    }

    [Fact]
    public async Task A_log_with_an_RDB_base_is_refused_by_name()
    {
        await using var real = await RealRedis.StartAsync("--appendonly", "yes", "--aof-use-rdb-preamble", "yes");
        var refused = await Should.ThrowAsync<InvalidDataException>(() => _folder.OpenAsync(_folder.Copy(real.Directory)));
        refused.Message.ShouldContain("appendonly.aof.1.base.rdb");
        refused.Message.ShouldContain("aof-use-rdb-preamble no");
    }

    [Fact]
    public async Task A_tail_torn_at_any_byte_leaves_the_last_unit_whole_or_absent()
    {
        string before, after, whole;
        long unitStart;
        await using (var server = await _folder.OpenAsync())
        {
            using var client = await RawRedis.ConnectAsync(server.Port);
            await client.SendAsync("SET", "a", "1");
            await client.SendAsync("RPUSH", "l", "x");
            before = await KeyspaceDigest.ReadAsync(client);
            unitStart = new FileInfo(LogFolder.Increment(_folder.Path)).Length;
            await client.SendAsync("MULTI");
            await client.SendAsync("SET", "a", "\r\n*1\r\n$4\r\n");
            await client.SendAsync("SELECT", "3");
            await client.SendAsync("LPUSH", "l", "y");
            await client.SendAsync("EXEC");
            after = await KeyspaceDigest.ReadAsync(client);
            whole = _folder.Copy();
        }

        var length = new FileInfo(LogFolder.Increment(whole)).Length;
        for (var end = unitStart; end <= length; end++)
        {
            var torn = _folder.Copy(whole);
            using (var file = File.OpenWrite(LogFolder.Increment(torn)))
            {
                file.SetLength(end);
            }

            var log = new List<string>();
            await using (var server = await _folder.OpenAsync(torn, log: log))
            {
                using var client = await RawRedis.ConnectAsync(server.Port);
                (await KeyspaceDigest.ReadAsync(client)).ShouldBe(end == length ? after : before, $"cut at {end} of {length}");
                log.Count.ShouldBe(end == length || end == unitStart ? 0 : 1, $"cut at {end}: {string.Join('\n', log)}");
                await client.SendAsync("SET", "next", "unit");
            }

            new FileInfo(LogFolder.Increment(torn)).Length.ShouldBeGreaterThan(unitStart);
            (await _folder.DigestAsync(torn)).ShouldContain("next");
        }
    }

    [Fact]
    public async Task A_log_cut_anywhere_holds_the_units_before_the_cut_and_nothing_of_the_next()
    {
        var states = new SortedDictionary<long, string>();
        await using (var server = await _folder.OpenAsync(time: new ManualTime()))
        {
            using var client = await RawRedis.ConnectAsync(server.Port);
            for (var i = 0; i < 60; i++)
            {
                states[new FileInfo(LogFolder.Increment(_folder.Path)).Length] = await KeyspaceDigest.ReadAsync(client);
                await LogWorkload.RunAsync(client, 100 + i, 1);
            }
        }

        var length = (int)new FileInfo(LogFolder.Increment(_folder.Path)).Length;
        Prop.ForAll(Gen.Choose(0, length).ToArbitrary(), end =>
        {
            var torn = _folder.Copy();
            using (var file = File.OpenWrite(LogFolder.Increment(torn)))
            {
                file.SetLength(end);
            }

            var expected = states.Last(state => state.Key <= end).Value;
            _folder.DigestAsync(torn, new ManualTime()).GetAwaiter().GetResult().ShouldBe(expected, $"cut at {end} of {length}");
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Damage_before_the_tail_refuses_the_start_and_names_file_and_offset()
    {
        await using (var server = await _folder.OpenAsync())
        {
            using var client = await RawRedis.ConnectAsync(server.Port);
            await client.SendAsync("SET", "first", "1");
            await client.SendAsync("SET", "second", "12345");
            await client.SendAsync("SET", "third", "1");
        }

        var text = LogFolder.Text(LogFolder.Increment(_folder.Path));
        var second = text.IndexOf("*3\r\n$3\r\nSET\r\n$6\r\nsecond", StringComparison.Ordinal);
        foreach (var (good, bad) in new[] { ("$6\r\nsecond", "$7\r\nsecond"), ("*3\r\n$3\r\nSET\r\n$6", "*2\r\n$3\r\nSET\r\n$6"), ("$3\r\nSET\r\n$6", "$3\r\nSOT\r\n$6"), ("$5\r\n12345", "$8\r\n12345"), ("$5\r\n12345", "x5\r\n12345"), ("$5\r\n12345", "$999999\r\n12345") })
        {
            var damaged = _folder.Copy();
            File.WriteAllBytes(LogFolder.Increment(damaged), Encoding.Latin1.GetBytes(text.Replace(good, bad, StringComparison.Ordinal)));
            var refused = await Should.ThrowAsync<InvalidDataException>(() => _folder.OpenAsync(damaged), bad);
            refused.Message.ShouldContain(LogFolder.Increment(damaged));
            refused.Message.ShouldContain($"byte offset {second}", customMessage: bad);
        }
    }

    [Fact]
    public async Task A_rewrite_keeps_everything_and_shrinks_the_log()
    {
        await using var server = await _folder.OpenAsync();
        using var client = await RawRedis.ConnectAsync(server.Port);
        await LogWorkload.RunAsync(client, 6, 2000);
        for (var i = 0; i < 300; i++)
        {
            await client.SendAsync("RPUSH", "l:long", $"{i}");
            await client.SendAsync("ZADD", "z:long", $"{i}.5", $"{i}");
            await client.SendAsync("HSET", "h:long", $"{i}", "x");
            await client.SendAsync("SADD", "e:long", $"m{i}");
            await client.SendAsync("INCR", "n:long");
        }

        await MakeEmptyStreamAsync(client);
        var expected = await KeyspaceDigest.ReadAsync(client);
        var before = server.Log!.CurrentLength;
        await RewriteAsync(server, client);
        server.Log.CurrentLength.ShouldBeLessThan(before / 2);
        Directory.GetFiles(LogFolder.LogIn(_folder.Path), "appendonly.*").Select(Path.GetFileName).ShouldBe(
            ["appendonly.aof.2.base.aof", "appendonly.aof.2.incr.aof", "appendonly.aof.manifest"], ignoreOrder: true);
        (await _folder.DigestAsync(_folder.Copy())).ShouldBe(expected);

        await LogWorkload.RunAsync(client, 7, 300);
        expected = await KeyspaceDigest.ReadAsync(client);
        (await _folder.DigestAsync(_folder.Copy())).ShouldBe(expected);
    }

    [Fact]
    public async Task Writes_go_on_while_the_log_is_rewritten_and_none_is_lost_or_doubled()
    {
        await using var server = await _folder.OpenAsync();
        using var client = await RawRedis.ConnectAsync(server.Port);
        for (var round = 0; round < 10; round++)
        {
            await client.SendAsync("BGREWRITEAOF");
            for (var i = 0; i < 50; i++)
            {
                await client.SendAsync("INCR", "counter");
                await client.SendAsync("RPUSH", "list", $"{i}");
            }

            var expected = await KeyspaceDigest.ReadAsync(client);
            await server.Log!.Rewriting;
            (await _folder.DigestAsync(_folder.Copy())).ShouldBe(expected);
        }
    }

    [Fact]
    public async Task The_log_is_rewritten_by_itself_when_it_has_doubled()
    {
        var time = new ManualTime();
        await using var server = await _folder.OpenAsync(time: time);
        using var client = await RawRedis.ConnectAsync(server.Port);
        (await client.SendAsync("CONFIG", "SET", "auto-aof-rewrite-min-size", "1000")).ShouldBe("+OK");
        await client.SendAsync("SET", "k", "v");
        time.Advance(TimeSpan.FromSeconds(1));
        File.Exists(LogFolder.Base(_folder.Path, 2)).ShouldBeFalse();
        for (var i = 0; i < 100; i++)
        {
            await client.SendAsync("SET", "k", $"{i}");
        }

        time.Advance(TimeSpan.FromSeconds(1));
        await server.Log!.Rewriting;
        File.Exists(LogFolder.Base(_folder.Path, 2)).ShouldBeTrue();
        server.Log.CurrentLength.ShouldBeLessThan(100);
    }

    [Fact]
    public async Task What_expired_by_a_moved_clock_is_a_DEL_in_the_log()
    {
        var time = new ManualTime();
        await using var server = await _folder.OpenAsync(time: time);
        using var client = await RawRedis.ConnectAsync(server.Port);
        await client.SendAsync("SET", "looked", "v", "PX", "1000");
        time.Advance(TimeSpan.FromSeconds(5));
        (await client.SendAsync("GET", "looked")).ShouldBe("$-1");
        var text = LogFolder.Text(LogFolder.Increment(_folder.Path));
        var deadline = new ManualTime().GetUtcNow().ToUnixTimeMilliseconds() + 1000;
        text.ShouldContain($"SET\r\n$6\r\nlooked\r\n$1\r\nv\r\n$4\r\nPXAT\r\n$13\r\n{deadline}\r\n");
        text.ShouldEndWith("*2\r\n$3\r\nDEL\r\n$6\r\nlooked\r\n");
    }

    [Fact]
    public async Task A_deadline_that_was_taken_back_does_not_strike_while_the_log_is_loaded_late()
    {
        var time = new ManualTime();
        await using var server = await _folder.OpenAsync(time: time);
        using var client = await RawRedis.ConnectAsync(server.Port);
        await client.SendAsync("SET", "kept", "v", "PX", "1000");
        await client.SendAsync("SET", "gone", "v", "PX", "1000");
        await client.SendAsync("PERSIST", "kept");
        (await _folder.DigestAsync(_folder.Copy(), new ManualTime(time.GetUtcNow().AddHours(1)))).ShouldBe("0 kept +string :-1 $'v'\n");
    }

    [Fact]
    public async Task Several_writes_of_a_unit_are_one_transaction_in_the_log()
    {
        await using var server = await _folder.OpenAsync();
        using var client = await RawRedis.ConnectAsync(server.Port);
        await client.SendAsync("SET", "single", "1");
        await client.SendAsync("MULTI");
        await client.SendAsync("INCR", "a");
        await client.SendAsync("GET", "a");
        await client.SendAsync("INCR", "b");
        await client.SendAsync("EXEC");
        LogFolder.Text(LogFolder.Increment(_folder.Path)).ShouldBe(
            "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$6\r\nsingle\r\n$1\r\n1\r\n" +
            "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\na\r\n*2\r\n$4\r\nINCR\r\n$1\r\nb\r\n*1\r\n$4\r\nEXEC\r\n");
    }

    [Fact]
    public async Task A_script_leaves_its_effects_as_one_unit_and_is_not_in_the_log_itself()
    {
        var time = new ManualTime();
        await using var server = await _folder.OpenAsync(time: time);
        using var client = await RawRedis.ConnectAsync(server.Port);
        const string script = "redis.call('INCRBYFLOAT', KEYS[1], '0.5') redis.call('EXPIRE', KEYS[1], 10) redis.call('SADD', KEYS[2], 'a', 'b') redis.call('SPOP', KEYS[2]) return redis.call('GET', KEYS[1])";
        (await client.SendAsync("EVAL", script, "2", "f", "e")).ShouldBe("$'0.5'");
        var expected = await KeyspaceDigest.ReadAsync(client);
        var text = LogFolder.Text(LogFolder.Increment(_folder.Path));
        text.ShouldNotContain("EVAL");
        text.ShouldStartWith("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$5\r\nMULTI\r\n*4\r\n$3\r\nSET\r\n$1\r\nf\r\n$3\r\n0.5\r\n$7\r\nKEEPTTL\r\n*3\r\n$9\r\nPEXPIREAT\r\n");
        text.ShouldEndWith("\r\n*1\r\n$4\r\nEXEC\r\n");
        (await _folder.DigestAsync(_folder.Copy(), time)).ShouldBe(expected);
    }

    [Fact]
    public async Task Always_syncs_before_the_reply_and_everysec_within_the_second()
    {
        var time = new ManualTime();
        await using var server = await _folder.OpenAsync(time: time, fsync: AppendFsync.Always);
        using var client = await RawRedis.ConnectAsync(server.Port);
        await client.SendAsync("SET", "k", "v");
        var (written, synced) = server.Log!.Progress;
        synced.ShouldBe(written);
        synced.ShouldBeGreaterThan(0);

        (await client.SendAsync("CONFIG", "SET", "appendfsync", "everysec")).ShouldBe("+OK");
        await client.SendAsync("SET", "k", "w");
        server.Log.Progress.Written.ShouldBe(new FileInfo(LogFolder.Increment(_folder.Path)).Length);
        server.Log.Progress.Synced.ShouldBe(synced);
        time.Advance(TimeSpan.FromSeconds(1));
        server.Log.Progress.Synced.ShouldBe(server.Log.Progress.Written);
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_answers_reads_and_heals_by_a_rewrite()
    {
        var time = new ManualTime();
        await (await _folder.OpenAsync(time: time)).DisposeAsync();
        File.Delete(LogFolder.Increment(_folder.Path));
        File.CreateSymbolicLink(LogFolder.Increment(_folder.Path), "/dev/full");
        var log = new List<string>();
        await using var server = await _folder.OpenAsync(time: time, log: log);
        using (var writer = await RawRedis.ConnectAsync(server.Port))
        {
            await writer.WriteAsync(RawRedis.Encode("SET", "k", "v"));
            (await writer.IsClosedAsync()).ShouldBeTrue("a write that could not be kept is not answered");
        }

        using var client = await RawRedis.ConnectAsync(server.Port);
        (await client.SendAsync("SET", "k", "w")).ShouldStartWith("-MISCONF Errors writing to the AOF file: No space left on device");
        (await client.SendAsync("GET", "k")).ShouldBe("$'v'");
        (await client.SendAsync("INFO", "persistence")).ShouldContain("aof_last_write_status:err");
        log.ShouldContain(line => line.Contains("No space left on device", StringComparison.Ordinal));
        time.Advance(TimeSpan.FromSeconds(1));
        (await client.SendAsync("SET", "k", "w")).ShouldStartWith("-MISCONF");

        await RewriteAsync(server, client);
        (await client.SendAsync("SET", "k2", "w")).ShouldBe("+OK");
        (await _folder.DigestAsync(_folder.Copy(), time)).ShouldBe("0 k +string :-1 $'v'\n0 k2 +string :-1 $'w'\n");
    }

    [Fact]
    public async Task A_folder_that_a_server_uses_is_refused_to_another()
    {
        await using var server = await _folder.OpenAsync();
        (await Should.ThrowAsync<IOException>(() => _folder.OpenAsync())).Message.ShouldContain("another server");
    }

    [Fact]
    public async Task Disposing_writes_and_syncs_and_a_second_start_goes_on()
    {
        for (var i = 0; i < 3; i++)
        {
            await using var server = await _folder.OpenAsync();
            (await server.ExecuteAsync("INCR", "starts")).ToString().ShouldContain((i + 1).ToString(CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task Config_and_info_tell_of_the_log()
    {
        await using var server = await _folder.OpenAsync(fsync: AppendFsync.Always);
        using var client = await RawRedis.ConnectAsync(server.Port);
        (await client.SendAsync("CONFIG", "GET", "appendonly")).ShouldBe("*[$'appendonly', $'yes']");
        (await client.SendAsync("CONFIG", "GET", "appendfsync")).ShouldBe("*[$'appendfsync', $'always']");
        (await client.SendAsync("CONFIG", "GET", "dir")).ShouldBe($"*[$'dir', $'{_folder.Path}']");
        await client.SendAsync("SET", "k", "v");
        var info = await client.SendAsync("INFO", "persistence");
        foreach (var fact in new[] { "loading:0", "aof_enabled:1", "aof_rewrite_in_progress:0", "aof_current_size:50", "aof_base_size:0", "aof_last_write_status:ok" })
        {
            info.ShouldContain(fact);
        }
    }

    private static async Task RewriteAsync(RedisServer server, RawRedis client)
    {
        (await client.SendAsync("BGREWRITEAOF")).ShouldBe("+Background append only file rewriting started");
        await server.Log!.Rewriting;
        (await client.SendAsync("INFO", "persistence")).ShouldContain("aof_last_bgrewrite_status:ok");
    }

    private static async Task MakeEmptyStreamAsync(RawRedis client)
    {
        await client.SendAsync("SELECT", "1");
        await client.SendAsync("XADD", "x:empty", "7-7", "f", "v");
        await client.SendAsync("XDEL", "x:empty", "7-7");
        await client.SendAsync("SELECT", "0");
    }

    private static async Task<string> RealDigestAsync(string directory)
    {
        await using var real = await RealRedis.StartInAsync(directory, "--appendonly", "yes", "--aof-use-rdb-preamble", "no");
        using var client = await RawRedis.ConnectAsync(real.Port);
        return await KeyspaceDigest.ReadAsync(client);
    }
}
