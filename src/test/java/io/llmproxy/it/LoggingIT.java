package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The log never holds a request, whatever its sink does. */
class LoggingIT {
    private static final byte[] NOTHING = {};
    private static final String PATH = "/v1/models";

    private final FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.json("{}"));
    private final Path directory = Artefacts.workDirectory("log");

    @AfterEach
    void stop() {
        upstream.close();
    }

    private Gateway gateway(String log) {
        return new Gateway()
                .single("one", upstream.url(), "", "", "")
                .admin("token: secret")
                .log(log);
    }

    private Deployment start(String log) {
        return Deployment.start(Deployment.Kind.LAUNCHER, gateway(log), "-Xmx128m");
    }

    private static void reload(Deployment deployment, Gateway gateway) {
        deployment.reconfigure(gateway);
        assertThat(RawClient.exchange(
                                deployment.admin("/admin/reload"), "POST", "Authorization: Bearer secret\r\n", NOTHING)
                        .status())
                .isEqualTo(200);
    }

    private static String to(Path file) {
        return "access_file: \"%s\"".formatted(file);
    }

    /** Asks one thing after the other on one connection, and returns how long each took in nanoseconds. */
    private static long[] ask(Deployment deployment, int times) {
        URI uri = deployment.forward("one", PATH);
        try (RawClient client = RawClient.connect(uri)) {
            return LongStream.range(0, times)
                    .map(n -> {
                        long since = System.nanoTime();
                        assertThat(client.send("GET", PATH, "", NOTHING)
                                        .answer()
                                        .status())
                                .isEqualTo(200);
                        return System.nanoTime() - since;
                    })
                    .toArray();
        }
    }

    private static Duration p99(long[] nanos) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return Duration.ofNanos(sorted[sorted.length * 99 / 100]);
    }

    private static double dropped(Deployment deployment) {
        return RawClient.exchange(deployment.admin("/metrics"), "GET", "", NOTHING)
                .text()
                .lines()
                .filter(line -> line.startsWith("llmproxy_log_dropped_total{log=\"access\"}"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    private static long accessLines(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.endsWith("outcome=completed error=-"))
                .count();
    }

    @Test
    void everyLineIsWrittenBeforeTheEnd() throws IOException {
        Path file = directory.resolve("new").resolve("access.log");

        try (Deployment deployment = start(to(file))) {
            ask(deployment, 500);
            deployment.process().terminate();
            assertThat(deployment.process().exitCode(Duration.ofSeconds(20))).isZero();
        }

        assertThat(accessLines(file)).isEqualTo(500);
    }

    @Test
    void anotherFileTakesOverWithoutALoss() throws IOException {
        Path[] files = {directory.resolve("a.log"), directory.resolve("b.log")};

        try (Deployment deployment = start(to(files[0]))) {
            CompletableFuture<long[]> asking = CompletableFuture.supplyAsync(() -> ask(deployment, 3000));
            int threads = 0;
            for (int reload = 1; !asking.isDone(); reload++) {
                reload(deployment, gateway(to(files[reload % 2])));
                threads = reload == 1 ? deployment.process().threads() : threads;
            }
            asking.join();
            assertThat(deployment.process().threads()).isLessThan(threads + 15);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(accessLines(files[0]) + accessLines(files[1]))
                            .isEqualTo(3000));
            assertThat(dropped(deployment)).isZero();
        }
    }

    @Test
    @Tag("measures")
    void aPipeThatIsNotReadHoldsNoRequest() throws IOException, InterruptedException {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        try (Deployment deployment = start(to(directory.resolve("quiet.log")))) {
            ask(deployment, 2000);
            Duration quiet = p99(ask(deployment, 2000));
            reload(deployment, gateway(to(pipe)));

            // What a machine that others use as well takes for itself now and then is not the log's doing: so there are
            // some tries.
            Awaitility.await()
                    .untilAsserted(() -> assertThat(p99(ask(deployment, 2000)))
                            .isLessThan(quiet.multipliedBy(2).plusMillis(2)));
            ask(deployment, 9000);
            assertThat(dropped(deployment)).isPositive();
            reload(deployment, gateway(to(directory.resolve("healed.log"))));
            ask(deployment, 10);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(accessLines(directory.resolve("healed.log")))
                            .isEqualTo(10));
        }
    }

    @Test
    void aFullDiskIsToldOnceAndCounted() {
        AtomicInteger asked = new AtomicInteger();
        try (Deployment deployment = start(to(Path.of("/dev/full")))) {
            // It is tried again each second.
            Awaitility.await()
                    .during(Duration.ofSeconds(4))
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> {
                        ask(deployment, 10);
                        return asked.addAndGet(10) > 0;
                    });

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(dropped(deployment)).isEqualTo(asked.get()));
            assertThat(asked.get()).isGreaterThanOrEqualTo(200);
            assertThat(deployment.log().lines().filter(line -> line.contains("/dev/full")))
                    .hasSize(1);
            assertThat(deployment.log().lines().count()).isLessThan(10);
        }
    }
}
