// SCAN, HSCAN, SSCAN and ZSCAN over the wire while elements come and go: what is there from the first call to the last is returned.
using System.Globalization;
using System.Text;
using Evalsha.Resp;

namespace Evalsha.Server.Tests.Commands;

public sealed class ScanTests
{
    private const int Elements = 1500;

    [Theory]
    [InlineData("SCAN", "", "SET", "DEL")]
    [InlineData("HSCAN", "h", "HSET", "HDEL")]
    [InlineData("SSCAN", "s", "SADD", "SREM")]
    [InlineData("ZSCAN", "z", "ZADD", "ZREM")]
    public async Task What_stays_is_returned_while_others_come_and_go(string scan, string key, string add, string remove)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Seed = 5 });
        await using var client = server.OpenDirect();
        for (var i = 0; i < Elements; i++)
        {
            await client.ExecuteAsync(Add(add, key, $"old{i}"));
        }

        var random = new Random(3);
        var stays = Enumerable.Range(0, Elements).Select(static i => $"old{i}").ToHashSet();
        var seen = new HashSet<string>();
        var cursor = "0";
        var calls = 0;
        do
        {
            var reply = await client.ExecuteAsync([scan, .. key.Length == 0 ? Array.Empty<string>() : [key], cursor, "COUNT", "20"]);
            cursor = Text(reply.Items[0]);
            seen.UnionWith(reply.Items[1].Items.Select(Text));
            for (var i = 0; i < 15; i++)
            {
                var gone = $"old{random.Next(Elements)}";
                await client.ExecuteAsync([remove, .. key.Length == 0 ? Array.Empty<string>() : [key], gone]);
                stays.Remove(gone);
                await client.ExecuteAsync(Add(add, key, $"new{random.Next(5000)}"));
            }

            (++calls).ShouldBeLessThan(Elements);
        }
        while (cursor != "0");

        stays.Count.ShouldBeGreaterThan(Elements / 10);
        stays.Except(seen).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_small_collection_is_returned_at_once_in_its_own_order()
    {
        await using var server = await RedisServer.StartAsync();
        await using var client = server.OpenDirect();
        await client.ExecuteAsync("HSET", "h", "z", "1", "a", "2", "m", "3");
        var reply = await client.ExecuteAsync("HSCAN", "h", "7", "COUNT", "1");
        Text(reply.Items[0]).ShouldBe("0");
        reply.Items[1].Items.Select(Text).ShouldBe(["z", "1", "a", "2", "m", "3"]);
    }

    private static string[] Add(string add, string key, string element) => add switch
    {
        "SET" => ["SET", element, "v"],
        "HSET" => ["HSET", key, element, "v"],
        "ZADD" => ["ZADD", key, element.Length.ToString(CultureInfo.InvariantCulture), element],
        _ => [add, key, element],
    };

    private static string Text(RespValue value) => Encoding.UTF8.GetString(value.AsBytes().Span);
}
