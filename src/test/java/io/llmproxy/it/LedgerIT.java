package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LedgerLines;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** The ledger is on by itself, has what the upstream knows, survives what a process does not, and never makes a request wait. */
class LedgerIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final byte[] QUESTION = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"
            .getBytes(StandardCharsets.UTF_8);
    private static final int EXCHANGES = Integer.getInteger("llmproxy.ledger.exchanges", 5_000);
    private static final int KILLS = Integer.getInteger("llmproxy.ledger.kills", 3);
    private static final int CLIENTS = 6;
    private static final Duration SOON = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    /** An upstream that knows what it told. */
    private static final class Truth {
        private final AtomicLong answers = new AtomicLong();
        private final AtomicLong input = new AtomicLong();
        private final AtomicLong output = new AtomicLong();

        Behaviour behaviour() {
            return new Behaviour("tells what it counts", conversation -> {
                conversation.readBody();
                long number = answers.incrementAndGet();
                long in = 1 + number % 9973;
                long out = 1 + number % 997;
                input.addAndGet(in);
                output.addAndGet(out);
                String body = "{\"id\":\"c\",\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":" + in
                        + ",\"completion_tokens\":" + out + ",\"total_tokens\":" + (in + out) + "}}";
                conversation.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                        + body.length() + "\r\n\r\n" + body);
            });
        }
    }

    private Gateway gateway(FakeUpstream upstream) {
        return new Gateway()
                .single("llm", upstream.url(), "", "", "")
                .top("ledger: {directory: \"%s\"}".formatted(directory.resolve("ledger")));
    }

    @ParameterizedTest
    @KindSource
    void underLoadLedgerMetricsAndTruthAgree(Deployment.Kind kind) {
        Truth truth = new Truth();
        try (FakeUpstream upstream = FakeUpstream.start().on(CHAT, truth.behaviour());
                Deployment deployment = Deployment.start(kind, gateway(upstream), Deployment.AS_FAST_AS_IT_CAN)) {
            ask(deployment.forward("llm", CHAT), EXCHANGES);
            Metrics metrics = deployment.metricsAtRest();
            deployment.process().terminate();
            assertThat(deployment.process().ended(SOON)).isTrue();

            LedgerLines lines = new LedgerLines(directory.resolve("ledger"));
            assertThat(truth.answers.get()).isEqualTo(EXCHANGES);
            assertThat((long) metrics.sum("llmproxy_usage_input_tokens_total"))
                    .isEqualTo(truth.input.get())
                    .isEqualTo(lines.sum("input_tokens"));
            assertThat((long) metrics.sum("llmproxy_usage_output_tokens_total"))
                    .isEqualTo(truth.output.get())
                    .isEqualTo(lines.sum("output_tokens"));
            assertThat(lines.all("attempt")).hasSize(EXCHANGES);
            assertThat(lines.all("exchange")).hasSize(EXCHANGES);
            assertThat(metrics.sum("llmproxy_ledger_records_total", "result=\"lost\""))
                    .isZero();
            assertThat(metrics.sum("llmproxy_ledger_degraded")).isZero();
        }
        assertThat(verify()).contains(" 0 problems, 0 records missing");
    }

    private static void ask(URI uri, int count) {
        AtomicLong left = new AtomicLong(count);
        List<CompletableFuture<Void>> clients = IntStream.range(0, CLIENTS)
                .mapToObj(client -> CompletableFuture.runAsync(() -> {
                    try (RawClient connection = RawClient.connect(uri)) {
                        while (left.getAndDecrement() > 0) {
                            Answer answer = send(connection, uri);
                            assertThat(answer.status()).isEqualTo(200);
                        }
                    }
                }))
                .toList();
        clients.forEach(CompletableFuture::join);
    }

    private static Answer send(RawClient connection, URI uri) {
        return connection
                .send("POST", RawClient.target(uri), "Content-Type: application/json\r\n", QUESTION)
                .answer();
    }

    @Test
    void whatIsMissingAfterKillsIsTold() {
        Truth truth = new Truth();
        try (FakeUpstream upstream = FakeUpstream.start().on(CHAT, truth.behaviour())) {
            Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(upstream));
            for (int kill = 1; kill <= KILLS; kill++) {
                killUnderLoad(deployment, truth);
                deployment = deployment.again();
            }
            deployment.process().terminate();
            assertThat(deployment.process().ended(SOON)).isTrue();
            deployment.close();
        }
        assertThat(verify()).contains(" 0 problems, ").doesNotContain("Exception");
        LedgerLines lines = new LedgerLines(directory.resolve("ledger"));
        List<JsonNode> gaps = lines.all("gap");
        assertThat(gaps).hasSize(KILLS);
        long told = 0;
        for (JsonNode gap : gaps) {
            // What waits in the queue: some ten milliseconds while the disk keeps up, and seconds on a machine that
            // does all at once.
            assertThat(gap.path("missing").asLong()).as("%s", gap).isLessThan(20_000);
            told += gap.path("missing").asLong() + gap.path("open").asLong();
        }
        long written = lines.all("attempt").size();
        assertThat(truth.answers.get() - written)
                .as("attempts that nothing is known of")
                .isLessThanOrEqualTo(told);
        assertThat(lines.sum("input_tokens")).isLessThanOrEqualTo(truth.input.get());
    }

    private static void killUnderLoad(Deployment deployment, Truth truth) {
        long enough = truth.answers.get() + 500;
        URI uri = deployment.forward("llm", CHAT);
        AtomicBoolean over = new AtomicBoolean();
        List<CompletableFuture<Void>> clients = IntStream.range(0, CLIENTS)
                .mapToObj(client -> CompletableFuture.runAsync(() -> askUntil(over, uri)))
                .toList();
        Awaitility.await()
                .atMost(SOON)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> truth.answers.get() >= enough);
        deployment.process().kill();
        assertThat(deployment.process().ended(SOON)).isTrue();
        over.set(true);
        clients.forEach(CompletableFuture::join);
    }

    private static void askUntil(AtomicBoolean over, URI uri) {
        try (RawClient connection = RawClient.connect(uri)) {
            while (!over.get()) {
                send(connection, uri);
            }
        } catch (UncheckedIOException | IllegalStateException | AssertionError e) {
            // The gateway was killed, which may show anywhere.
            over.set(true);
        }
    }

    private String verify() {
        List<String> command = List.of(
                Artefacts.java(),
                "-jar",
                Artefacts.launcher().toString(),
                "ledger",
                "verify",
                directory.resolve("ledger").toString());
        try (ServerProcess process = ServerProcess.start(directory, Map.of(), command)) {
            int code = process.exitCode(SOON);
            assertThat(code).as(process.log()).isZero();
            return process.log();
        }
    }

    @ParameterizedTest
    @KindSource
    void withoutASectionItIsKeptBesideTheConfiguration(Deployment.Kind kind) {
        Truth truth = new Truth();
        try (FakeUpstream upstream = FakeUpstream.start().on(CHAT, truth.behaviour());
                Deployment deployment =
                        Deployment.start(kind, new Gateway().single("llm", upstream.url(), "", "", ""))) {
            Answer answer = RawClient.exchange(
                    deployment.forward("llm", CHAT), "POST", "X-Request-Id: by-default\r\n", QUESTION);
            assertThat(answer.status()).isEqualTo(200);
            Path home = deployment.config().resolveSibling("ledger").resolve("gateway");
            JsonNode attempt = new LedgerLines(home).attempts("by-default").get(0);
            assertThat(attempt.path("usage").path("input_tokens").asLong()).isEqualTo(truth.input.get());
            assertThat(attempt.path("forward").asText()).isEqualTo("llm");
        }
    }

    @Test
    void aDirectoryThatIsGoneIsMadeAgainAndNoRequestFails() {
        Truth truth = new Truth();
        Path home = directory.resolve("ledger");
        try (FakeUpstream upstream = FakeUpstream.start().on(CHAT, truth.behaviour());
                Deployment deployment = Deployment.start(Deployment.Kind.LAUNCHER, gateway(upstream))) {
            URI uri = deployment.forward("llm", CHAT);
            ask(uri, 200);
            delete(home);
            ask(uri, 200);
            LedgerLines lines = new LedgerLines(home);
            long end = System.nanoTime() + SOON.toNanos();
            while (!Files.isDirectory(home) || lines.all("attempt").isEmpty()) {
                assertThat(System.nanoTime()).as("made again").isLessThan(end);
                ask(uri, 1);
            }
            assertThat(deployment.metrics().sum("llmproxy_ledger_records_total", "result=\"lost\""))
                    .isZero();
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aReloadKeepsItAndWhatIsUnderWay() {
        Truth truth = new Truth();
        try (FakeUpstream upstream = FakeUpstream.start().on(CHAT, truth.behaviour());
                Deployment deployment = Deployment.start(
                        Deployment.Kind.LAUNCHER, gateway(upstream).admin("token: t"))) {
            AtomicBoolean over = new AtomicBoolean();
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            URI uri = deployment.forward("llm", CHAT);
            for (int client = 0; client < CLIENTS; client++) {
                clients.add(CompletableFuture.runAsync(() -> askUntil(over, uri)));
            }
            for (int reload = 0; reload < 5; reload++) {
                Answer answer = RawClient.exchange(
                        deployment.admin("/admin/reload"), "POST", "Authorization: Bearer t\r\n", new byte[0]);
                assertThat(answer.status()).isEqualTo(200);
            }
            over.set(true);
            clients.forEach(CompletableFuture::join);
            deployment.process().terminate();
            assertThat(deployment.process().ended(SOON)).isTrue();
            LedgerLines lines = new LedgerLines(directory.resolve("ledger"));
            assertThat((long) lines.all("attempt").size()).isEqualTo(truth.answers.get());
            assertThat(lines.sum("output_tokens")).isEqualTo(truth.output.get());
            assertThat(lines.all("open")).hasSize(1);
        }
    }
}
