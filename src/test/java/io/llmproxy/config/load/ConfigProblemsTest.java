package io.llmproxy.config.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.document.ConfigException;
import io.llmproxy.config.document.Problem;
import io.llmproxy.testing.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every case of {@code broken.txt} yields the problems that its lines ask for, at these lines, and no others. */
final class ConfigProblemsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenConfigurations")
    void everyProblemIsReportedAtItsLine(String name, String annotated) {
        List<String> expected = new ArrayList<>();
        StringBuilder yaml = new StringBuilder();
        List<String> lines = annotated.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String[] parts = lines.get(i).split(" ?#! ", -1);
            yaml.append(parts[0]).append('\n');
            for (String problem : Arrays.asList(parts).subList(1, parts.length)) {
                expected.add("config.yaml:" + (i + 1) + ": " + problem.replace("{directory}", directory.toString()));
            }
        }

        assertThat(problems(yaml.toString())).as(name).containsExactlyElementsOf(expected);
    }

    static Stream<Arguments> brokenConfigurations() {
        return Stream.of(ConfigFixtures.text("broken.txt").split("=== "))
                .skip(1)
                .map(text -> text.split("\n", 2))
                .map(parts -> Arguments.of(parts[0], parts[1].stripTrailing()));
    }

    @Test
    void exceptionNamesAllProblemsInTheOrderOfTheFile() {
        ConfigException exception = exception("log: {level: loud, format: xml}\n\nnothing: 1");

        assertThat(exception.problems()).extracting(Problem::line).containsExactly(1, 1, 3);
        assertThat(exception)
                .hasMessage(exception.problems().stream().map(Problem::toString).collect(Collectors.joining("\n")));
    }

    @Test
    void problemIsOneLineWhateverTheFileHolds() {
        assertThat(problems("\"a\\nb\": 1"))
                .containsExactly(
                        "config.yaml:1: a?b: unknown key (expected: http_server, upstreams, upstream_groups, keys, scopes, limits, redis, webhook, log, ledger, capture, store, prices, metrics, otel, langfuse, jmx, watch)");
    }

    @Test
    void certificatesOfAListenerAreReadAndHaveToFitTheirKeys() throws IOException {
        Certificates certificates = new Certificates(directory);
        certificates.serverPem("a", "EC", "dns:a");
        certificates.serverPem("b", "EC", "dns:b");
        Files.writeString(directory.resolve("empty"), "");

        assertThat(problems("""
                        http_server:
                          forwards:
                            - {name: a, port: 1, upstream_group: g, tls: {cert_file: a.pem, private_key_file: a.key}}
                            - {name: b, port: 2, upstream_group: g, tls: {cert_file: a.pem, private_key_file: b.key}}
                            - {name: c, port: 3, upstream_group: g, tls: {cert_file: empty, private_key_file: empty}}
                            - {name: d, port: 4, upstream_group: g, tls: {cert_file: a.pem, private_key_file: a.key, client_ca_file: authority.pem}}
                            - {name: e, port: 5, upstream_group: g, tls: {cert_file: a.pem, private_key_file: a.key, client_ca_file: empty, client_auth: required}}
                        """).stream().map(problem -> problem.replace(directory + "/", "")))
                .containsExactly(
                        "config.yaml:4: http_server.forwards[1].tls.private_key_file: b.key (expected: the key of the certificate in cert_file, a.pem)",
                        "config.yaml:5: http_server.forwards[2].tls.cert_file: empty (expected: a certificate chain in PEM)",
                        "config.yaml:5: http_server.forwards[2].tls.private_key_file: empty (expected: a private key in PEM, PKCS#8 or RSA's PKCS#1, without a password)",
                        "config.yaml:6: http_server.forwards[3].tls.client_auth: none (expected: optional or required, because there is a client_ca_file)",
                        "config.yaml:7: http_server.forwards[4].tls.client_ca_file: empty (expected: certificates in PEM)");
    }

    @Test
    void longValuesAreCut() {
        assertThat(problems("log: {level: " + "x".repeat(1000) + "}"))
                .singleElement()
                .satisfies(problem -> assertThat(problem)
                        .startsWith("config.yaml:1: log.level: " + "x".repeat(80) + "… (expected: error")
                        .hasSizeLessThan(200));
    }

    @Test
    void certificateAndKeyNeedEachOther() throws IOException {
        Files.writeString(directory.resolve("a.pem"), "");

        assertThat(problems("""
                        upstreams:
                          - name: u
                            url: https://u
                            tls:
                              cert_file: a.pem
                          - name: v
                            url: https://v
                            tls:
                              key_file: a.pem
                        """))
                .containsExactly(
                        "config.yaml:4: upstreams[0].tls.key_file: missing (expected: the key of cert_file)",
                        "config.yaml:8: upstreams[1].tls.cert_file: missing (expected: the certificate of key_file)");
    }

    @Test
    void unverifiedCertificatesAndUselessCredentialsAreWarnedOf() {
        List<Problem> warnings = ConfigFixtures.parse("""
                        upstreams:
                          - name: u
                            url: https://u
                            auth: {token: hunter2}
                            tls:
                              verify: false
                        """, directory, Map.of()).warnings();

        assertThat(warnings)
                .extracting(Problem::toString)
                .containsExactly(
                        "config.yaml:4: upstreams[0].auth: the credential has no effect"
                                + " (expected: type bearer, api_key, basic or google)",
                        "config.yaml:6: upstreams[0].tls.verify: CERTIFICATES ARE NOT CHECKED: an attacker on the network"
                                + " can read credentials and content (expected: true)");
    }

    private List<String> problems(String yaml) {
        return exception(yaml).problems().stream().map(Problem::toString).toList();
    }

    private ConfigException exception(String yaml) {
        return catchThrowableOfType(ConfigException.class, () -> ConfigFixtures.parse(yaml, directory, Map.of()));
    }
}
