// Addresses: what they mean, and what is said about those that mean nothing.
namespace Evalsha.Client.Tests;

public sealed class RedisOptionsTests
{
    [Fact]
    public void An_address_names_everything_a_connection_needs()
    {
        var options = RedisOptions.Parse("redis://me:p%40ss@example.org:7000/3?protocol=2&name=worker&timeout=1500");
        options.Host.ShouldBe("example.org");
        options.Port.ShouldBe(7000);
        options.User.ShouldBe("me");
        options.Password.ShouldBe("p@ss");
        options.Database.ShouldBe(3);
        options.Protocol.ShouldBe(2);
        options.ClientName.ShouldBe("worker");
        options.OperationTimeout.ShouldBe(TimeSpan.FromMilliseconds(1500));
        options.ToString().ShouldBe("redis://example.org:7000/3");
    }

    [Theory]
    [InlineData("localhost", "localhost", 6379)]
    [InlineData("localhost:7001", "localhost", 7001)]
    [InlineData("redis://localhost", "localhost", 6379)]
    [InlineData("redis://[::1]:7002", "::1", 7002)]
    [InlineData("redis://:secret@h", "h", 6379)]
    public void Short_addresses_take_the_usual_rest(string address, string host, int port)
    {
        var options = RedisOptions.Parse(address);
        options.Host.ShouldBe(host);
        options.Port.ShouldBe(port);
        options.User.ShouldBeNull();
    }

    [Fact]
    public void A_lone_word_before_the_host_is_the_password() => RedisOptions.Parse("redis://secret@h").Password.ShouldBe("secret");

    [Fact]
    public void A_unix_socket_is_a_path()
    {
        RedisOptions.Parse("unix:///run/redis.sock?db=2").UnixSocketPath.ShouldBe("/run/redis.sock");
        RedisOptions.Parse("unix:///run/redis.sock?db=2").Database.ShouldBe(2);
        RedisOptions.Parse("rediss://h").UseTls.ShouldBeTrue();
    }

    [Theory]
    [InlineData("http://h", "scheme")]
    [InlineData("redis://h/abc", "database")]
    [InlineData("redis://h?colour=red", "colour")]
    [InlineData("redis://h?protocol=4", "protocol")]
    public void A_bad_address_says_what_is_wrong(string address, string part) => Should.Throw<FormatException>(() => RedisOptions.Parse(address)).Message.ShouldContain(part);
}
