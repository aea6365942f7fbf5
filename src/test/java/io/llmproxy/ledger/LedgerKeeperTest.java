package io.llmproxy.ledger;

import static io.llmproxy.ledger.LedgerFixtures.config;
import static io.llmproxy.ledger.LedgerFixtures.lines;
import static io.llmproxy.ledger.LedgerFixtures.verified;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Provider;
import io.llmproxy.convert.json.Json;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.SettledAttempt;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import io.llmproxy.usage.Usage;
import io.llmproxy.usage.UsageSource;
import jakarta.servlet.ServletException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the ledger holds of exchanges and their attempts, while ledgers come and go. */
final class LedgerKeeperTest {
    private static final String KEYS = "keys: [{name: team, key: sk-team-key-1}]";
    private static final SettledAttempt.Model NAMED = new SettledAttempt.Model("gpt-5", "gpt-5", "gpt-5-mini");
    private static final SettledAttempt.Times TIMES =
            new SettledAttempt.Times(1_000_000, 90_000_000, 410_000_000, 1_500_000_000, 1_567_000_000);
    private static final SettledAttempt.Times NO_ANSWER = new SettledAttempt.Times(0, -1, -1, -1, 5_000_000);

    @TempDir
    private Path directory;

    private final LedgerKeeper keeper = new LedgerKeeper("1.0", LedgerFixtures.NOON::toEpochMilli);
    private Entrance entrance = new Entrance("", new ExchangeListener() {});

    @AfterEach
    void stop() {
        keeper.stop();
        entrance.close();
    }

    private Exchange request(String method, String path) throws IOException, ServletException {
        return entrance.routed(FakeClient.of(method, path).with("X-Request-Id", "r1"));
    }

    private Exchange chat() throws IOException, ServletException {
        return request("POST", "/v1/chat/completions");
    }

    private static SettledAttempt attempt(Provider provider, SettledAttempt.Model model) {
        return attempt(provider, model, SettledAttempt.Ending.COMPLETED, null, TIMES);
    }

    private static SettledAttempt attempt(
            Provider provider,
            SettledAttempt.Model model,
            SettledAttempt.Ending ending,
            @Nullable ProxyError error,
            SettledAttempt.Times times) {
        return new SettledAttempt(
                7,
                2,
                "g",
                "u",
                provider,
                1,
                null,
                model,
                true,
                error == null ? 200 : 0,
                ending,
                error,
                times,
                120,
                340,
                AttemptUsage.NONE,
                new Cost(Cost.State.NONE, null, null, null, null));
    }

    /** Records one attempt, and returns its line. */
    private Json.Obj recorded(Exchange exchange, SettledAttempt attempt) {
        keeper.follow(config(directory));
        keeper.settled(exchange, attempt);
        keeper.stop();
        List<LineReader.Line> written = lines("attempt", directory);
        assertThat(written).hasSize(1);
        return written.get(0).json();
    }

    private static List<Flight> flights(Path directory) throws IOException {
        List<Flight> flights = new ArrayList<>();
        try (DirectoryStream<Path> maps = Files.newDirectoryStream(directory, "*.flight")) {
            for (Path map : maps) {
                flights.addAll(FlightMap.read(map).flights());
            }
        }
        return flights;
    }

