// The bytes that StackExchange.Redis sends when it connects, in both protocols and on both of its connections, answered as redis-server answers.
// Always: all is sent at once, as that client does; what must differ (ids, the version, the text of INFO) is taken out of both answers by name.
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Conformance;

public sealed partial class ConnectionHandshakeTests
{
    private const string End = "the end of the handshake";
    private static readonly string Unique = Encoding.Latin1.GetString([0x0D, 0x0A, 0x00, 0xFF, 0x24, 0x2A, 0x80, 0x7F, 0x01, 0x20, 0xC3, 0x28, 0x3A, 0x2B, 0x2D, 0x0A]);

    private static readonly string[][] Introduction =
    [
        ["CLIENT", "SETNAME", "machine(SE.Redis-v2.8.16.12844)"],
        ["CLIENT", "SETINFO", "LIB-NAME", "SE.Redis"],
        ["CLIENT", "SETINFO", "LIB-VER", "2.8.16.12844"],
        ["CLIENT", "ID"],
    ];

    private static readonly string[][] Questions =
    [
        ["CONFIG", "GET", "timeout"],
        ["CONFIG", "GET", "slave-read-only"],
        ["CONFIG", "GET", "replica-read-only"],
        ["CONFIG", "GET", "databases"],
        ["SENTINEL", "MASTERS"],
        ["INFO", "replication"],
        ["INFO", "server"],
        ["CLUSTER", "NODES"],
        ["GET", "__Booksleeve_TieBreak"],
        ["ECHO", Unique],
    ];

    private static readonly string[][] Hello = [["HELLO", "3"], ["HELLO", "3", "SETNAME", "machine(SE.Redis-v2.8.16.12844)"]];

    private static readonly string[][] Listening = [["ECHO", Unique], ["SUBSCRIBE", "__Booksleeve_MasterChanged"]];

    private static readonly string[][] StillThere = [["PING"], ["UNSUBSCRIBE", Unique]];

    public static TheoryData<string> Connections() => ["commands", "subscriptions", "one for all, RESP3", "with a password", "with a password, RESP3"];

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task Every_byte_is_answered_as_redis_answers(string connection)
    {
        const string password = "a password";
        var protected_ = connection.StartsWith("with", StringComparison.Ordinal);
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, Password = protected_ ? password : null });
        await using var real = await RealRedis.StartAsync(protected_ ? ["--requirepass", password] : []);
        string[][] commands = connection switch
        {
            "commands" => [.. Introduction, .. Questions, ["PING"], ["INFO", "replication"]],
            "subscriptions" => [.. Introduction, .. Listening, .. StillThere],
            "with a password" => [["AUTH", "wrong"], ["AUTH", password], .. Introduction, .. Questions],
            "with a password, RESP3" => [["HELLO", "3", "AUTH", "default", password, "SETNAME", "name"], ["AUTH", password], .. Introduction, .. Questions],
            _ => [.. Hello, .. Introduction, .. Questions, Listening[1], ["PING"], ["GET", "__Booksleeve_TieBreak"]],
        };
        var (ours, theirs) = (await AnswersAsync(server.Port, commands), await AnswersAsync(real.Port, commands));
        Comparable(ours).ShouldBe(Comparable(theirs)
            .Replace("-ERR unknown subcommand 'SETINFO'. Try CLIENT HELP.\r\n", "+OK\r\n", StringComparison.Ordinal)); // 7.2 knows it
    }

    /// <summary>What this client reads from INFO to know whom it talks to.</summary>
    [Fact]
    public async Task The_facts_that_the_client_looks_for_are_in_info()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        var text = await AnswersAsync(server.Port, [["INFO", "replication"], ["INFO", "server"]]);
        foreach (var fact in (string[])["role:master\r\n", "redis_version:7.2.", "redis_mode:standalone\r\n", "run_id:"])
        {
            text.ShouldContain(fact);
        }
    }

    private static async Task<string> AnswersAsync(int port, string[][] commands)
    {
        using var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        var stream = client.GetStream();
        await stream.WriteAsync((byte[])[.. commands.SelectMany(RawRedis.Encode), .. RawRedis.Encode("PING", End)]);
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (!text.ToString().EndsWith($"{End}\r\n", StringComparison.Ordinal))
        {
            var read = await stream.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
            read.ShouldBeGreaterThan(0, "the server hung up");
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>Without ids, version and what INFO says.</summary>
    private static string Comparable(string answers)
    {
        var text = Information().Replace(answers, static match => $"{match.Groups[1].Value}(INFO {match.Groups[3].Value})\r\n");
        text = Version().Replace(text, "$$(version)\r\n");
        return Id().Replace(text, ":(id)\r\n");
    }

    [GeneratedRegex(@"([$=])(\d+)\r\n(?:txt:)?# (Server|Replication)\r\n([a-z_0-9]+:[^\r]*\r\n)*\r\n")]
    private static partial Regex Information();

    [GeneratedRegex(@"\$\d\r\n7\.\d\.\d+\r\n")]
    private static partial Regex Version();

    /// <summary>CLIENT ID stands alone; in HELLO the id is behind its name. The counts of subscriptions (0, 1) come after a name as well, and stay.</summary>
    [GeneratedRegex(@"(?<=\$2\r\nid\r\n|\+OK\r\n|HELP\.\r\n):\d+\r\n")]
    private static partial Regex Id();
}
