package io.llmproxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.CaptureConfig;
import io.llmproxy.config.Provider;
import io.llmproxy.config.Secret;
import io.llmproxy.convert.json.Json;
import io.llmproxy.convert.json.JsonReader;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.BodyLog.Recording;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.exchange.SettledAttempt.Ending;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which exchanges and attempts are written, while configurations come and go. */
final class CaptureTest {
    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    private final Capture capture = new Capture(NOW::toEpochMilli);
    private final Entrance entrance = new Entrance("keys: [{name: team, key: sk-team-key-1}]", capture);

    @TempDir
    Path directory;

    /** What may be set in the configuration. */
    private final class Settings {
        private List<CaptureConfig.Side> sides = List.of();
        private List<String> forwards = List.of();
        private List<String> keys = List.of();
        private List<String> upstreams = List.of();
        private boolean errorsOnly;
        private double sampleRate = 1;
        private @Nullable Instant until;

        private CaptureConfig config() {
            return new CaptureConfig(
                    directory,
                    sides,
                    forwards,
                    keys,
                    upstreams,
                    errorsOnly,
                    sampleRate,
                    until,
                    65_536,
                    List.of(),
                    List.of(),
                    1 << 20,
                    Duration.ofHours(1),
                    1 << 20);
        }
    }

    private final Settings settings = new Settings();

    @AfterEach
    void stop() {
        capture.stop();
        entrance.close();
    }

    private Exchange request() throws IOException, ServletException {
        return entrance.routed(FakeClient.of("POST", "/v1/chat/completions")
                .with("Authorization", "Bearer sk-team-key-1")
                .with("X-Request-Id", "r1"));
    }

    private void follow() {
        capture.follow(settings.config(), Set.of(new Secret("sk-upstream-1")));
    }

