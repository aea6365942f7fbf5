package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.ClockRule;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RequestLoad;
import io.llmproxy.testing.StreamLoad;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;

/** Operators who make mistakes, change their mind all the time, or have a disk that is full. */
class AdminFaultsIT {
    private static final Behaviour FINE = Behaviour.json("{\"fine\":true}");
    private static final int CLIENTS = 4;

    private final FaultWorld world = FaultWorld.fresh();

    @Fault("A1")
    void aConfigurationWithMistakes(Kind kind) throws IOException {
        Scene scene = world.scene(kind, "one");
        Deployment deployment = scene.deployment();
        String good = Files.readString(deployment.config());
        Map<String, String> bad = new TreeMap<>();
        bad.put("{not yaml", "{not yaml\n" + good);
        bad.put("upstraems", good.replace("\nupstreams:", "\nupstraems:"));
        bad.put("one-a", good + "  - {name: \"one\", upstreams: [{name: \"one-a\"}]}\n");
        bad.put("not a url", good.replace("\nupstreams:\n", "\nupstreams:\n  - {name: \"new\", url: \"not a url\"}\n"));
        double version = deployment.metrics().sum("llmproxy_config_version");
        RequestLoad load = RequestLoad.start(scene.uri(Scene.CHAT), CLIENTS, Duration.ofMillis(1));
        try {
            for (Map.Entry<String, String> mistake : bad.entrySet()) {
                Answer answer = FaultWorld.reload(deployment, mistake.getValue());
                assertThat(answer.status()).as(mistake.getKey() + answer).isEqualTo(422);
                assertThat(answer.text()).contains("\"line\"").doesNotContain(FaultWorld.TOKEN);
            }
        } finally {
            Files.writeString(deployment.config(), good);
        }
        RequestLoad.Outcome outcome = load.stop();

        assertThat(outcome.failed()).as(outcome.toString()).isZero();
        assertThat(outcome.requests()).isPositive();
        scene.assertCounted(bad.size(), "llmproxy_config_reloads_total", "result=\"failure\"");
        assertThat(deployment.metrics().sum("llmproxy_config_version")).isEqualTo(version);
        assertThat(FaultWorld.reload(deployment).status()).isEqualTo(200);
        assertThat(deployment.metrics().sum("llmproxy_config_version")).isEqualTo(version + 1);
        scene.assertCounted(1, "llmproxy_config_reloads_total", "result=\"success\"");
    }

    @Fault("A2")
    void reloadAfterReload(Kind kind) throws IOException {
        Scene scene = world.scene(kind, "one");
        Scene streams = world.scene(kind, "paced");
        Deployment deployment = scene.deployment();
        Scene opening = world.scene(kind, "opening")
                .first(Behaviour.status(503, "", ""))
                .second(FINE);
        Awaitility.await()
                .until(() -> opening.ask().status() == 200
                        && opening.growth("llmproxy_circuitbreaker_state_changes_total", "to=\"open\"") > 0);
        String good = Files.readString(deployment.config());
        StreamLoad open = new StreamLoad(streams.uri(Scene.CHAT), 50);
        CompletableFuture<StreamLoad.Outcome> streaming =
                CompletableFuture.supplyAsync(() -> open.run(Duration.ofMillis(500), Duration.ofSeconds(20)));
        RequestLoad load = RequestLoad.start(scene.uri(Scene.CHAT), CLIENTS, Duration.ofMillis(1));
        Awaitility.await().until(() -> load.answers() > 100);
        int threads = deployment.process().threads();
        try {
            for (int i = 0; i < 10; i++) {
                String added = "\nupstreams:\n  - {name: \"extra-%d\", url: \"http://127.0.0.1:1\"}\n".formatted(i);
                assertThat(FaultWorld.reload(deployment, good.replace("\nupstreams:\n", added))
                                .status())
                        .isEqualTo(200);
                int answers = load.answers();
                Awaitility.await().until(() -> load.answers() > answers + 50);
            }
        } finally {
            Files.writeString(deployment.config(), good);
            FaultWorld.reload(deployment);
        }
        RequestLoad.Outcome outcome = load.stop();

        assertThat(outcome.failed()).as(outcome.toString()).isZero();
        StreamLoad.Outcome streamed = streaming.join();
        assertThat(streamed.broken()).as(streamed.toString()).isZero();
        assertThat(deployment.process().threads() - threads).isLessThan(20);
        scene.assertCounted(11, "llmproxy_config_reloads_total", "result=\"success\"");
        assertThat(opening.growth("llmproxy_circuitbreaker_state_changes_total", "to=\"closed\""))
                .as("the breaker of an unchanged upstream keeps its state")
                .isZero();
    }

