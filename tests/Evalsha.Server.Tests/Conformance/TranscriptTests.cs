// Every transcript in tests/Conformance/resp, on this server and on the installed redis-server: the replies are the same bytes.
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Conformance;

public sealed class TranscriptTests : IAsyncLifetime
{
    private RealRedis? _real;

    public static TheoryData<string> Files()
    {
        var data = new TheoryData<string>();
        foreach (var file in Directory.GetFiles(Folder(), "*.resp").Order(StringComparer.Ordinal))
        {
            data.Add(Path.GetFileNameWithoutExtension(file));
        }

        return data;
    }

    public async Task InitializeAsync() => _real = await RealRedis.StartAsync("--enable-debug-command", "yes");

    public async Task DisposeAsync() => await _real!.DisposeAsync();

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Both_servers_answer_the_same(string name)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var transcript = new Transcript(server.Port, _real!.Port);
        var differences = await transcript.ReplayAsync(Path.Combine(Folder(), $"{name}.resp"));
        differences.ShouldBeEmpty(string.Join('\n', differences));
    }

    /// <summary>The transcripts of data commands once more in RESP3, where maps, sets, doubles and nulls have types of their own.</summary>
    [Theory]
    [InlineData("strings")]
    [InlineData("bits")]
    [InlineData("geo")]
    [InlineData("hyperloglog")]
    [InlineData("hashes")]
    [InlineData("lists")]
    [InlineData("sets")]
    [InlineData("sorted-sets")]
    [InlineData("streams")]
    [InlineData("stream-groups")]
    [InlineData("keys")]
    [InlineData("large")]
    [InlineData("pubsub")]
    [InlineData("blocking")]
    [InlineData("functions")]
    public async Task Both_servers_answer_the_same_in_RESP3(string name)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        await using var real = await RealRedis.StartAsync();
        await using var transcript = new Transcript(server.Port, real.Port, protocol: 3);
        var differences = await transcript.ReplayAsync(Path.Combine(Folder(), $"{name}.resp"));
        differences.ShouldBeEmpty(string.Join('\n', differences));
    }

    /// <summary>An answer of 7.2's that the installed server gives otherwise stands under a comment that says what 7.2 does.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void Every_answer_that_is_not_the_installed_servers_has_its_reason(string name)
    {
        var reason = "";
        foreach (var line in File.ReadLines(Path.Combine(Folder(), $"{name}.resp")))
        {
            reason = line.StartsWith('#') ? line : reason;
            if (line.StartsWith("= ", StringComparison.Ordinal))
            {
                reason.ShouldContain("7.2", customMessage: line);
            }
        }
    }

    internal static string Folder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Referee.slnx")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder!.FullName, "tests", "Conformance", "resp");
    }
}
