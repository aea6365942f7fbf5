package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.llmproxy.auth.AuthFailure;
import io.llmproxy.config.LogConfig.Format;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.ExchangeListeners;
import io.llmproxy.proxy.exchange.Line;
import io.llmproxy.proxy.exchange.SessionSummary;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.proxy.exchange.Verdict;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import jakarta.servlet.ServletException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/** What metrics and the access log make of an exchange. */
final class ExchangeMetricsTest {
    private static final String KEYS = "keys: [{name: team, key: sk-team-key-1}]";

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final ProxyMetrics metrics = new ProxyMetrics(registry, new KeyLabels());
    private final Logger log = (Logger) LoggerFactory.getLogger(AccessLog.LOGGER);
    private final @Nullable Level level = log.getLevel();
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private Entrance entrance = new Entrance("", with(Format.TEXT));

    private ExchangeListener with(Format format) {
        log.setLevel(Level.INFO);
        log.setAdditive(false);
        log.addAppender(lines);
        lines.start();
        return new ExchangeListeners(List.of(metrics, new AccessLog(format)));
    }

    @AfterEach
    void stop() {
        entrance.close();
        log.detachAppender(lines);
        log.setAdditive(true);
        log.setLevel(level);
    }

    private Exchange chat() throws IOException, ServletException {
        return entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
    }

    private String line() {
        assertThat(lines.list).hasSize(1);
        return lines.list.get(0).getFormattedMessage();
    }

    private String scraped() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            PrometheusTextFormatWriter.builder().build().write(out, registry.scrape());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private void assertCounted(String series) {
        assertThat(scraped()).contains(series + " 1.0\n");
    }

    @Test
    void anAnswerIsCountedByItsApiPathAndLogged() throws IOException, ServletException {
        Exchange exchange = entrance.routed(
                FakeClient.of("POST", "/v1/chat/completions?key=hunter2").with("X-Request-Id", "r1"));

        Entrance.end(exchange, "u", 200, 42);

        assertCounted("llmproxy_http_requests_total{forward=\"f\",method=\"POST\",path=\"/v1/chat/completions\"}");
        assertCounted("llmproxy_route_matches_total{forward=\"f\",group=\"g\"}");
        assertThat(scraped())
                .contains("llmproxy_http_request_duration_seconds_count")
                .doesNotContain("llmproxy_http_request_errors_total{");
        assertThat(line())
                .contains(" r1 POST /v1/chat/completions forward=f key=- group=g upstream=u attempts=1 not_retried=-"
                        + " status=200 ttfb_ms=")
                .contains(" bytes=42 ")
                .endsWith("outcome=completed error=-")
                .doesNotContain("hunter2");
    }

    @Test
    void aPathOrMethodThatIsNotKnownMakesNoSeriesOfItsOwn() throws IOException, ServletException {
        Entrance.end(entrance.routed(FakeClient.of("BREW", "/coffee")), "u", 418, 0);

        assertCounted("llmproxy_http_requests_total{forward=\"f\",method=\"other\",path=\"other\"}");
        assertCounted("llmproxy_http_request_errors_total{error=\"upstream_error\",forward=\"f\",status=\"418\"}");
        assertThat(line()).contains(" BREW other ");
    }

    @ParameterizedTest
    @CsvSource({"RATE_LIMITED, 429", "KEY_RATE_LIMITED, 429"})
    void aRateLimitIsCountedAsSuchAndAsAnError(ProxyError error, int status) throws IOException, ServletException {
        Entrance.end(chat(), error);

        assertCounted("llmproxy_ratelimit_total{forward=\"f\"}");
        assertCounted("llmproxy_http_request_errors_total{error=\"" + error.code() + "\",forward=\"f\",status=\""
                + status + "\"}");
        assertThat(line()).endsWith("outcome=refused error=" + error.code());
    }

    @Test
    void aClientThatLeavesIsAnErrorOfItsOwn() throws IOException, ServletException {
        Entrance.leave(chat());

        assertCounted(
                "llmproxy_http_request_errors_total{error=\"client_closed_request\",forward=\"f\",status=\"499\"}");
        assertThat(line())
                .contains(" upstream=- attempts=0 ")
                .endsWith("outcome=client_gone error=client_closed_request");
    }

