package io.llmproxy.upstream;

import io.llmproxy.config.TlsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/** TLS towards an upstream: the system's authorities or one's own, and a certificate of ours if it wants one. */
final class UpstreamTls {
    private UpstreamTls() {}

    /** Tells two states of the files apart: a renewed certificate mostly has the name of the one before. */
    static String fingerprint(TlsConfig config) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : Stream.of(config.caFile(), config.certFile(), config.keyFile())
                    .flatMap(Stream::ofNullable)
                    .toList()) {
                digest.update(Files.readAllBytes(file));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new IllegalArgumentException("tls: " + e.getMessage(), e);
        }
    }

    static SslContextFactory.Client factory(TlsConfig config) {
        SslContextFactory.Client factory = new SslContextFactory.Client(!config.verify());
        Path authorities = config.caFile();
        if (authorities != null) {
            factory.setTrustStore(Pem.trustStore(authorities));
        }
        Path certificate = config.certFile();
        Path key = config.keyFile();
        if (certificate != null && key != null) {
            factory.setKeyStore(Pem.keyStore(certificate, key));
            factory.setKeyStorePassword("");
        }
        factory.setEndpointIdentificationAlgorithm(config.verify() ? "HTTPS" : null);
        return factory;
    }
}
