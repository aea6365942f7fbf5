package io.llmproxy.proxy.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.auth.AuthFailure;
import io.llmproxy.config.LimitConfig;
import io.llmproxy.config.LimitConfig.Metric;
import io.llmproxy.config.LimitConfig.Mode;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.Shed;
import io.llmproxy.quota.Asked;
import io.llmproxy.quota.Exhausted;
import io.llmproxy.quota.LimitPath;
import io.llmproxy.quota.Moment;
import io.llmproxy.quota.Quotas;
import io.llmproxy.quota.Reservation;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.EOFException;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FiltersTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String KEYS = """
            keys: [{name: good, key: sk-good-key-1},
                {name: off, key: sk-off-key-12, enabled: false},
                {name: over, key: sk-over-key-1, expires: '2020-01-01T00:00:00Z'}]""";

    private final List<String> told = new ArrayList<>();
    private final ExchangeListener listener = new ExchangeListener() {
        @Override
        public void unauthenticated(Exchange exchange, AuthFailure failure) {
            told.add(failure.name());
        }

        @Override
        public void shed(Exchange exchange, Shed because) {
            told.add(because.name());
        }

        @Override
        public void ended(Exchange exchange) {
            told.add("ended " + exchange.status() + " " + exchange.error());
        }
    };
    private Entrance entrance = new Entrance("max_body: 1MiB", listener);

    @AfterEach
    void stop() {
        entrance.close();
    }

    private void open(String forward) {
        entrance.close();
        entrance = new Entrance(forward, listener);
    }

    private boolean isLetIn(FakeClient client) throws IOException, ServletException {
        return entrance.pass(client) != null;
    }

    private static FakeClient chat() {
        return FakeClient.of("POST", CHAT);
    }

    private static FakeClient chat(String key) {
        return chat().with("Authorization", "Bearer " + key);
    }

    @Test
    void aRequestWithoutObstaclesIsLetInUnderItsOwnId() throws IOException, ServletException {
        Exchange exchange = Objects.requireNonNull(entrance.pass(chat().with("X-Request-Id", "mine")));

        assertThat(exchange.id()).isEqualTo("mine");
        assertThat(exchange.path()).isEqualTo(CHAT);
        assertThat(exchange.forward().name()).isEqualTo("f");
        assertThat(told).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /v1/../admin, 400, invalid_path",
        "POST, /v1/a%2Fb/..%2fc, 400, invalid_path",
        "TRACE, /v1/chat/completions, 405, method_not_allowed",
    })
    void aRequestThatCouldMeanTwoThingsIsRefused(String method, String path, int status, String code)
            throws IOException, ServletException {
        FakeClient client = FakeClient.of(method, path);

        assertThat(isLetIn(client)).isFalse();

        assertThat(client.status()).isEqualTo(status);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo(code);
        assertThat(client.header("X-Request-Id")).startsWith("req_");
        assertThat(client.body()).contains("\"error\"");
        assertThat(told).hasSize(1);
    }

    @Test
    void aRequestOfHttp09IsAnsweredByTheContainer() throws IOException, ServletException {
        FakeClient client = chat().speaking("");

        assertThat(isLetIn(client)).isFalse();

        assertThat(client.status()).isEqualTo(505);
        assertThat(told).isEmpty();
    }

    @Test
    void anOverloadedProcessTurnsRequestsAway() throws IOException, ServletException {
        entrance.overloaded = true;
        FakeClient client = chat();

        assertThat(isLetIn(client)).isFalse();

        assertThat(client.status()).isEqualTo(503);
        assertThat(client.header("Retry-After")).isEqualTo("1");
        assertThat(told).containsExactly("LOOPS_BUSY", "ended 503 OVERLOADED");
    }

    @ParameterizedTest
    @CsvSource({"HTTP/1.1, close", "HTTP/2.0,"})
    void aStoppingProcessAsksForAnotherConnection(String protocol, String connection)
            throws IOException, ServletException {
        entrance.stopping = true;
        FakeClient client = chat().speaking(protocol);

        assertThat(isLetIn(client)).isTrue();

        assertThat(client.header("Connection")).isEqualTo(connection);
    }

    @Test
    void whatEscapesFurtherDownBecomesAnErrorAndEndsTheExchange() throws IOException, ServletException {
        FakeClient client = chat();

        entrance.pass(client, request -> {
            throw new ServletException("broken");
        });

        assertThat(client.status()).isEqualTo(500);
        assertThat(client.body()).contains("internal_error").doesNotContain("broken");
        assertThat(told).containsExactly("ended 500 INTERNAL");
    }

    @Test
    void aDispatchThatBelongsToNoExchangePasses() throws IOException, ServletException {
        List<String> reached = new ArrayList<>();

        entrance.pass(chat().again(), request -> reached.add("inside"));

        assertThat(reached).containsExactly("inside");
    }

    @Test
    void aDispatchOfABrokenExchangeBreaksTheConnection() throws IOException, ServletException {
        FakeClient client = chat();
        Exchange exchange = Objects.requireNonNull(entrance.pass(client));
        HttpServletRequest request = exchange.clientRequest();
        exchange.abort((AsyncContext) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {AsyncContext.class}, (proxy, call, given) -> null));
        client.again();

        assertThatThrownBy(() -> new ExchangeFilter(
                                () -> {
                                    throw new AssertionError("it has its exchange");
                                },
                                () -> false,
                                () -> false)
                        .doFilter(request, client.response(), (passed, answered) -> {}))
                .isInstanceOf(EOFException.class);
    }

    @Test
    void aRequestForOperatorsPassesAllFilters() throws IOException, ServletException {
        List<String> reached = new ArrayList<>();
        FakeClient client = chat();
        FakeClient operator = FakeClient.of("GET", "/metrics");

        for (Filter filter : List.of(new CorsFilter(), new AuthFilter(), new RateLimitFilter())) {
            filter.doFilter(operator.request(), client.response(), (request, response) -> reached.add("inside"));
        }

        assertThat(reached).hasSize(3);
    }

    @Test
    void aClientOfAForwardWithoutKeysIsNotAsked() throws IOException, ServletException {
        assertThat(isLetIn(chat("sk-whatever-1"))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "sk-good-key-1, true,",
        "sk-off-key-12, false, DISABLED",
        "sk-over-key-1, false, EXPIRED",
        "sk-other-key-1, false, UNKNOWN",
    })
    void aKeyOpensTheForwardIfItIsKnownAndValid(String key, boolean letIn, AuthFailure failure)
            throws IOException, ServletException {
        open(KEYS);
        FakeClient client = chat(key);

        assertThat(isLetIn(client)).isEqualTo(letIn);

        assertThat(client.status()).isEqualTo(letIn ? 200 : 401);
        if (!letIn) {
            assertThat(client.header("WWW-Authenticate")).isEqualTo("Bearer");
            assertThat(client.body()).doesNotContain(key);
            assertThat(told).containsExactly(failure.name(), "ended 401 INVALID_KEY");
        }
    }

    @Test
    void aClientWithoutAKeyIsToldHowToShowOne() throws IOException, ServletException {
        open(KEYS);
        FakeClient client = chat();

        assertThat(isLetIn(client)).isFalse();

        assertThat(client.body()).contains("x-api-key");
        assertThat(told).containsExactly("MISSING", "ended 401 INVALID_KEY");
    }

    @Test
    void aClientThatShowsTwoKeysIsToldWhere() throws IOException, ServletException {
        open(KEYS);
        FakeClient client = chat("sk-good-key-1").with("x-api-key", "sk-other-key-1");

        assertThat(isLetIn(client)).isFalse();

        assertThat(client.body()).contains("Different API keys").doesNotContain("sk-other");
        assertThat(told).containsExactly("CONFLICTING", "ended 401 INVALID_KEY");
    }

    @Test
    void aKeyThatIsUsedTooOftenIsRefusedButForCountingTokens() throws IOException, ServletException {
        open("keys: [{name: slow, key: sk-slow-key-1, rate_limit: {requests_per_second: 1}}]");
        assertThat(isLetIn(chat("sk-slow-key-1"))).isTrue();
        FakeClient client = chat("sk-slow-key-1");

        assertThat(isLetIn(client)).isFalse();

        assertThat(client.status()).isEqualTo(429);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("key_rate_limit_exceeded");
        assertThat(client.header("Retry-After")).isEqualTo("1");
        assertThat(client.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(isLetIn(FakeClient.of("POST", "/v1/messages/count_tokens").with("x-api-key", "sk-slow-key-1")))
                .isTrue();
    }

    @Test
    void aKeyHasAsManyExchangesAtATimeAsItMay() throws IOException, ServletException {
        open("keys: [{name: one, key: sk-one-key-12, max_concurrent: 1}]");
        Exchange first = Objects.requireNonNull(entrance.pass(chat("sk-one-key-12")));
        FakeClient second = chat("sk-one-key-12");

        assertThat(isLetIn(second)).isFalse();
        assertThat(second.header("X-LLMProxy-Error")).isEqualTo("key_concurrency_exceeded");

        Entrance.end(first, ProxyError.INTERNAL);
        assertThat(isLetIn(chat("sk-one-key-12"))).isTrue();
    }

    @Test
    void aClientThatComesTooOftenIsRefusedWithItsFigures() throws IOException, ServletException {
        open("ratelimit: {per_second: 1, burst: 2}");
        assertThat(isLetIn(chat())).isTrue();
        assertThat(isLetIn(chat())).isTrue();
        FakeClient client = chat();

        assertThat(isLetIn(client)).isFalse();

        assertThat(client.status()).isEqualTo(429);
        assertThat(client.header("X-LLMProxy-Error")).isEqualTo("rate_limit_exceeded");
        assertThat(client.header("x-ratelimit-limit-requests")).isEqualTo("2");
        assertThat(client.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(client.header("x-ratelimit-reset-requests")).endsWith("ms");
        assertThat(told).containsExactly("ended 429 RATE_LIMITED");
    }

    @Test
    void aBrowserIsAnsweredBeforeThereIsTalkOfKeys() throws IOException, ServletException {
        entrance.close();
        List<Integer> ended = new ArrayList<>();
        entrance = new Entrance(KEYS, new ExchangeListener() {
            @Override
            public void ended(Exchange exchange) {
                ended.add(exchange.status());
            }
        });
        FakeClient browser = FakeClient.of("OPTIONS", CHAT)
                .with("Origin", "https://page")
                .with("Access-Control-Request-Method", "POST")
                .with("Access-Control-Request-Headers", "authorization");

        assertThat(isLetIn(browser)).isFalse();

        assertThat(browser.status()).isEqualTo(204);
        assertThat(browser.header("Access-Control-Allow-Origin")).isEqualTo("*");
        assertThat(browser.header("Access-Control-Allow-Headers")).isEqualTo("authorization");
        assertThat(browser.header("Access-Control-Max-Age")).isEqualTo("600");
        assertThat(ended).containsExactly(204);
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://page", "https://PAGE"})
    void aPageThatIsAllowedMayReadTheAnswer(String origin) throws IOException, ServletException {
        open("cors: {origins: ['https://page'], headers: [x-one, x-two]}");
        FakeClient page = chat().with("Origin", origin);

        assertThat(isLetIn(page)).isTrue();

        assertThat(page.header("Access-Control-Allow-Origin")).isEqualTo(origin);
        assertThat(page.header("Vary")).isEqualTo("Origin");
    }

    @Test
    void aPageThatIsNotAllowedIsToldNothing() throws IOException, ServletException {
        open("cors: {origins: ['https://page']}");
        FakeClient page = FakeClient.of("OPTIONS", CHAT)
                .with("Origin", "https://other")
                .with("Access-Control-Request-Method", "POST");

        assertThat(isLetIn(page)).isFalse();

        assertThat(page.header("Access-Control-Allow-Origin")).isNull();
        assertThat(page.header("Access-Control-Allow-Methods")).isNull();
    }

    @Test
    void whatIsReservedWhileTheClientLeavesIsGivenBack() throws IOException, ServletException {
        LimitConfig single =
                new LimitConfig(Metric.CONCURRENT, null, 1.0, List.of(), null, Mode.ENFORCE, null, List.of());
        Quotas quotas = Quotas.of(List.of(), List.of(single), () -> new Moment(1, 1), null, null);
        LimitPath path = Objects.requireNonNull(quotas.open());
        Asked asked = new Asked("m", "m", true, false, 0, 0);
        Exchange exchange = Objects.requireNonNull(entrance.pass(chat()));
        Reservation reservation = (Reservation) path.reserve(asked, quotas.now());
        assertThat(path.reserve(asked, quotas.now())).isInstanceOf(Exhausted.class);

        exchange.end();
        exchange.reserved(reservation, reservation.standings(quotas.now()));

        assertThat(path.reserve(asked, quotas.now())).isInstanceOf(Reservation.class);
    }
}