    /** Writes all that waits, and returns it. */
    private List<Json.Obj> written() throws IOException {
        capture.stop();
        List<Json.Obj> lines = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                for (String line : Files.readAllLines(file)) {
                    lines.add((Json.Obj) JsonReader.read(line.getBytes(UTF_8)));
                }
            }
        }
        return lines;
    }

    private static void ends(Recording recording, int status, Ending ending, @Nullable ProxyError error) {
        recording.end(new SettledAttempt(
                7,
                2,
                "g",
                "u",
                Provider.OPENAI,
                1,
                null,
                new SettledAttempt.Model("m", "m", "m-sent"),
                false,
                status,
                ending,
                error,
                new SettledAttempt.Times(0, 1, 1, 1, 5_000_000),
                1,
                1,
                AttemptUsage.NONE,
                new Cost(Cost.State.NONE, null, null, null, null)));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    @Test
    void anExchangeIsWrittenWithWhatTheClientSentAndWasSent() throws IOException, ServletException {
        follow();
        Exchange exchange = request();
        exchange.received(() -> List.of(bytes("{\"a\":"), bytes("\"sk-upstream-1\"}")));
        Entrance.end(exchange, "u", 200, 5);

        Json.Obj line = written().get(0);

        assertThat(line.string("t")).isEqualTo("exchange");
        assertThat(line.string("request_id")).isEqualTo("r1");
        assertThat(line.string("key")).isEqualTo("team");
        assertThat(line.string("at")).isEqualTo("2026-11-28T12:00:00Z");
        assertThat(line.number("status", 0)).isEqualTo(200);
        assertThat(Objects.requireNonNull(line.object("request")).object("body"))
                .isEqualTo(new Json.Obj().put("a", "***"));
        assertThat(Objects.requireNonNull(line.object("response")).number("bytes", 0))
                .isEqualTo(5);
        assertThat(capture.status()).isEqualTo(new CaptureStatus(1, 0, 0, null));
    }

    @Test
    void anAttemptIsWrittenWithWhatTheUpstreamWasSentAndSent() throws IOException, ServletException {
        follow();
        Recording recording = Objects.requireNonNull(capture.attempt(request(), "u"));
        recording.request("POST", "/v1/x", name -> null);
        recording.request(bytes("asked"));
        recording.answer(200, name -> name.equals("content-type") ? "text/plain" : null);
        recording.answer(bytes("told"));
        ends(recording, 0, Ending.FAILED, ProxyError.STALLED);

        Json.Obj line = written().get(0);

        assertThat(line.string("t")).isEqualTo("attempt");
        assertThat(line.string("upstream")).isEqualTo("u");
        assertThat(line.string("model")).isEqualTo("m-sent");
        assertThat(line.string("error")).isEqualTo(ProxyError.STALLED.code());
        assertThat(line.number("ms", 0)).isEqualTo(5);
        assertThat(Objects.requireNonNull(line.object("request")).string("body"))
                .isEqualTo("asked");
        assertThat(Objects.requireNonNull(line.object("response")).string("body"))
                .isEqualTo("told");
    }

    @Test
    void nothingIsRecordedUnlessItIsAskedFor() throws IOException, ServletException {
        Exchange exchange = request();
        assertThat(capture.client(exchange)).isNull();
        assertThat(capture.attempt(exchange, "u")).isNull();
        capture.stop();

        settings.sides = List.of(CaptureConfig.Side.UPSTREAM);
        follow();
        assertThat(capture.client(exchange)).isNull();
        assertThat(capture.attempt(exchange, "u")).isNotNull();

        settings.sides = List.of();
        settings.upstreams = List.of("v");
        follow();
        assertThat(capture.attempt(exchange, "u")).isNull();
        assertThat(capture.attempt(exchange, "v")).isNotNull();

        settings.keys = List.of("team");
        settings.forwards = List.of("f");
        settings.until = NOW.plusSeconds(1);
        follow();
        assertThat(capture.client(exchange)).isNotNull();

        settings.until = NOW;
        follow();
        assertThat(capture.client(exchange)).isNull();

        settings.until = null;
        settings.keys = List.of("other");
        follow();
        assertThat(capture.client(exchange)).isNull();

        settings.keys = List.of();
        settings.forwards = List.of("other");
        follow();
        assertThat(capture.client(exchange)).isNull();
    }

    @Test
    void requestsWithoutAKeyAreRecordedUnlessKeysAreNamed() throws IOException, ServletException {
        try (Entrance open = new Entrance("", capture)) {
            Exchange exchange = open.routed(FakeClient.of("POST", "/v1/chat/completions"));
            follow();
            assertThat(capture.client(exchange)).isNotNull();

            settings.keys = List.of("team");
            follow();
            assertThat(capture.client(exchange)).isNull();
        }
    }

    @Test
    void aShareOfRequestsIsRecorded() throws IOException, ServletException {
        settings.sampleRate = 0.5;
        follow();
        int recorded = 0;
        for (int number = 0; number < 400; number++) {
            Exchange exchange = request();
            boolean client = capture.client(exchange) != null;
            assertThat(capture.attempt(exchange, "u") != null)
                    .as("both sides or none")
                    .isEqualTo(client);
            recorded += client ? 1 : 0;
        }

        assertThat(recorded).isBetween(120, 280);
    }

    @Test
    void onlyWhatFailedIsWrittenWhereThatIsAskedFor() throws IOException, ServletException {
        settings.errorsOnly = true;
        follow();
        for (int status : new int[] {200, 400}) {
            Exchange exchange = request();
            exchange.received(List::of);
            Entrance.end(exchange, "u", status, 5);
        }
        Exchange refused = request();
        refused.received(List::of);
        Entrance.end(refused, ProxyError.OVERLOADED);
        ends(Objects.requireNonNull(capture.attempt(request(), "u")), 200, Ending.COMPLETED, null);
        ends(Objects.requireNonNull(capture.attempt(request(), "u")), 500, Ending.COMPLETED, null);
        ends(Objects.requireNonNull(capture.attempt(request(), "u")), 200, Ending.CUT, null);

        assertThat(written())
                .hasSize(4)
                .noneMatch(line -> line.number("status", 0) == 200
                        && !Objects.requireNonNull(line.string("outcome")).equals("cut"));
        assertThat(capture.status().memory()).isZero();
    }

    @Test
    void whatEndsAfterTheEndIsNotWritten() throws IOException, ServletException {
        follow();
        Recording recording = Objects.requireNonNull(capture.attempt(request(), "u"));
        recording.answer(bytes("told"));
        capture.stop();

        ends(recording, 200, Ending.COMPLETED, null);

        assertThat(capture.status()).isEqualTo(new CaptureStatus(0, 0, 0, null));
    }

    @Test
    void theSameConfigurationGoesOn() throws IOException, ServletException {
        follow();
        follow();
        capture.follow(settings.config(), Set.of());
        Exchange exchange = request();
        exchange.received(List::of);
        Entrance.end(exchange, "u", 200, 5);

        assertThat(written()).hasSize(1);
    }
}
