// A gateway that goes between being found and being asked, or between doing and answering: the folder is entered again, and nothing happens twice.
// The gateway in the middle is a listener of the test's own that the folder's address file points to.
using System.Net;
using System.Net.Sockets;
using System.Text;
using Evalsha.Tests.Support;
using Referee.Cli.Doors;
using Referee.Hosting;
using Referee.Work;

namespace Referee.Cli.Tests.Doors;

public sealed class FolderDoorTests(EmbeddedGateway world) : IClassFixture<EmbeddedGateway>
{
    [Fact]
    public async Task A_gateway_that_went_before_it_was_asked_is_replaced_by_the_folder_itself()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        await using var door = await OpenAsync(project);
        door.Describe.ShouldStartWith("gateway ");

        await project.DownAsync();

        (await door.StatusAsync(default)).OrThrow().Stages[0].Ready.ShouldBe(1);
        (await door.SubmitAsync(new SubmitRequest("b", "B", "code-change"), default)).OrThrow(); // never sent to the one that went, so it needs no request id
        door.Describe.ShouldStartWith("folder ");
    }

    [Fact]
    public async Task A_gateway_that_came_instead_is_found()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        await using var door = await OpenAsync(project);
        await project.DownAsync();
        await using var next = new CliProject(world, "next", project.Folder);
        await next.UpAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => door.StatusAsync(default)));

        answers.ShouldAllBe(answer => answer.OrThrow().Stages[0].Ready == 1);
        door.Describe.ShouldStartWith("gateway ");
    }

    [Fact]
    public async Task What_was_done_before_the_answer_was_lost_is_not_done_again()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await project.RunAsync("submit", "--id", "b", "--title", "B")).ShouldBeDone();
        var real = ReadGateway(project);
        using var middle = new Middle();
        Announce(project, middle.Port);
        var lost = middle.TakeOneAsync(async request =>
        {
            await ForwardAsync(real, request);
            await project.DownAsync();
        });

        var run = (await project.RunAsync("claim", "--json")).ShouldBeDone();

        await lost;
        run.Value.GetProperty("item").GetString().ShouldBe("a");
        run.Value.GetProperty("fence").GetInt64().ShouldBe(1);
        var stage = (await project.RunAsync("status", "--json")).Value.GetProperty("stages")[0];
        (stage.GetProperty("ready").GetInt32(), stage.GetProperty("claimed").GetInt32()).ShouldBe((1, 1));
    }

    [Fact]
    public async Task A_lease_whose_renewal_was_not_heard_is_renewed_again()
    {
        var project = await world.NewAsync();
        (await project.RunAsync("submit", "--id", "a", "--title", "A")).ShouldBeDone();
        (await project.RunAsync("claim", "a")).ShouldBeDone();
        var real = ReadGateway(project);
        using var middle = new Middle();
        Announce(project, middle.Port);
        var lost = middle.TakeOneAsync(async request =>
        {
            await ForwardAsync(real, request);
            await project.DownAsync();
        });

        (await project.RunAsync("renew", "a", "--fence", "1")).ShouldBeDone();
        await lost;
    }

    [Fact]
    public async Task What_may_have_been_done_and_carries_no_request_id_is_left_to_the_caller()
    {
        var project = await world.NewAsync();
        using var middle = new Middle();
        Announce(project, middle.Port);
        await using var door = await OpenAsync(project);
        var lost = middle.TakeOneAsync(async _ => await project.DownAsync());

        var error = await Should.ThrowAsync<CliException>(() => door.SubmitAsync(new SubmitRequest("a", "A", "code-change"), default));

        await lost;
        error.ExitCode.ShouldBe(ExitCodes.Unavailable);
        (await door.StatusAsync(default)).OrThrow().Stages.Sum(stage => stage.Ready).ShouldBe(0); // a call that reads looks again
    }

    [Fact]
    public async Task It_gives_up_when_nobody_ever_answers()
    {
        var project = await world.NewAsync();
        Announce(project, RealRedis.FreePort());
        (await project.RunAsync("status")).ShouldExit(ExitCodes.Unavailable).Error.ShouldContain("does not answer");
    }

    [Fact]
    public async Task Something_that_is_no_gateway_is_not_believed()
    {
        var project = await world.NewAsync();
        using var middle = new Middle();
        Announce(project, middle.Port);
        foreach (var said in (string[])["+PONG\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}more", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n"])
        {
            using var done = new CancellationTokenSource();
            var answering = middle.AnswerAllAsync(said, done.Token);
            (await project.RunAsync("status")).ShouldExit(ExitCodes.Unavailable);
            await done.CancelAsync();
            await answering;
        }
    }

    private static Task<IDoor> OpenAsync(CliProject project) => DoorKeeper.OpenAsync(
        new CliEnvironment(project.Folder, new Dictionary<string, string>(), TextWriter.Null, TextWriter.Null, false, TimeProvider.System), new DoorOptions(), default);

    private static Uri ReadGateway(CliProject project)
    {
        using var said = System.Text.Json.JsonDocument.Parse(File.ReadAllText(project.GatewayFile));
        return new(said.RootElement.GetProperty("url").GetString()!);
    }

    private static void Announce(CliProject project, int port) =>
        new RefereeFolder(project.Referee, TimeProvider.System).Announce(new GatewayAddress(new Uri($"http://127.0.0.1:{port}/"), Environment.ProcessId, "main"));

    private static async Task ForwardAsync(Uri real, byte[] request)
    {
        using var onward = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await onward.ConnectAsync(IPAddress.Loopback, real.Port);
        await onward.SendAsync(request);
        var answer = new byte[4096];
        var read = await onward.ReceiveAsync(answer);
        Encoding.ASCII.GetString(answer, 0, read).ShouldStartWith("HTTP/1.1 200");
    }

    /// <summary>A listener where a gateway is expected.</summary>
    private sealed class Middle : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public Middle() => _listener.Start();

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        /// <summary>Takes one request, does something about it, stops listening and closes without an answer.</summary>
        public async Task TakeOneAsync(Func<byte[], Task> then)
        {
            using var caller = await _listener.AcceptSocketAsync();
            var request = await ReadAsync(caller);
            _listener.Stop();
            await then(request);
        }

        public async Task AnswerAllAsync(string said, CancellationToken ct)
        {
            try
            {
                while (true)
                {
                    using var caller = await _listener.AcceptSocketAsync(ct);
                    await ReadAsync(caller);
                    await caller.SendAsync(Encoding.ASCII.GetBytes(said));
                }
            }
            catch (OperationCanceledException)
            {
                // The test has seen what it wanted.
            }
        }

        public void Dispose() => _listener.Dispose();

        private static async Task<byte[]> ReadAsync(Socket caller)
        {
            var request = new byte[64 * 1024];
            for (var read = 0; ;)
            {
                read += await caller.ReceiveAsync(request.AsMemory(read));
                var text = Encoding.ASCII.GetString(request, 0, read);
                if (text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is > 0 and var head)
                {
                    var length = int.Parse(text.Split("Content-Length: ")[1].Split("\r\n")[0], System.Globalization.CultureInfo.InvariantCulture);
                    if (read >= head + 4 + length)
                    {
                        return request[..read];
                    }
                }
            }
        }
    }
}
