// The server's side of TLS, from the files that Redis's tls-* options name.
// Always: a client's certificate is accepted only when the given authorities signed it; no authority of the machine counts.
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Evalsha.Server.Sessions;

internal static class Tls
{
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file is no certificate or key in PEM form.</exception>
    public static SslServerAuthenticationOptions Load(RedisServerOptions options)
    {
        if (options.TlsCertFile is not { } certificateFile || options.TlsKeyFile is not { } keyFile)
        {
            throw new ArgumentException("A TLS port needs a certificate and its key: TlsCertFile and TlsKeyFile.");
        }

        if (options.TlsAuthClients != TlsAuthClients.No && options.TlsCaCertFile is null)
        {
            throw new ArgumentException("To check the certificates of clients their authority is needed (TlsCaCertFile), or TlsAuthClients is No.");
        }

        var authorities = new X509Certificate2Collection();
        if (options.TlsCaCertFile is { } authorityFile)
        {
            authorities.ImportFromPemFile(authorityFile);
        }

        // Some platforms use a key only when it comes with its certificate in one container.
        using var read = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        var certificate = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), password: null);
        return new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            ClientCertificateRequired = options.TlsAuthClients != TlsAuthClients.No,
            RemoteCertificateValidationCallback = (_, client, _, _) => client is null
                ? options.TlsAuthClients != TlsAuthClients.Yes
                : options.TlsAuthClients == TlsAuthClients.No || IsSignedBy(authorities, new X509Certificate2(client)),
        };
    }

    private static bool IsSignedBy(X509Certificate2Collection authorities, X509Certificate2 client)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(client);
    }
}
