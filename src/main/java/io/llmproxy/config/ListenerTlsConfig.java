package io.llmproxy.config;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** TLS of a listener of the launcher. Relative paths start at the configuration's directory. */
@Switchable
public record ListenerTlsConfig(
        @Setting(value = "PEM file with the server certificate and its intermediate certificates.", required = true)
        Path certFile,

        @Setting(
                value = "PEM file with the private key of `cert_file`: PKCS#8, or PKCS#1 for RSA, without a password.",
                required = true,
                alias = "key_file")
        Path privateKeyFile,

        @Setting("PEM file with the authorities that sign clients' certificates.") @Nullable Path clientCaFile,

        @Setting(
                value =
                        "Whether clients are asked for a certificate, and whether those without one are refused; a certificate that is shown must be valid.",
                byDefault = "none")
        ClientAuth clientAuth) {
    /** What is asked of clients. */
    public enum ClientAuth {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    /** The files that it names. */
    public List<Path> files() {
        return Stream.of(certFile, privateKeyFile, clientCaFile)
                .flatMap(Stream::ofNullable)
                .toList();
    }
}