    @Fault("A3")
    void anUpstreamIsRemovedWhileItStreams(Kind kind) throws IOException {
        Scene scene = world.scene(kind, "leaving").second(FINE);
        Deployment deployment = scene.deployment();
        String good = Files.readString(deployment.config());
        StreamLoad load = new StreamLoad(scene.uri("/streams" + Scene.CHAT), 100);
        CompletableFuture<StreamLoad.Outcome> streaming =
                CompletableFuture.supplyAsync(() -> load.run(Duration.ofMillis(300), Duration.ofMinutes(2)));
        Awaitility.await()
                .until(() -> scene.growth("llmproxy_upstream_requests_total", "upstream=\"leaving-a\"") == 100);
        try {
            String without = good.replace("{name: \"leaving-a\"}, ", "")
                    .replaceAll("(?m)^ {2}- \\{name: \"leaving-a\".*\\n", "");
            assertThat(FaultWorld.reload(deployment, without).status()).isEqualTo(200);
            for (int i = 0; i < 20; i++) {
                assertThat(scene.ask().text()).isEqualTo("{\"fine\":true}");
            }
            StreamLoad.Outcome outcome = streaming.join();
            assertThat(outcome.finished()).as(outcome.toString()).isEqualTo(100);
        } finally {
            Files.writeString(deployment.config(), good);
            FaultWorld.reload(deployment);
        }
        scene.assertCalls(0, 20);
    }

    @Fault(value = "A6", on = Kind.LAUNCHER)
    void theDiskIsFull(Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(FINE);
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway()
                                .single("full", upstream.url(), "", "", "")
                                .top("log: {access_file: /dev/full}"))) {
            RequestLoad.Outcome outcome = RequestLoad.run(deployment.forward("full", Scene.CHAT), CLIENTS, 500);
            assertThat(outcome.failed()).as(outcome.toString()).isZero();
            assertThat(deployment.log().lines().count()).as(deployment.log()).isLessThan(100);
        }
    }

    @Fault(value = "A7", on = Kind.LAUNCHER)
    void nobodyReadsTheLog(Kind kind) throws IOException, InterruptedException {
        Path pipe = Artefacts.workDirectory("pipe").resolve("access.log");
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor();
        // Opened for both, it never makes the writer wait for a reader. Its 64 KiB and the gateway's queue hold some
        // 9,500 lines.
        try (RandomAccessFile held = new RandomAccessFile(pipe.toFile(), "rw");
                FakeUpstream upstream = FakeUpstream.start().otherwise(FINE);
                Deployment deployment = Deployment.start(
                        kind,
                        new Gateway()
                                .single("unread", upstream.url(), "", "", "")
                                .top("log: {access_file: \"" + pipe + "\"}"))) {
            assertThat(held.getChannel().isOpen()).isTrue();
            RequestLoad.Outcome outcome = RequestLoad.run(deployment.forward("unread", Scene.CHAT), CLIENTS, 11_000);
            assertThat(outcome.failed()).as(outcome.toString()).isZero();
            assertThat(outcome.p99()).isLessThan(Duration.ofMillis(100));
            assertThat(deployment.metrics().sum("llmproxy_log_dropped_total")).isPositive();
        }
    }

    @Fault("A8")
    void theClockJumps(Kind kind) {
        ClockRule.RULE.check(new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("io.llmproxy"));
        assertThat(world.deployment(kind).process().alive()).isTrue();
    }
}
