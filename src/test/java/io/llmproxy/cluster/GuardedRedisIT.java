package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Documents;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A real Redis or Valkey that wants TLS, a user and a password, and lets the user do only what docs/scale.md asks for. */
@ParameterizedClass
@EnumSource(RedisServer.Kind.class)
class GuardedRedisIT {
    private static final Pattern COMMANDS = Pattern.compile("`(\\+eval(?: \\+[a-z]+)+)`");
    private static final Duration PATIENT = Duration.ofSeconds(10);
    private static final String PASSWORD = "redis-secret-1";

    private static Path authority;
    private static Path otherAuthority;
    private static int tls;
    private static RedisServer redis;

    /** @param kind of the server that all tests use, which is started before */
    GuardedRedisIT(RedisServer.Kind kind) {}

    @BeforeParameterizedClassInvocation
    static void start(RedisServer.Kind kind) throws IOException {
        Path keys = Artefacts.workDirectory("guarded");
        Certificates certificates = new Certificates(Files.createDirectory(keys.resolve("ours")));
        Certificates.Pair pair = certificates.serverPem("redis", "RSA", "ip:127.0.0.1");
        authority = certificates.authorityPem();
        otherAuthority = new Certificates(Files.createDirectory(keys.resolve("others"))).authorityPem();
        tls = Ports.free();
        redis = RedisServer.start(
                kind,
                "--tls-port " + tls,
                "--tls-cert-file " + pair.certificate(),
                "--tls-key-file " + pair.key(),
                "--tls-auth-clients no",
                "--user gateway on >" + PASSWORD + " ~{guarded}:* " + commands(),
                "--user poor on >" + PASSWORD + " ~{guarded}:* +eval +evalsha +time +select");
    }

    private static String commands() {
        Matcher found = COMMANDS.matcher(Documents.text(Path.of("docs/scale.md")));
        assertThat(found.find()).isTrue();
        return found.group(1);
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        redis.close();
    }

    @Test
    void aNodeSharesItsLimitsByTlsAsAUserInADatabaseOfItsOwn() {
        try (FakeUpstream upstream = FakeUpstream.start()) {
            upstream.otherwise(Behaviour.json("{}"));
            Gateway gateway = new Gateway()
                    .single("all", upstream.url(), "", "", "")
                    .top("limits: [{metric: requests, per: total, amount: 3}]")
                    .top(
                            "redis: {url: \"rediss://127.0.0.1:%d/3\", prefix: guarded, user: gateway, password: %s, ca_file: \"%s\"}"
                                    .formatted(tls, PASSWORD, authority));
            try (Deployment node = Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx96m")) {
                Awaitility.await()
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> node.metrics().sum("llmproxy_limit_mode", "mode=\"shared\"") == 1);
                for (int i = 0; i < 3; i++) {
                    assertThat(status(node)).isEqualTo(200);
                }
                assertThat(status(node)).isEqualTo(429);
                assertThat(redis.say("INFO keyspace")).contains("db3:");
                assertThat(node.log()).doesNotContain(PASSWORD);
            }
        }
    }

    private static int status(Deployment node) {
        return RawClient.exchange(
                        node.forward("all", "/v1/chat/completions"),
                        "POST",
                        "Content-Type: application/json\r\nConnection: close\r\n",
                        "{\"model\":\"m\"}".getBytes(StandardCharsets.UTF_8))
                .status();
    }

    @Test
    void whatDoesNotHoldIsToldPlainly() {
        assertThat(reason("rediss://127.0.0.1:" + tls, "gateway", PASSWORD, authority))
                .isEqualTo("none");
        assertThat(reason("rediss://127.0.0.1:" + tls, "gateway", "wrong", authority))
                .isEqualTo("it answers WRONGPASS");
        assertThat(reason("rediss://127.0.0.1:" + tls, "poor", PASSWORD, authority))
                .startsWith("it answers ");
        assertThat(reason("rediss://127.0.0.1:" + tls + "/99", "gateway", PASSWORD, authority))
                .startsWith("it answers ");
        // Signed by an authority that is not trusted; then for another name; then no TLS at all.
        assertThat(reason("rediss://127.0.0.1:" + tls, "gateway", PASSWORD, otherAuthority))
                .isEqualTo("no TLS connection");
        assertThat(reason("rediss://127.0.0.1:" + tls, "gateway", PASSWORD, null))
                .isEqualTo("no TLS connection");
        assertThat(reason("rediss://localhost:" + tls, "gateway", PASSWORD, authority))
                .isEqualTo("no TLS connection");
        assertThat(reason(redis.url().replace("redis:", "rediss:"), "gateway", PASSWORD, authority))
                .isNotEqualTo("none");
        assertThat(reason("redis://127.0.0.1:" + tls, "gateway", PASSWORD, null))
                .isNotEqualTo("none");
    }

    private static String reason(String url, String user, String password, @Nullable Path authorities) {
        RedisConfig config =
                new RedisConfig(url, null, null, user, new Secret(password), authorities, "guarded", PATIENT, null);
        try (RedisLink link = new RedisLink(config, "one", "one")) {
            StoreAwayException away = catchThrowableOfType(StoreAwayException.class, () -> {
                link.open();
                link.say(1, List.of());
                link.exchange(Notes.NONE);
                new HomeEntries(link).say(List.of("file-1"), List.of("- - u0"));
            });
            return away == null ? "none" : away.reason();
        }
    }
}
