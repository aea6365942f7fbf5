package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.JavaCommand;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** TLS on the launcher's own ports. */
class ListenerTlsIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String NAMES = "ip:127.0.0.1";
    private static final String TOKEN = "Authorization: Bearer admin-token\r\n";
    private static final byte[] NOTHING = {};
    private static final List<String> EVENTS = List.of("data: one\n\n", "data: two\n\n", "data: [DONE]\n\n");
    private static final AtomicInteger PATHS = new AtomicInteger();

    /** A ClientHello of TLS 1.1: version, random, no session, six suites of that time, no compression. */
    private static final String HELLO_1_1 =
            "1603020037" + "01000033" + "0302" + "00".repeat(32) + "00" + "000c" + "c009c013c00ac014002f0035" + "0100";

    private static Certificates certificates;
    private static Certificates strangers;
    private static Path directory;
    private static FakeUpstream upstream;
    private static Deployment deployment;

    @BeforeAll
    static void start() {
        directory = Artefacts.workDirectory("listener-tls");
        certificates = new Certificates(directory);
        strangers = new Certificates(Artefacts.workDirectory("strangers"));
        upstream = FakeUpstream.start();
        Certificates.Pair first = certificates.serverPem("first", "EC", NAMES);
        renew(first);
        deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(true, "renewed"), "-Xmx128m");
    }

    @AfterAll
    static void stop() {
        deployment.close();
        upstream.close();
    }

    private static Gateway gateway(boolean switchedOn, String renewed) {
        Certificates.Pair modern = certificates.serverPem("modern", "EC", NAMES);
        String authorities = ", client_ca_file: \"" + certificates.authorityPem() + "\", client_auth: ";
        return new Gateway()
                .admin("token: admin-token")
                .upstream("u", upstream.url(), "")
                .group("g", "{name: u}", "http_client: {heartbeat: 0}")
                .forward("modern", "g", tls(modern, ""))
                .forward("classic", "g", tls(classic(), ""))
                .forward("optional", "g", tls(modern, authorities + "optional"))
                .forward("required", "g", tls(modern, authorities + "required"))
                .forward("hasty", "g", tls(modern, "") + ", timeout: {connect: 1}")
                .forward("renewed", "g", tls(pair(renewed), ""))
                .forward("switched", "g", switchedOn ? tls(modern, "") : "");
    }

    private static String tls(Certificates.Pair pair, String more) {
        return "tls: {cert_file: \"%s\", private_key_file: \"%s\"%s}".formatted(pair.certificate(), pair.key(), more);
    }

    private static Certificates.Pair pair(String name) {
        return new Certificates.Pair(directory.resolve(name + "-chain.pem"), directory.resolve(name + "-key.pem"));
    }

    private static void renew(Certificates.Pair by) {
        try {
            Files.copy(by.certificate(), pair("renewed").certificate(), StandardCopyOption.REPLACE_EXISTING);
            Files.copy(by.key(), pair("renewed").key(), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A key of the kind that older tools write. */
    private static Certificates.Pair classic() {
        Certificates.Pair rsa = certificates.serverPem("classic", "RSA", NAMES);
        try {
            String pem = Files.readString(rsa.key()).replaceAll("-----[A-Z ]+-----", "");
            byte[] pkcs8 = Base64.getMimeDecoder().decode(pem);
            // Behind what says that it is RSA, and the head of an octet string of that size.
            byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length);
            Path file = directory.resolve("classic-pkcs1.key");
            String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(pkcs1);
            Files.writeString(file, "-----BEGIN RSA PRIVATE KEY-----\n" + text + "\n-----END RSA PRIVATE KEY-----\n");
            return new Certificates.Pair(rsa.certificate(), file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String path() {
        return "/v1/listener/" + PATHS.incrementAndGet();
    }

    private static URI uri(String forward, String path) {
        return URI.create(deployment.forward(forward, path).toString().replace("http://", "https://"));
    }

    private static HttpResponse<String> ask(String forward, SSLContext tls, Version version, String... protocols)
            throws IOException, InterruptedException {
        String path = path();
        upstream.on(path, Behaviour.json("{\"fine\":true}"));
        SSLParameters parameters = new SSLParameters();
        if (protocols.length > 0) {
            parameters.setProtocols(protocols);
        }
        HttpClient client = HttpClient.newBuilder()
                .sslContext(tls)
                .sslParameters(parameters)
                .version(version)
                .build();
        return client.send(
                HttpRequest.newBuilder(uri(forward, path)).timeout(SOON).build(), BodyHandlers.ofString());
    }

    private static BigInteger serial(String forward) {
        URI uri = uri(forward, "/");
        try (SSLSocket socket =
                (SSLSocket) certificates.trusting().getSocketFactory().createSocket(uri.getHost(), uri.getPort())) {
            socket.startHandshake();
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Answer reload() {
        return RawClient.exchange(deployment.admin("/admin/reload"), "POST", TOKEN, NOTHING);
    }

    @ParameterizedTest
    @CsvSource({
        "modern,HTTP_1_1,TLSv1.2", "modern,HTTP_1_1,TLSv1.3", "modern,HTTP_2,TLSv1.2", "modern,HTTP_2,TLSv1.3",
        "classic,HTTP_1_1,TLSv1.2", "classic,HTTP_1_1,TLSv1.3", "classic,HTTP_2,TLSv1.2", "classic,HTTP_2,TLSv1.3"
    })
    void bothVersionsOfTlsCarryBothOfHttp(String forward, Version http, String tls) throws Exception {
        HttpResponse<String> answer = ask(forward, certificates.trusting(), http, tls);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"fine\":true}");
        assertThat(answer.version()).isEqualTo(http);
        assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo(tls);
    }

    @Test
    void olderVersionsAreRefused() throws IOException {
        URI uri = uri("modern", "/");
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(HexFormat.of().parseHex(HELLO_1_1));
            byte[] record = socket.getInputStream().readNBytes(7);

            // A fatal alert: the version of the protocol.
            assertThat(record).startsWith(21).endsWith(2, 70);
            assertThat(socket.getInputStream().read()).isNegative();
        }
    }

    @Test
    void aClientThatDoesNotTrustTheAuthorityDoesNotConnect() {
        assertThatThrownBy(() -> ask("modern", strangers.trusting(), Version.HTTP_2))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("PKIX");
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void aStreamArrivesEventByEvent(Version version) throws Exception {
        String path = path();
        LockStep steps = new LockStep();
        upstream.on(path, Behaviour.lockStep(steps, EVENTS));
        HttpClient client = HttpClient.newBuilder()
                .sslContext(certificates.trusting())
                .version(version)
                .build();

        HttpResponse<InputStream> answer = client.send(
                HttpRequest.newBuilder(uri("modern", path))
                        .POST(BodyPublishers.ofString("{\"stream\":true}"))
                        .build(),
                BodyHandlers.ofInputStream());

        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            for (String event : EVENTS) {
                assertThat(lines.readLine()).isEqualTo(event.strip());
                assertThat(lines.readLine()).isEmpty();
                steps.next();
            }
            assertThat(lines.readLine()).isNull();
        }
        assertThat(answer.version()).isEqualTo(version);
    }

    @Test
    void aCertificateOfTheClientMayBeShown() throws Exception {
        assertThat(ask("optional", certificates.trusting(), Version.HTTP_2).statusCode())
                .isEqualTo(200);
        assertThat(ask("optional", certificates.client(certificates), Version.HTTP_1_1)
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aCertificateOfTheClientHasToBeShownWhereItIsDemanded() throws Exception {
        assertThat(ask("required", certificates.client(certificates), Version.HTTP_2)
                        .statusCode())
                .isEqualTo(200);
        for (String version : List.of("TLSv1.2", "TLSv1.3")) {
            assertThatThrownBy(() -> ask("required", certificates.trusting(), Version.HTTP_1_1, version))
                    .as(version)
                    .isInstanceOf(IOException.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"optional", "required"})
    void aCertificateOfSomebodyElseIsRefused(String forward) {
        assertThatThrownBy(() -> ask(forward, certificates.client(strangers), Version.HTTP_1_1, "TLSv1.2"))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aRenewedCertificateIsShownToNewConnectionsWhileStreamsGoOn() throws Exception {
        BigInteger before = serial("renewed");
        String path = path();
        LockStep steps = new LockStep();
        upstream.on(path, Behaviour.lockStep(steps, EVENTS));
        try (RawClient client = RawClient.connect(uri("renewed", path), certificates.trusting())) {
            client.send("POST", path, "", "{\"stream\":true}".getBytes(StandardCharsets.UTF_8));
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(client.event().text()).isEqualTo("data: one");

            renew(certificates.serverPem("second", "EC", NAMES));
            assertThat(reload().status()).isEqualTo(200);
            BigInteger after = serial("renewed");
            assertThat(after).isNotEqualTo(before);

            steps.finish();
            assertThat(client.event().text()).isEqualTo("data: two");
            assertThat(client.answer().text()).endsWith("data: [DONE]\n\n");

            refuseAnotherKey(after);
        }
    }

    private static void refuseAnotherKey(BigInteger shown) throws IOException {
        double failures = failures();
        Files.copy(
                certificates.serverPem("third", "EC", NAMES).key(),
                pair("renewed").key(),
                StandardCopyOption.REPLACE_EXISTING);

        Answer answer = reload();

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text()).contains("tls.private_key_file").contains("cert_file");
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(deployment.log())
                        .containsPattern("ERROR.*tls.private_key_file: .*the key of the certificate"));
        assertThat(failures()).isEqualTo(failures + 1);
        assertThat(serial("renewed")).isEqualTo(shown);
        renew(certificates.serverPem("second", "EC", NAMES));
    }

    private static double failures() {
        return deployment.metrics().sum("llmproxy_config_reloads_total", "result=\"failure\"");
    }

    @Test
    void tlsIsSwitchedOffAndOnWithoutClosingThePort() throws Exception {
        String path = path();
        upstream.on(path, Behaviour.json("{}"));
        try (RawClient open = RawClient.connect(uri("switched", path), certificates.trusting())) {
            assertThat(open.send("GET", path, "", NOTHING).answer().status()).isEqualTo(200);

            deployment.reconfigure(gateway(false, "renewed"));
            assertThat(reload().status()).isEqualTo(200);
            assertThat(RawClient.exchange(deployment.forward("switched", path), "GET", "", NOTHING)
                            .status())
                    .isEqualTo(200);
            assertThat(open.send("GET", path, "", NOTHING).answer().status()).isEqualTo(200);

            deployment.reconfigure(gateway(true, "renewed"));
            assertThat(reload().status()).isEqualTo(200);
            assertThat(ask("switched", certificates.trusting(), Version.HTTP_2).statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource({"''", "16030100f8010000f40303"})
    void aHandshakeThatStallsIsEnded(String begun) {
        try (RawClient client = RawClient.connect(uri("hasty", "/"))) {
            client.send(HexFormat.of().parseHex(begun));

            assertThat(client.closedWithin(Duration.ofSeconds(10))).isTrue();
        }
    }

    @Test
    void aHeadThatDoesNotComeIsToldWithinTls() {
        try (RawClient client = RawClient.connect(uri("hasty", "/"), certificates.trusting())) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n");

            assertThat(client.answer().status()).isEqualTo(408);
            assertThat(client.closedWithin(SOON)).isTrue();
        }
    }

    @Test
    void plainHttpIsNotKeptWaiting() {
        try (RawClient client = RawClient.connect(uri("modern", "/"))) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");

            assertThat(client.closedWithin(Duration.ofSeconds(5))).isTrue();
        }
    }

    @Test
    void aClientThatLeavesWhileItWaitsIsNoticed() {
        String path = path();
        upstream.on(path, Behaviour.hangs());
        try (RawClient client = RawClient.connect(uri("modern", path), certificates.trusting())) {
            client.send("POST", path, "X-Request-Id: leaver\r\n", "{}".getBytes(StandardCharsets.UTF_8));
            upstream.awaitRequest(path);
        }

        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .until(() -> deployment
                        .log()
                        .lines()
                        .anyMatch(line -> line.contains(" leaver ") && line.contains("outcome=client_gone")));
    }

    @Test
    void aKeyThatDoesNotBelongToItsCertificateIsABadConfiguration() throws IOException {
        Certificates.Pair wrong = new Certificates.Pair(
                certificates.serverPem("modern", "EC", NAMES).certificate(),
                certificates.serverPem("classic", "RSA", NAMES).key());
        Gateway gateway = new Gateway().single("one", upstream.url(), "", "", tls(wrong, ""));
        Path config = directory.resolve("wrong.yaml");
        Files.writeString(config, gateway.yaml(Map.of("one", Ports.free()), Ports.free()));

        List<String> command = JavaCommand.launcher("-Xmx128m");
        command.addAll(List.of("--config", config.toString()));

        try (ServerProcess process = ServerProcess.start(Artefacts.workDirectory("wrong-key"), Map.of(), command)) {
            assertThat(process.exitCode(SOON)).as(process.log()).isEqualTo(1);
            assertThat(process.log())
                    .contains("http_server.forwards[0].tls.private_key_file")
                    .contains("cert_file")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void inAContainerTheConnectorsOwnTlsCounts() {
        Certificates.Pair pair = certificates.serverPem("modern", "EC", NAMES);
        Gateway gateway = new Gateway().single("one", upstream.url(), "", "", tls(pair, ""));
        String path = path();
        upstream.on(path, Behaviour.json("{}"));

        try (Deployment tomcat = Deployment.start(Deployment.Kind.TOMCAT, gateway)) {
            assertThat(RawClient.exchange(tomcat.forward("one", path), "GET", "", NOTHING)
                            .status())
                    .isEqualTo(200);
            assertThat(tomcat.log()).containsPattern("WARN.*forward one: tls has no effect here");
        }
    }
}
