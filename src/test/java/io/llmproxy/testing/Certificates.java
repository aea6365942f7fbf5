package io.llmproxy.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** An authority of our own with what it has signed, made by the JDK's {@code keytool}. */
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
        generate(authority, "EC", "CN=Test Authority", List.of("-ext", "bc:c"));
    }

    /** PEM file with the authority's certificate. */
    public Path authorityPem() {
        return export(authority, "authority.pem");
    }

    /** TLS for a server whose certificate is good for some names, such as {@code ip:127.0.0.1,dns:localhost}. */
    public SSLContext server(String names) {
        return context(signed("server-" + names.hashCode(), "CN=Test Server", "san=" + names));
    }

    /** TLS for a server whose certificate was good for some names until yesterday. */
    public SSLContext expired(String names) {
        return context(signed(
                "expired-" + names.hashCode(),
                "CN=Test Server",
                "san=" + names,
                "-startdate",
                "-3d",
                "-validity",
                "2"));
    }

    /** PEM files of a new certificate that is good for some names, with a key of an algorithm such as {@code EC} or {@code RSA}. */
    public Pair serverPem(String name, String algorithm, String names) {
        Path store = signed(name, algorithm, "CN=" + name, "san=" + names, new String[] {"-validity", "30"});
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
        return signed("client", "CN=Test Client", "eku=clientAuth");
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

    private Path signed(String name, String subject, String extension) {
        return signed(name, subject, extension, "-validity", "30");
    }

    private Path signed(String name, String subject, String extension, String... validity) {
        return signed(name, "EC", subject, extension, validity);
    }

    private Path signed(String name, String algorithm, String subject, String extension, String[] validity) {
        Path store = directory.resolve(name + ".p12");
        if (Files.exists(store)) {
            return store;
        }
        generate(store, algorithm, subject, List.of());
        Path request = directory.resolve(name + ".csr");
        Path certificate = directory.resolve(name + ".crt");
        keytool(store, "-certreq", "-alias", "it", "-file", request.toString());
        List<String> sign = new ArrayList<>(List.of("-gencert", "-alias", "it", "-rfc", "-ext", extension));
        sign.addAll(List.of(validity));
        sign.addAll(List.of("-infile", request.toString(), "-outfile", certificate.toString()));
        keytool(authority, sign.toArray(String[]::new));
        keytool(
                store,
                "-importcert",
                "-noprompt",
                "-alias",
                "root",
                "-file",
                authorityPem().toString());
        keytool(store, "-importcert", "-noprompt", "-alias", "it", "-file", certificate.toString());
        return store;
    }

    private void generate(Path store, String algorithm, String subject, List<String> more) {
        List<String> arguments = new ArrayList<>(
                List.of("-genkeypair", "-alias", "it", "-keyalg", algorithm, "-validity", "30", "-dname", subject));
        arguments.addAll(more);
        keytool(store, arguments.toArray(String[]::new));
    }

    private static void keytool(Path store, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("keytool failed: " + output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
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
