package io.llmproxy.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.health.UpstreamHistory;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HistoryKeeperTest {
    private final UpstreamHistory history = new UpstreamHistory();
    private final HistoryKeeper keeper = new HistoryKeeper(history);
    private final Entrance entrance = new Entrance("", keeper);

    @AfterEach
    void stop() {
        entrance.close();
    }

    @Test
    void attemptsAndTheirErrorsAreCounted() throws Exception {
        Exchange exchange = entrance.routed(FakeClient.of("POST", "/v1/chat/completions"));
        keeper.attempted(exchange, new AttemptResult("g", "u", 200, null, 5));
        keeper.attempted(exchange, new AttemptResult("g", "u", 429, null, 5));
        keeper.attempted(exchange, new AttemptResult("g", "u", 0, ProxyError.RESET, 5));
        keeper.attempted(exchange, new AttemptResult("g", "u", 0, ProxyError.CLIENT_GONE, 5));
        keeper.attempted(exchange, new AttemptResult("g", null, 0, ProxyError.NO_UPSTREAM, 0));

        assertThat(history.requests("u")).isEqualTo(4);
        assertThat(history.errors("u")).isEqualTo(2);
        assertThat(history.errors("another")).isZero();
        assertThat(history.requests("another")).isZero();
    }

    @Test
    void withoutAnUpstreamNothingBrokeOff() throws Exception {
        keeper.brokeOff(entrance.routed(FakeClient.of("POST", "/v1/chat/completions")), ProxyError.RESET);

        assertThat(history.errors("u")).isZero();
    }
}