    @Test
    void withoutALedgerNothingIsKept() throws IOException, ServletException {
        Exchange exchange = chat();
        keeper.follow(null);

        int flight = keeper.begun(exchange, 1, "u", "gpt-5");
        keeper.progress(flight, 10);
        keeper.settled(exchange, attempt(Provider.OPENAI, NAMED));
        keeper.ended(flight);
        keeper.ended(exchange);

        assertThat(flight).isNegative();
        assertThat(keeper.status()).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void exchangesHaveNumbersOfTheirOwnWithAndWithoutALedger() {
        assertThat(keeper.nextExchange()).isEqualTo(1);
        keeper.follow(config(directory));
        assertThat(keeper.nextExchange()).isEqualTo(2);
    }

    @Test
    void anAttemptIsRecordedWithWhereItWentAndHowLongItTook() throws IOException, ServletException {
        String line = recorded(chat(), attempt(Provider.OPENAI, NAMED)).text();

        assertThat(line)
                .contains("\"at\":\"2026-11-28T12:00:00.000Z\"", "-x7\"", "\"n\":2", "\"forward\":\"f\"")
                .contains(
                        "\"group\":\"g\"", "\"upstream\":\"u\"", "\"key_index\":1", "\"path\":\"/v1/chat/completions\"")
                .contains("\"model_asked\":\"gpt-5\"", "\"request.model\":\"gpt-5-mini\"", "\"stream\":true")
                .contains("\"status\":200", "\"outcome\":\"completed\"", "\"queue_ms\":1,", "\"ttfb_ms\":90,")
                .contains("\"ttft_ms\":410,", "\"last_token_ms\":1500,", "\"total_ms\":1567,")
                .contains("\"bytes_in\":120", "\"bytes_out\":340", "\"source\":\"none\"", "\"cost_state\":\"none\"")
                .doesNotContain("\"error\"", "\"key\"", "\"usage\"", "\"input_source\"");
    }

    @Test
    void aFailedAttemptIsRecordedWithItsErrorAndWithoutTimesThatNeverCame() throws IOException, ServletException {
        String line = recorded(
                        chat(),
                        attempt(Provider.OPENAI, NAMED, SettledAttempt.Ending.FAILED, ProxyError.RESET, NO_ANSWER))
                .text();

        assertThat(line)
                .contains("\"status\":0", "\"outcome\":\"failed\"", "\"error\":\"upstream_reset\"", "\"total_ms\":5,")
                .doesNotContain("ttfb_ms", "ttft_ms", "last_token_ms");
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/chat/completions, chat",
        "POST, /v1/completions, text_completion",
        "POST, /v1/responses, chat",
        "POST, /v1/messages, chat",
        "POST, /api/chat, chat",
        "POST, /v1beta/models/m:generateContent, generate_content",
        "POST, /v1beta/models/m:embedContent, embeddings",
        "POST, /v1/embeddings, embeddings",
        "POST, /v1/images/generations, -",
        "POST, /v1/audio/transcriptions, -",
        "GET, /v1/models, -"
    })
    void theOperationHasTheNameOfOpenTelemetry(String method, String path, String operation)
            throws IOException, ServletException {
        Json.Obj line = recorded(request(method, path), attempt(Provider.OPENAI, NAMED));

        assertThat(line.string("operation", "-")).isEqualTo(operation);
    }

    @ParameterizedTest
    @CsvSource({
        "OPENAI, openai",
        "AZURE_OPENAI, azure.ai.openai",
        "ANTHROPIC, anthropic",
        "GEMINI, gcp.gemini",
        "VERTEX, gcp.vertex_ai",
        "OLLAMA, -",
        "VLLM, -",
        "CUSTOM, -"
    })
    void theProviderHasTheNameOfOpenTelemetry(Provider provider, String name) throws IOException, ServletException {
        Json.Obj line = recorded(chat(), attempt(provider, NAMED));

        assertThat(line.string("gen_ai.provider.name", "-")).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({", ft:canary", "ft:*, ft:canary"})
    void aModelThatTheConfigurationDoesNotNameIsRecordedAsADigest(@Nullable String configured, String asked)
            throws IOException, ServletException {
        SettledAttempt.Model model = new SettledAttempt.Model(configured, asked, asked);
        Json.Obj line = recorded(chat(), attempt(Provider.OPENAI, model));

        assertThat(line.string("model_asked", "-")).matches("other:[0-9a-f]{24}");
        assertThat(line.string("request.model", "-")).isEqualTo(line.string("model_asked", "?"));
        assertThat(line.text()).doesNotContain("canary");
    }

    @Test
    void aModelThatWasNotLookedUpIsNotRecorded() throws IOException, ServletException {
        SettledAttempt.Model unknown = new SettledAttempt.Model(null, null, null);

        assertThat(recorded(chat(), attempt(Provider.OPENAI, unknown)).text())
                .doesNotContain("model_asked", "request.model");
    }

    @Test
    void anExchangeIsRecordedWithTheNameOfItsKeyAndNotTheKey() throws IOException, ServletException {
        entrance.close();
        entrance = new Entrance(KEYS, new ExchangeListener() {});
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/messages")
                .with("x-api-key", "sk-team-key-1")
                .with("X-Request-Id", "r1"));
        Entrance.end(exchange, "u", 200, 7);
        keeper.follow(config(directory));

        keeper.settled(exchange, attempt(Provider.ANTHROPIC, NAMED));
        keeper.ended(exchange);
        keeper.stop();

        assertThat(lines("attempt", directory).get(0).json().text()).contains("\"key\":\"team\"");
        assertThat(lines("exchange", directory).get(0).json().text())
                .contains("-x1\"", "\"request_id\":\"r1\"", "\"forward\":\"f\"", "\"key\":\"team\"", "\"attempts\":1")
                .contains("\"status\":200", "\"outcome\":\"completed\"")
                .doesNotContain("\"error\"", "sk-team");
        assertThat(verified(directory)).contains("2 records, 0 problems");
    }

    @Test
    void anExchangeThatTheGatewayRefusesIsRecordedWithItsError() throws IOException, ServletException {
        Exchange exchange = chat();
        Entrance.end(exchange, ProxyError.RATE_LIMITED);
        keeper.follow(config(directory));

        keeper.ended(exchange);
        keeper.stop();

        assertThat(lines("exchange", directory).get(0).json().text())
                .contains("\"attempts\":0", "\"status\":429", "\"outcome\":\"refused\"")
                .contains("\"error\":\"" + ProxyError.RATE_LIMITED.code() + "\"")
                .doesNotContain("\"key\"");
    }

