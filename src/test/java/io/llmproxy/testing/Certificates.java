package io.llmproxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** An authority of our own with what it has signed. */
public final class Certificates {
    private static final String PASSWORD = "changeit";

    private final Path directory;
    private final Path authority;

    /**
     * PEM files.
     *
     * @param certificate a certificate, and that of the authority
     * @param key its key in PKCS#8
     */
    public record Pair(Path certificate, Path key) {}

    /** Makes an authority in a directory. */
    public Certificates(Path directory) {
        this.directory = directory;
        this.authority = directory.resolve("authority.p12");
        authority(authority);
        authorityPem();
    }

    /** PEM file with the authority's certificate. */
    public Path authorityPem() {
        return export(authority, "authority.pem");
    }

    /** TLS for a server whose certificate is good for some names, such as {@code ip:127.0.0.1,dns:localhost}. */
    public SSLContext server(String names) {
        return context(signed("server-" + names.hashCode(), "CN=Test Server", CertificateMaker.names(names)));
    }

    /** TLS for a server whose certificate was good for some names until yesterday. */
    public SSLContext expired(String names) {
        CertificateMaker.Validity over =
                new CertificateMaker.Validity(Instant.now().minus(Duration.ofDays(3)), Duration.ofDays(2));
        return context(
                signed("expired-" + names.hashCode(), "EC", "CN=Test Server", CertificateMaker.names(names), over));
    }

    /** PEM files of a new certificate that is good for some names, with a key of an algorithm such as {@code EC} or {@code RSA}. */
    public Pair serverPem(String name, String algorithm, String names) {
        Path store = signed(name, algorithm, "CN=" + name, CertificateMaker.names(names), fresh());
        return new Pair(export(store, name + ".pem"), exportKey(store, name + ".key"));
    }

    /** TLS for a client that trusts the authority and shows no certificate. */
    public SSLContext trusting() {
        return context(null);
    }

    /** TLS for a client that trusts the authority and shows a certificate of another one, or of the same. */
    public SSLContext client(Certificates signer) {
        return context(signer.client());
    }

    private Path client() {
        return signed("client", "CN=Test Client", CertificateMaker.forClients());
    }

    /** PEM file with a client's certificate; the key is in a file beside it. */
    public Path clientPem() {
        return export(client(), "client.pem");
    }

    /** PEM file with the key of {@link #clientPem()}. */
    public Path clientKeyPem() {
        return exportKey(client(), "client.key");
    }

    private Path exportKey(Path store, String file) {
        try {
            byte[] key = load(store).getKey("it", PASSWORD.toCharArray()).getEncoded();
            return pem(file, "PRIVATE KEY", List.of(key));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path signed(String name, String subject, byte[] extension) {
        return signed(name, "EC", subject, extension, fresh());
    }

    private Path signed(
            String name, String algorithm, String subject, byte[] extension, CertificateMaker.Validity validity) {
        Path store = directory.resolve(name + ".p12");
        if (Files.exists(store)) {
            return store;
        }
        try {
            KeyStore signer = load(authority);
            X509Certificate issuer = (X509Certificate) signer.getCertificate("it");
            PrivateKey signing = (PrivateKey) signer.getKey("it", PASSWORD.toCharArray());
            KeyPair pair = pair(algorithm);
            X509Certificate certificate = CertificateMaker.make(
                    new X500Principal(subject),
                    pair.getPublic(),
                    extension,
                    validity,
                    issuer.getSubjectX500Principal(),
                    signing);
            save(store, pair.getPrivate(), certificate, issuer);
            return store;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void authority(Path store) {
        try {
            KeyPair pair = pair("EC");
            X500Principal name = new X500Principal("CN=Test Authority");
            save(
                    store,
                    pair.getPrivate(),
                    CertificateMaker.make(
                            name, pair.getPublic(), CertificateMaker.authority(), fresh(), name, pair.getPrivate()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static CertificateMaker.Validity fresh() {
        return new CertificateMaker.Validity(Instant.now().minusSeconds(60), Duration.ofDays(30));
    }

    private static KeyPair pair(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(algorithm.equals("EC") ? 256 : 2048);
        return generator.generateKeyPair();
    }

    private static void save(Path path, PrivateKey key, X509Certificate... chain) throws GeneralSecurityException {
        try (OutputStream out = Files.newOutputStream(path)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("it", key, PASSWORD.toCharArray(), chain);
            store.store(out, PASSWORD.toCharArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path export(Path store, String file) {
        try {
            List<byte[]> chain = new ArrayList<>();
            for (var certificate : load(store).getCertificateChain("it")) {
                chain.add(certificate.getEncoded());
            }
            return pem(file, "CERTIFICATE", chain);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path pem(String file, String kind, List<byte[]> contents) {
        StringBuilder text = new StringBuilder();
        for (byte[] content : contents) {
            text.append("-----BEGIN ").append(kind).append("-----\n");
            text.append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content));
            text.append("\n-----END ").append(kind).append("-----\n");
        }
        try {
            return Files.writeString(directory.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyStore load(Path path) {
        try (InputStream in = Files.newInputStream(path)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            return store;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private SSLContext context(@Nullable Path store) {
        try {
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store == null ? null : load(store), PASSWORD.toCharArray());
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", load(authority).getCertificate("it"));
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
