package io.llmproxy.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.config.RedisConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.SentinelConfig;
import io.llmproxy.quota.Moment;
import io.llmproxy.testing.Certificates;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RedisSentinels;
import io.llmproxy.testing.RedisServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What real sentinels say, and what becomes of it. */
class SentinelsIT {
    private static final Duration PATIENT = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Secret PASSWORD = new Secret("sentinel-secret-1");

    private static RedisConfig config(
            String master, List<String> nodes, @Nullable Secret password, @Nullable Path authorities) {
        SentinelConfig sentinel = new SentinelConfig(master, nodes, null, password, authorities != null, 0);
        return new RedisConfig(null, sentinel, null, null, null, authorities, "test", PATIENT, null);
    }

    private static List<String> addresses(RedisSentinels sentinels) {
        return sentinels.ports().stream().map(SentinelsIT::address).toList();
    }

    private static String address(int port) {
        return "127.0.0.1:" + port;
    }

    private static String reason(RedisLink link) {
        StoreAwayException away = catchThrowableOfType(StoreAwayException.class, () -> {
            link.open();
            link.say(1, List.of());
        });
        return away == null ? "none" : away.reason();
    }

    private static String reason(RedisConfig config) {
        try (RedisLink link = new RedisLink(config, "one", "one")) {
            return reason(link);
        }
    }

    private static void awaitTheMaster(RedisConfig config) {
        Awaitility.await().atMost(SOON).until(() -> reason(config).equals("none"));
    }

    @Test
    void theMasterIsAskedForByName() {
        try (RedisServer redis = RedisServer.start();
                RedisSentinels sentinels = RedisSentinels.start(1, redis.port(), "requirepass " + PASSWORD.reveal())) {
            List<String> nodes = addresses(sentinels);
            awaitTheMaster(config("main", nodes, PASSWORD, null));
            try (RedisLink link = new RedisLink(config("main", nodes, PASSWORD, null), "one", "one")) {
                assertThat(link.name()).isEqualTo("main (sentinels " + nodes.get(0) + ")");
                assertThat(reason(link)).isEqualTo("none");
                assertThat(link.name()).isEqualTo(address(redis.port()));
            }

            assertThat(reason(config("other", nodes, PASSWORD, null)))
                    .isEqualTo("no sentinel knows a master of the name other");
            String sentinel = "sentinel " + nodes.get(0) + ": ";
            assertThat(reason(config("main", nodes, new Secret("wrong"), null)))
                    .isEqualTo(sentinel + "it answers WRONGPASS");
            assertThat(reason(config("main", nodes, null, null))).isEqualTo(sentinel + "it answers NOAUTH");
            // A Redis where a sentinel should be.
            assertThat(reason(config("main", List.of(address(redis.port())), null, null)))
                    .isEqualTo("sentinel %s: it answers ERR".formatted(address(redis.port())));

            // One that is not there, and is asked first; then two, so that the next attempt finds the one that is.
            String dead = address(Ports.free());
            assertThat(reason(config("main", List.of(dead, nodes.get(0)), PASSWORD, null)))
                    .isEqualTo("none");
            try (RedisLink link =
                    new RedisLink(config("main", List.of(dead, dead, nodes.get(0)), PASSWORD, null), "one", "one")) {
                assertThat(reason(link)).isEqualTo("sentinel " + dead + ": no connection");
                assertThat(reason(link)).isEqualTo("none");
            }
            redis.kill();
            assertThat(reason(config("main", nodes, PASSWORD, null))).isEqualTo("no connection");
        }
    }

    @Test
    void whenAMasterIsDemotedTheSentinelsAreAsked() throws StoreAwayException {
        try (RedisServer old = RedisServer.start();
                RedisServer next = RedisServer.start();
                RedisSentinels behind = RedisSentinels.start(1, old.port());
                RedisSentinels ahead = RedisSentinels.start(1, next.port())) {
            List<String> both = Stream.of(behind, ahead)
                    .flatMap(sentinels -> addresses(sentinels).stream())
                    .toList();
            addresses(behind).forEach(one -> awaitTheMaster(config("main", List.of(one), null, null)));
            addresses(ahead).forEach(one -> awaitTheMaster(config("main", List.of(one), null, null)));
            try (RedisLink link = new RedisLink(config("main", both, null, null), "one", "one")) {
                link.open();
                link.say(1, List.of());
                assertThat(link.name()).isEqualTo(address(old.port()));
                old.say("REPLICAOF 127.0.0.1 1");
                StoreAwayException demoted =
                        catchThrowableOfType(StoreAwayException.class, () -> link.say(2, List.of()));
                assertThat(demoted.reason()).isEqualTo("it answers READONLY");
                assertThat(demoted.isReadOnly()).isTrue();

                link.open();

                assertThat(link.say(2, List.of()).nodes()).isEqualTo(1);
                assertThat(link.name()).isEqualTo(address(next.port()));
            }
        }
    }

    @Test
    void sentinelsAndRedisAreReachedWithTls(@TempDir Path directory) throws IOException {
        Certificates certificates = new Certificates(directory);
        Certificates.Pair pair = certificates.serverPem("redis", "RSA", "ip:127.0.0.1");
        String[] files = {"tls-cert-file " + pair.certificate(), "tls-key-file " + pair.key(), "tls-auth-clients no"};
        int redisTls = Ports.free();
        int sentinelTls = Ports.free();
        Stream<String> ofRedis = Stream.concat(Stream.of("tls-port " + redisTls), Stream.of(files))
                .map("--"::concat);
        String[] ofSentinel = Stream.concat(
                        Stream.of(
                                "tls-port " + sentinelTls,
                                "tls-replication yes",
                                "tls-ca-cert-file " + certificates.authorityPem()),
                        Stream.of(files))
                .toArray(String[]::new);
        try (RedisServer redis = RedisServer.start(ofRedis.toArray(String[]::new));
                RedisSentinels sentinels = RedisSentinels.start(1, redisTls, ofSentinel)) {
            RedisConfig secure = config("main", List.of(address(sentinelTls)), null, certificates.authorityPem());
            awaitTheMaster(secure);
            try (RedisLink link = new RedisLink(secure, "one", "one")) {
                assertThat(reason(link)).isEqualTo("none");
                assertThat(link.name()).isEqualTo(address(redisTls));
            }
            assertThat(redis.say("PING")).startsWith("+PONG");
            // In plain text, on the ports that want TLS and the other way round.
            assertThat(reason(config("main", addresses(sentinels), null, certificates.authorityPem())))
                    .startsWith("sentinel ");
            assertThat(reason(config("main", List.of(address(sentinelTls)), null, null)))
                    .startsWith("sentinel ");
        }
    }

    @Test
    void sentinelsThatNeverAnswerHoldNoThreadAtTheEnd() throws IOException {
        List<ServerSocket> silent = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            silent.add(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        }
        List<String> nodes =
                silent.stream().map(socket -> address(socket.getLocalPort())).toList();
        RedisLeases leases = new RedisLeases(
                config("main", nodes, PASSWORD, null),
                "one",
                "one",
                () -> new Moment(System.nanoTime(), System.currentTimeMillis()));
        leases.start();
        Awaitility.await().atMost(SOON).until(() -> thread().findAny().isPresent());
        assertThat(leases.isThere()).isFalse();
        leases.close();
        Awaitility.await().atMost(SOON).until(() -> thread().findAny().isEmpty());
        for (ServerSocket socket : silent) {
            socket.close();
        }
    }

    private static Stream<Thread> thread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("llmproxy-limits"));
    }
}
