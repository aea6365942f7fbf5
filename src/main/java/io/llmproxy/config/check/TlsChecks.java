package io.llmproxy.config.check;

import io.llmproxy.config.ListenerTlsConfig;
import io.llmproxy.config.ListenerTlsConfig.ClientAuth;
import io.llmproxy.config.TlsConfig;
import io.llmproxy.config.document.Problems;
import io.llmproxy.config.document.YamlPath;
import io.llmproxy.tls.Pem;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Checks the files of TLS, towards upstreams and on listeners. */
final class TlsChecks {
    private final Problems problems;
    private final FileChecks files;

    TlsChecks(Problems problems) {
        this.problems = problems;
        this.files = new FileChecks(problems);
    }

    void checkUpstream(String path, TlsConfig tls) {
        files.checkReadable(YamlPath.key(path, "ca_file"), tls.caFile());
        files.checkReadable(YamlPath.key(path, "cert_file"), tls.certFile());
        files.checkReadable(YamlPath.key(path, "key_file"), tls.keyFile());
        if (tls.certFile() != null && tls.keyFile() == null) {
            problems.error(YamlPath.key(path, "key_file"), "missing (expected: the key of cert_file)");
        }
        if (tls.keyFile() != null && tls.certFile() == null) {
            problems.error(YamlPath.key(path, "cert_file"), "missing (expected: the certificate of key_file)");
        }
        if (!tls.verify()) {
            String message =
                    "CERTIFICATES ARE NOT CHECKED: an attacker on the network can read credentials and content";
            problems.warn(YamlPath.key(path, "verify"), message + " (expected: true)");
        }
    }

    void checkListener(String path, ListenerTlsConfig tls) {
        String certFile = YamlPath.key(path, "cert_file");
        String keyFile = YamlPath.key(path, "private_key_file");
        files.checkReadable(certFile, tls.certFile());
        files.checkReadable(keyFile, tls.privateKeyFile());
        checkClientAuth(path, tls);
        if (problems.failed(certFile) || problems.failed(keyFile)) {
            return;
        }
        Optional<List<Certificate>> chain =
                read(certFile, tls.certFile(), Pem::certificates, "a certificate chain in PEM");
        Optional<PrivateKey> key = read(
                keyFile,
                tls.privateKeyFile(),
                Pem::privateKey,
                "a private key in PEM, PKCS#8 or RSA's PKCS#1, without a password");
        if (chain.isPresent() && key.isPresent() && !Pem.belong(chain.get().get(0), key.get())) {
            String owner = problems.shown(certFile, tls.certFile().toString());
            files.refuse(keyFile, tls.privateKeyFile(), "the key of the certificate in cert_file, " + owner);
        }
    }

    private void checkClientAuth(String path, ListenerTlsConfig tls) {
        String caFile = YamlPath.key(path, "client_ca_file");
        String clientAuth = tls.clientAuth().toString().toLowerCase(Locale.ROOT);
        Path authorities = tls.clientCaFile();
        files.checkReadable(caFile, authorities);
        if (authorities == null && tls.clientAuth() != ClientAuth.NONE) {
            problems.error(
                    caFile,
                    "missing (expected: the authorities of clients, because client_auth is " + clientAuth + ")");
        } else if (authorities != null && tls.clientAuth() == ClientAuth.NONE) {
            String expected = "optional or required, because there is a client_ca_file";
            problems.error(YamlPath.key(path, "client_auth"), clientAuth + " (expected: " + expected + ")");
        } else if (authorities != null && !problems.failed(caFile)) {
            read(caFile, authorities, Pem::certificates, "certificates in PEM");
        }
    }

    private <T> Optional<T> read(String path, Path file, Function<Path, T> reader, String expectation) {
        try {
            return Optional.of(reader.apply(file));
        } catch (IllegalArgumentException e) {
            files.refuse(path, file, expectation);
            return Optional.empty();
        }
    }
}
