package io.llmproxy.proxy.answer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.proxy.exchange.AttemptResult;
import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.proxy.exchange.Step;
import io.llmproxy.proxy.servlet.Entrance;
import io.llmproxy.proxy.servlet.FakeClient;
import io.llmproxy.upstream.Candidate;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DecisionTest {
    private static final String TOLD = "X-LLMProxy-Decision";

    private final Entrance entrance = new Entrance(
            "keys: [{name: team, key: sk-may-be-told, explain: true}, {name: other, key: sk-may-not-be-told}]",
            new ExchangeListener() {});

    @AfterEach
    void stop() {
        entrance.close();
    }

    private static FakeClient asking(String key) {
        return FakeClient.of("POST", "/v1/chat/completions")
                .with("Authorization", "Bearer " + key)
                .with("X-LLMProxy-Explain", "1");
    }

    private static Step.Picked picked(@Nullable String chosen, Candidate... candidates) {
        return new Step.Picked(List.of(candidates), chosen, 0);
    }

    private static String told(FakeClient client) {
        return Objects.requireNonNull(client.header(TOLD), TOLD);
    }

    @Test
    void theClientIsToldWhereItsRequestWentAndWhyNotElsewhere() throws Exception {
        FakeClient client = asking("sk-may-be-told");
        Exchange exchange = entrance.routed(client);
        exchange.picked(picked("u", new Candidate("u", null, 0, 1), new Candidate("v", "unhealthy", 0, 1)));
        exchange.attempting("u");
        exchange.attempted(new AttemptResult("g", "u", 0, ProxyError.FIRST_BYTE_TIMEOUT, 1), null);
        exchange.picked(picked("w", new Candidate("u", "tried", 0, 1), new Candidate("w", null, 0, 1)));
        exchange.attempting("w");
        exchange.attempted(new AttemptResult("g", "w", 503, null, 1), null);
        exchange.attempted(new AttemptResult("g", null, 0, ProxyError.NO_UPSTREAM, 1), null);

        Entrance.end(exchange, ProxyError.NO_UPSTREAM);

        assertThat(told(client))
                .isEqualTo("group=g; upstream=w; attempts=2; tried=v:unhealthy,u:"
                        + ProxyError.FIRST_BYTE_TIMEOUT.code() + ",w:503");
    }

    @Test
    void whatHasNotHappenedIsADash() throws Exception {
        FakeClient client = asking("sk-may-be-told");
        Exchange exchange = Objects.requireNonNull(entrance.pass(client), "it was let in");

        Entrance.end(exchange, ProxyError.NO_UPSTREAM);

        assertThat(told(client)).isEqualTo("group=-; upstream=-; attempts=0; tried=-");
    }

    @Test
    void aLongReasonIsCutAndLettersThatNoHeaderMayHaveAreReplaced() throws Exception {
        FakeClient client = asking("sk-may-be-told");
        Exchange exchange = entrance.routed(client);
        exchange.attempting("\u00fc\n");
        exchange.picked(picked(null, new Candidate("x".repeat(600), "full", 0, 1)));

        Entrance.end(exchange, ProxyError.NO_UPSTREAM);

        assertThat(told(client)).hasSize(512).contains("upstream=??;");
    }

    @Test
    void aClientThatDoesNotAskOrMayNotKnowIsNotTold() throws Exception {
        FakeClient silent =
                FakeClient.of("POST", "/v1/chat/completions").with("Authorization", "Bearer sk-may-be-told");
        FakeClient other = asking("sk-may-not-be-told");
        FakeClient unknown = asking("sk-wrong");
        Entrance.end(entrance.routed(silent), ProxyError.NO_UPSTREAM);
        Entrance.end(entrance.routed(other), ProxyError.NO_UPSTREAM);
        entrance.pass(unknown);

        assertThat(silent.header(TOLD)).isNull();
        assertThat(other.header(TOLD)).isNull();
        assertThat(unknown.status()).isEqualTo(401);
        assertThat(unknown.header(TOLD)).isNull();
    }
}
