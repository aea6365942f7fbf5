package io.llmproxy.config;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** TLS towards an upstream. Relative paths start at the configuration's directory. */
public record TlsConfig(
        @Setting("PEM file with the authorities to trust instead of the system's.") @Nullable Path caFile,

        @Setting("PEM file with the client certificate chain for the upstream.") @Nullable Path certFile,

        @Setting("PEM file with the PKCS#8 private key of `cert_file`.") @Nullable Path keyFile,

        @Setting(
                value =
                        "Whether the upstream's certificate and host name are checked. Never switch it off outside a test.",
                byDefault = "true")
        boolean verify) {
    /** The files that it names. */
    public List<Path> files() {
        return Stream.of(caFile, certFile, keyFile).flatMap(Stream::ofNullable).toList();
    }
}