    @ParameterizedTest
    @EnumSource(Format.class)
    void aSessionIsToldWithItsClose(Format format) throws IOException, ServletException {
        entrance.close();
        log.detachAppender(lines);
        entrance = new Entrance("", with(format));
        Exchange exchange = entrance.routed(FakeClient.of("GET", "/v1/realtime"));

        exchange.sessionBegan();
        assertCounted("llmproxy_websocket_sessions{forward=\"f\"}");
        exchange.messagePassed(true);
        exchange.messagePassed(false);
        exchange.sessionEnded(new SessionSummary(SessionSummary.By.CLIENT, 4001, 9, 1, 1));
        Entrance.end(exchange, "u", 101, 5);

        assertThat(scraped()).contains("llmproxy_websocket_sessions{forward=\"f\"} 0.0");
        assertCounted("llmproxy_websocket_messages_total{forward=\"f\",sender=\"client\"}");
        assertCounted("llmproxy_websocket_messages_total{forward=\"f\",sender=\"upstream\"}");
        assertCounted("llmproxy_websocket_closes_total{by=\"client\",code=\"4xxx\",forward=\"f\"}");
        assertThat(line())
                .contains(
                        format == Format.JSON
                                ? "\"bytes_in\":9,\"messages_in\":1,\"messages_out\":1,\"closed_by\":\"client\",\"close\":4001,"
                                : " bytes_in=9 messages_in=1 messages_out=1 closed_by=client close=4001 outcome=");
    }

    @Test
    void aKeyIsToldByItsNameAlsoInJson() throws IOException, ServletException {
        entrance.close();
        log.detachAppender(lines);
        entrance = new Entrance(KEYS, with(Format.JSON));
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/messages")
                .with("x-api-key", "sk-team-key-1")
                .with("X-Request-Id", "r\"2"));
        Entrance.decide(exchange, "v", Verdict.FINAL_ANSWER);

        Entrance.end(exchange, "v", 404, 7);

