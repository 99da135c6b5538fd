// The doors besides plain TCP: a unix socket, and TLS with and without certificates of clients; and clients that stay silent.
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Evalsha.Tests.Support;

namespace Evalsha.Server.Tests.Sessions;

public sealed class ListenerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("listener-").FullName;

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_unix_socket_is_served_under_its_permissions_and_goes_with_the_server()
    {
        var path = Path.Combine(_folder, "redis.sock");
        await File.WriteAllTextAsync(path, "left by another run");
        await using (var server = await RedisServer.StartAsync(new RedisServerOptions { UnixSocket = path, UnixSocketPermissions = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            using var client = await ConnectUnixAsync(path);
            using var monitor = await ConnectUnixAsync(path);
            (await monitor.SendAsync("MONITOR")).ShouldBe("+OK");
            (await client.SendAsync("SET", "k", "v")).ShouldBe("+OK");
            (await monitor.ReadAsync().WaitAsync(Patience)).ShouldEndWith($"[0 unix:{path}] \"SET\" \"k\" \"v\"");
            var info = await client.SendAsync("CLIENT", "INFO");
            info.ShouldContain($" addr={path}:0 laddr={path}:0 ");
            info.ShouldContain(" flags=U ");
        }

        File.Exists(path).ShouldBeFalse();
    }

    [Theory]
    [InlineData(TlsAuthClients.No, false, true)]
    [InlineData(TlsAuthClients.Optional, false, true)]
    [InlineData(TlsAuthClients.Optional, true, true)]
    [InlineData(TlsAuthClients.Yes, true, true)]
    [InlineData(TlsAuthClients.Yes, false, false)]
    public async Task Tls_serves_those_whose_certificate_it_wants(TlsAuthClients auth, bool hasCertificate, bool isServed)
    {
        using var authority = MakeAuthority();
        using var certificate = Sign(authority, "client");
        await using var server = await RedisServer.StartAsync(Options(authority, auth));
        (await IsServedAsync(server.TlsPort, authority, hasCertificate ? certificate : null)).ShouldBe(isServed);
    }

    [Fact]
    public async Task Tls_turns_away_a_certificate_that_another_authority_signed()
    {
        using var authority = MakeAuthority();
        using var stranger = MakeAuthority();
        using var certificate = Sign(stranger, "client");
        await using var server = await RedisServer.StartAsync(Options(authority, TlsAuthClients.Optional));
        (await IsServedAsync(server.TlsPort, authority, certificate)).ShouldBeFalse();
    }

    [Fact]
    public async Task An_idle_client_is_closed_and_a_subscriber_is_not()
    {
        var time = new ManualTime();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, TimeProvider = time });
        using var idle = await RawRedis.ConnectAsync(server.Port);
        using var listener = await RawRedis.ConnectAsync(server.Port);
        (await idle.SendAsync("CONFIG", "SET", "timeout", "10")).ShouldBe("+OK");
        await listener.SendAsync("SUBSCRIBE", "a");
        time.Advance(TimeSpan.FromSeconds(5));
        (await idle.SendAsync("PING")).ShouldBe("+PONG");
        time.Advance(TimeSpan.FromSeconds(10));
        (await idle.SendAsync("PING")).ShouldBe("+PONG");
        time.Advance(TimeSpan.FromSeconds(11));
        (await idle.IsClosedAsync().WaitAsync(Patience)).ShouldBeTrue();
        (await listener.SendAsync("PING")).ShouldBe("*[$'pong', $'']");
    }

    [Fact]
    public async Task A_pause_keeps_writes_back_until_the_clock_has_passed_it()
    {
        var time = new ManualTime();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, TimeProvider = time });
        using var client = await RawRedis.ConnectAsync(server.Port);
        using var other = await RawRedis.ConnectAsync(server.Port);
        await client.SendAsync("SET", "short", "1", "PX", "500");
        (await client.SendAsync("CLIENT", "PAUSE", "1000", "WRITE")).ShouldBe("+OK");
        var writing = client.SendAsync("SET", "k", "v");
        (await other.SendAsync("GET", "k")).ShouldBe("$-1");
        time.Advance(TimeSpan.FromMilliseconds(999));
        (await other.SendAsync("GET", "short")).ShouldBe("$-1");
        (await other.SendAsync("DBSIZE")).ShouldBe(":1"); // Late, and still there: nothing leaves during a pause.
        writing.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromMilliseconds(1));
        (await writing.WaitAsync(Patience)).ShouldBe("+OK");
    }

    [Fact]
    public async Task A_pause_of_all_holds_reads_too_and_a_kill_ends_the_wait()
    {
        var time = new ManualTime();
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0, TimeProvider = time });
        using var client = await RawRedis.ConnectAsync(server.Port);
        (await client.SendAsync("CLIENT", "PAUSE", "1000")).ShouldBe("+OK");
        var reading = client.SendAsync("GET", "k");
        var direct = server.ExecuteAsync("PING").AsTask();
        time.Advance(TimeSpan.FromMilliseconds(1000));
        (await reading.WaitAsync(Patience)).ShouldBe("$-1");
        (await direct.WaitAsync(Patience)).ToString().ShouldContain("PONG");

        // The server can stop while somebody waits.
        (await client.SendAsync("CLIENT", "PAUSE", "100000")).ShouldBe("+OK");
        await client.WriteAsync(RawRedis.Encode("PING"));
    }

    [Fact]
    public async Task A_request_over_the_query_buffer_limit_closes_without_a_word()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Port = 0 });
        using var first = await RawRedis.ConnectAsync(server.Port);
        (await first.SendAsync("CONFIG", "SET", "client-query-buffer-limit", "1048576")).ShouldBe("+OK");
        using var client = await RawRedis.ConnectAsync(server.Port);
        await client.WriteAsync("*2\r\n$4\r\nECHO\r\n$2000000\r\n"u8.ToArray());
        (await client.IsClosedAsync().WaitAsync(Patience)).ShouldBeTrue();
        (await first.SendAsync("INFO", "stats")).ShouldContain("client_query_buffer_limit_disconnections:1");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<RawRedis> ConnectUnixAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        return new RawRedis(new NetworkStream(socket, ownsSocket: true));
    }

    private static async Task<bool> IsServedAsync(int port, X509Certificate2 authority, X509Certificate2? certificate)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        try
        {
            await using var tls = new SslStream(tcp.GetStream());
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ClientCertificates = certificate is null ? [] : [certificate],
                RemoteCertificateValidationCallback = (_, server, _, _) => server!.Issuer == authority.Subject,
            }).WaitAsync(Patience);
            using var client = new RawRedis(tls);
            (await client.SendAsync("SET", "k", new string('x', 100_000)).WaitAsync(Patience)).ShouldBe("+OK");
            (await client.SendAsync("GET", "k").WaitAsync(Patience)).Length.ShouldBe(100_003);
            return true;
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException or EndOfStreamException)
        {
            return false;
        }
    }

    private static X509Certificate2 MakeAuthority()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static X509Certificate2 Sign(X509Certificate2 authority, string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var signed = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), password: null);
    }

    private RedisServerOptions Options(X509Certificate2 authority, TlsAuthClients auth)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Path.Combine(_folder, "server.crt"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "server.key"), key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(_folder, "ca.crt"), authority.ExportCertificatePem());
        return new RedisServerOptions
        {
            TlsPort = 0,
            TlsCertFile = Path.Combine(_folder, "server.crt"),
            TlsKeyFile = Path.Combine(_folder, "server.key"),
            TlsCaCertFile = Path.Combine(_folder, "ca.crt"),
            TlsAuthClients = auth,
        };
    }
}
