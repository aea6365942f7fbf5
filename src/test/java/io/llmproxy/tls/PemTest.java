package io.llmproxy.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Certificates.Pair;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PemTest {
    @TempDir
    private static Path directory;

    private static Pair ec;
    private static Pair otherEc;
    private static Pair rsa;

    @BeforeAll
    static void make() {
        Certificates certificates = new Certificates(directory);
        ec = certificates.serverPem("ec", "EC", "dns:a");
        otherEc = certificates.serverPem("other", "EC", "dns:a");
        rsa = certificates.serverPem("rsa", "RSA", "dns:a");
    }

    private static boolean belong(Path certificate, Path key) {
        return Pem.belong(Pem.certificates(certificate).get(0), Pem.privateKey(key));
    }

    private static Path file(String text) throws IOException {
        return Files.writeString(Files.createTempFile(directory, "pem", ""), text);
    }

    @Test
    void aKeyBelongsToItsOwnCertificateOnly() {
        assertThat(belong(ec.certificate(), ec.key())).isTrue();
        assertThat(belong(rsa.certificate(), rsa.key())).isTrue();
        assertThat(belong(ec.certificate(), otherEc.key())).isFalse();
        assertThat(belong(ec.certificate(), rsa.key())).isFalse();
        assertThat(belong(rsa.certificate(), ec.key())).isFalse();
        assertThatThrownBy(() -> Pem.keyStore(ec.certificate(), rsa.key()))
                .hasMessageContaining(ec.certificate().toString())
                .hasMessageContaining(rsa.key().toString());
    }

    @Test
    void aKeyForRsaMayBeInPkcs1() throws IOException {
        byte[] pkcs8 =
                Base64.getMimeDecoder().decode(Files.readString(rsa.key()).replaceAll("-----[A-Z ]+-----", ""));
        byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length);
        Path file = file("-----BEGIN RSA PRIVATE KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pkcs1)
                + "\n-----END RSA PRIVATE KEY-----\n");

        assertThat(Pem.privateKey(file)).isEqualTo(Pem.privateKey(rsa.key()));
        assertThat(belong(rsa.certificate(), file)).isTrue();
    }

    @Test
    void aChainIsReadInItsOrder() {
        assertThat(Pem.certificates(ec.certificate())).hasSize(2);
        assertThat(Pem.certificates(ec.certificate()).get(0))
                .isNotEqualTo(Pem.certificates(ec.certificate()).get(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nothing of the kind",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "-----BEGIN RSA PRIVATE KEY-----\nA\n-----END RSA PRIVATE KEY-----\n",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            })
    void whatIsNeitherIsNamed(String text) throws IOException {
        Path file = file(text);

        assertThatThrownBy(() -> Pem.privateKey(file)).hasMessageStartingWith(file + ": unusable");
        assertThatThrownBy(() -> Pem.certificates(file)).hasMessageStartingWith(file + ": unusable");
    }

    @Test
    void whatIsRenewedHasAnotherFingerprint() throws IOException {
        Path file = file("one");
        String before = Pem.fingerprint(List.of(file));
        Files.writeString(file, "two");

        assertThat(Pem.fingerprint(List.of(file))).isNotEqualTo(before);
        assertThatThrownBy(() -> Pem.fingerprint(List.of(directory.resolve("nowhere"))))
                .hasMessageContaining("nowhere");
    }
}