        assertThat(line())
                .startsWith("{\"time\":\"")
                .contains("\"id\":\"r\\\"2\",\"method\":\"POST\",\"path\":\"/v1/messages\",\"forward\":\"f\","
                        + "\"key\":\"team\",\"group\":\"g\",\"upstream\":\"v\",\"attempts\":1,"
                        + "\"not_retried\":\"final_answer\",\"status\":404,")
                .contains("\"bytes\":7,")
                .endsWith("\"outcome\":\"completed\",\"error\":\"-\"}")
                .doesNotContain("sk-team");
    }

    @Test
    void anExchangeWithoutAGroupIsLoggedToo() throws IOException, ServletException {
        entrance.close();
        log.detachAppender(lines);
        entrance = new Entrance(KEYS, with(Format.TEXT));

        entrance.pass(FakeClient.of("POST", "/v1/messages"));

        assertCounted("llmproxy_auth_failures_total{forward=\"f\",reason=\"missing\"}");
        assertThat(line()).contains(" key=- group=- upstream=- attempts=0 not_retried=- status=401 ");
    }

    @Test
    void aLogThatIsSwitchedOffIsNotWritten() throws IOException, ServletException {
        log.setLevel(Level.OFF);

        Entrance.end(chat(), "u", 200, 0);

        assertThat(lines.list).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Verdict.class)
    void eachDecisionAfterAFailureIsCountedWithItsReason(Verdict verdict) throws IOException, ServletException {
        Exchange exchange = chat();

        Entrance.decide(exchange, "u", verdict);
        Entrance.end(exchange, "u", 503, 0);

        String result = verdict == Verdict.OVER_BUDGET ? "over_budget" : verdict.isAllowed() ? "sent" : "refused";
        assertCounted(
                "llmproxy_retries_total{group=\"g\",reason=\"" + verdict.word() + "\",result=\"" + result + "\"}");
        assertThat(line()).contains(" not_retried=" + (verdict.isAllowed() ? "-" : verdict.word()) + " ");
    }

    @Test
    void aDecisionOfAnExchangeWithoutAGroupIsNotCounted() throws IOException, ServletException {
        Exchange exchange = entrance.pass(FakeClient.of("POST", "/v1/messages"));

        Entrance.decide(Objects.requireNonNull(exchange), "u", Verdict.CLIENT_GONE);

        assertThat(scraped()).doesNotContain("llmproxy_retries_total{");
    }

    @Test
    void attemptsAreCountedByUpstreamAndByWhatWentWrong() throws IOException, ServletException {
        Exchange exchange = chat();

        metrics.attempted(exchange, new AttemptResult("g", "u", 200, null, 1_000_000_000L));
        metrics.attempted(exchange, new AttemptResult("g", "v", 500, null, 1));
        metrics.attempted(exchange, new AttemptResult("g", "u", 0, ProxyError.RESET, 1));
        metrics.attempted(exchange, new AttemptResult("g", "v", 0, ProxyError.CLIENT_GONE, 1));
        metrics.attempted(exchange, new AttemptResult("g", null, 0, ProxyError.NO_UPSTREAM, 0));

        assertThat(scraped())
                .contains("llmproxy_upstream_requests_total{group=\"g\",upstream=\"u\"} 2.0")
                .contains("llmproxy_upstream_requests_total{group=\"g\",upstream=\"v\"} 2.0")
                .contains("llmproxy_upstream_duration_seconds_count{group=\"g\",upstream=\"u\"} 2");
        assertCounted("llmproxy_upstream_errors_total{error=\"upstream_error\",group=\"g\",upstream=\"v\"}");
        assertCounted("llmproxy_upstream_errors_total{error=\"upstream_reset\",group=\"g\",upstream=\"u\"}");
        assertCounted("llmproxy_upstream_errors_total{error=\"select_error\",group=\"g\",upstream=\"unknown\"}");
        assertThat(scraped()).doesNotContain("client_closed_request");
    }

    @Test
    void anAnswerThatBreaksOffIsCountedIfTheUpstreamIsToBlame() throws IOException, ServletException {
        Exchange exchange = chat();
        metrics.brokeOff(exchange, ProxyError.RESET);
        assertThat(scraped()).doesNotContain("llmproxy_upstream_errors_total{");
        Entrance.end(exchange, "u", 200, 1);

        metrics.brokeOff(exchange, ProxyError.STALLED);
        metrics.brokeOff(exchange, ProxyError.CLIENT_TOO_SLOW);

        assertCounted("llmproxy_upstream_errors_total{error=\"upstream_stalled\",group=\"g\",upstream=\"u\"}");
        assertThat(scraped()).doesNotContain("client_write_timeout");
    }

    @Test
    void strangersAndTooMuchToDoAreCountedByReason() throws IOException, ServletException {
        Exchange exchange = chat();

        metrics.unauthenticated(exchange, AuthFailure.EXPIRED);
        metrics.shed(exchange, Shed.BUFFERS_FULL);

        assertCounted("llmproxy_auth_failures_total{forward=\"f\",reason=\"expired\"}");
        assertCounted("llmproxy_shed_total{forward=\"f\",reason=\"buffers_full\"}");
    }

    @Test
    void whatWaitsInAQueueIsCountedAndTimed() throws IOException, ServletException {
        Exchange exchange = chat();
        String labels = "{forward=\"f\",queue=\"upstream\"}";

        metrics.queued(exchange, Line.UPSTREAM);
        assertCounted("llmproxy_queued" + labels);
        metrics.unqueued(exchange, Line.UPSTREAM, 2_000_000_000L);

        assertThat(scraped())
                .contains("llmproxy_queued" + labels + " 0.0")
                .contains("llmproxy_queue_seconds_sum" + labels + " 2.0");
    }

    @Test
    void aListenerThatThrowsDisturbsNeitherTheOthersNorTheExchange() throws IOException, ServletException {
        entrance.close();
        entrance = new Entrance(
                "",
                new ExchangeListeners(List.of(
                        new ExchangeListener() {
                            @Override
                            public void ended(Exchange exchange) {
                                throw new IllegalStateException("broken");
                            }
                        },
                        metrics)));

        Entrance.end(chat(), "u", 200, 0);

        assertCounted("llmproxy_http_requests_total{forward=\"f\",method=\"POST\",path=\"/v1/chat/completions\"}");
    }
}