    @Test
    void anAttemptIsInFlightUntilItEnds() throws IOException, ServletException {
        Exchange exchange = chat();
        keeper.follow(config(directory));
        int first = keeper.begun(exchange, 1, "u", "gpt-5");
        int second = keeper.begun(exchange, 2, "v", null);
        keeper.progress(second, 99);

        assertThat(flights(directory)).extracting(Flight::upstream).containsExactlyInAnyOrder("u", "v");
        keeper.ended(first);

        long now = LedgerFixtures.NOON.toEpochMilli();
        assertThat(flights(directory)).containsExactly(new Flight(0, 2, "f", "v", "", now, -1, 99));
    }

    @Test
    void anAttemptThatFindsNoRoomEndsWithoutTouchingAnother() throws IOException, ServletException {
        Exchange exchange = chat();
        keeper.follow(config(directory));
        // All have the same place to begin their search at, and it is a short one.
        List<Integer> begun = IntStream.range(0, 17)
                .mapToObj(again -> keeper.begun(exchange, 1, "u", "gpt-5"))
                .toList();
        int without = begun.get(16);

        keeper.progress(without, 99);
        keeper.ended(without);

        assertThat(flights(directory)).hasSize(16).allMatch(flight -> flight.outputBytes() == 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAttemptOfTheLedgerBeforeDoesNotTouchThoseOfTheNext(boolean noneBetween)
            throws IOException, ServletException {
        Exchange exchange = chat();
        keeper.follow(config(directory.resolve("a")));
        int before = keeper.begun(exchange, 1, "u", "gpt-5");
        if (noneBetween) {
            keeper.follow(null);
        }
        keeper.follow(config(directory.resolve("b")));
        int now = keeper.begun(exchange, 1, "u", "gpt-5");

        keeper.progress(before, 99);
        keeper.ended(before);

        assertThat(flights(directory.resolve("b"))).hasSize(1).allMatch(flight -> flight.outputBytes() == 0);
        keeper.ended(now);
        assertThat(flights(directory.resolve("b"))).isEmpty();
    }

    @Test
    void aLedgerThatStaysAsItIsGoesOnAndAnotherTakesOver() throws IOException, ServletException {
        Exchange exchange = chat();
        Path one = directory.resolve("a");
        Path other = directory.resolve("b");
        keeper.follow(config(one));
        keeper.settled(exchange, attempt(Provider.OPENAI, NAMED));
        keeper.follow(config(one));
        keeper.settled(exchange, attempt(Provider.OPENAI, NAMED));
        keeper.follow(config(other));
        keeper.settled(exchange, attempt(Provider.OPENAI, NAMED));
        assertThat(keeper.status()).isPresent();
        keeper.stop();
        keeper.settled(exchange, attempt(Provider.OPENAI, NAMED));

        assertThat(keeper.status()).isEmpty();
        assertThat(verified(one)).contains("1 files, 2 records, 0 problems");
        assertThat(verified(other)).contains("1 files, 1 records, 0 problems");
    }

    @ParameterizedTest
    @CsvSource({"m-*, ft:canary, true", ", ft:canary, true", "ft:canary, ft:canary, false", "m-*, m-real, false"})
    void aModelThatTheAnswerEchoesIsRecordedAsADigest(@Nullable String configured, String answered, boolean hidden)
            throws IOException, ServletException {
        SettledAttempt.Model model = new SettledAttempt.Model(configured, "ft:canary", "ft:canary");
        SettledAttempt attempt = attempt(Provider.OPENAI, model);
        AttemptUsage usage = new AttemptUsage(
                Usage.of(1, 2),
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                UsageSource.REPORTED,
                null,
                0,
                new AttemptUsage.Answer(answered, null, null, null, null, null),
                Set.of(),
                null);

        Json.Obj line = recorded(chat(), with(attempt, usage));

        assertThat(line.string("response.model", "-").startsWith("other:")).isEqualTo(hidden);
        assertThat(line.text().contains(answered)).isNotEqualTo(hidden);
    }

    private static SettledAttempt with(SettledAttempt attempt, AttemptUsage usage) {
        return new SettledAttempt(
                attempt.exchange(),
                attempt.number(),
                attempt.group(),
                attempt.upstream(),
                attempt.provider(),
                attempt.keyIndex(),
                attempt.placement(),
                attempt.model(),
                attempt.stream(),
                attempt.status(),
                attempt.ending(),
                attempt.error(),
                attempt.times(),
                attempt.bytesIn(),
                attempt.bytesOut(),
                usage,
                attempt.cost());
    }
}
