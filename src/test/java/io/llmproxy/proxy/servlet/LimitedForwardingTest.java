package io.llmproxy.proxy.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.proxy.exchange.Exchange;
import io.llmproxy.proxy.exchange.ExchangeListener;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.FakeUpstream;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What becomes of requests whose key has limits. The upstream is real; the client and its container are not. */
final class LimitedForwardingTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String BODY = "{\"model\":\"m\",\"max_tokens\":50,\"messages\":[{\"content\":\"hello\"}]}";
    private static final String HEAD = "Content-Type: application/json\r\nx-ratelimit-limit-requests: 4711\r\n";
    private static final String ANSWER = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":60,\"completion_tokens\":40}}";

    private final FakeUpstream upstream = FakeUpstream.start().otherwise(Behaviour.status(200, HEAD, ANSWER));
    private final List<Integer> ends = new CopyOnWriteArrayList<>();
    private final Entrance entrance = new Entrance(
            "keys: [%s]"
                    .formatted(String.join(
                            ", ",
                            key("requests", "requests, per: hour, amount: 1"),
                            key("total", "total, per: hour, amount: 150"),
                            key("parts", "input, per: hour, amount: 100}, {metric: output, per: hour, amount: 100"),
                            key("forever", "requests, per: total, amount: 1"),
                            key("day", "requests, per: day, amount: 1000"),
                            key("cost", "cost, per: month, amount: 5}, {metric: concurrent, amount: 3"),
                            key("shadow", "requests, per: hour, amount: 1, mode: shadow"))),
            "{name: a, url: '%s'}".formatted(upstream.url()),
            "upstreams: [{name: a}]",
            new ExchangeListener() {
                @Override
                public void ended(Exchange exchange) {
                    ends.add(exchange.status());
                }
            });

    private static String key(String name, String limits) {
        return "{name: %1$s, key: sk-%1$s-0001, limits: [{metric: %2$s}]}".formatted(name, limits);
    }

    @AfterEach
    void stop() {
        entrance.close();
        upstream.close();
    }

    private FakeClient ask(String path, String key) throws Exception {
        return ask(path, key, BODY);
    }

    /** Asks, and waits until what was used is known. */
    private FakeClient ask(String path, String key, String body) throws Exception {
        int before = ends.size();
        FakeClient client = FakeClient.of("POST", path)
                .with("Authorization", "Bearer sk-" + key + "-0001")
                .sending(body);
        entrance.forward(client);
        FakeClient answered = client.await();
        Awaitility.await().until(() -> ends.size() > before);
        return answered;
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, x-ratelimit-limit-requests, rate_limit_exceeded",
        "/v1/responses, x-ratelimit-remaining-requests, rate_limit_exceeded",
        "/v1/messages, anthropic-ratelimit-requests-limit, rate_limit_error",
        "/v1beta/models/m:generateContent, , RESOURCE_EXHAUSTED",
    })
    void eachDialectTellsTheLimitInItsOwnWords(String path, String header, String type) throws Exception {
        assertThat(ask(path, "requests").status()).isEqualTo(200);

        FakeClient refused = ask(path, "requests");

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("limit_exceeded");
        assertThat(Integer.parseInt(String.valueOf(refused.header("Retry-After"))))
                .isBetween(3_000, 3_600);
        assertThat(refused.body())
                .contains(type, "The limit of the API key 'requests' is reached: 1 requests per hour.");
        if (header != null) {
            assertThat(refused.header(header)).isIn("0", "1");
        }
    }

    @Test
    void tokensAreSettledWithWhatWasUsed() throws Exception {
        FakeClient first = ask(CHAT, "total");
        assertThat(first.header("x-ratelimit-limit-tokens")).isEqualTo("150");
        assertThat(first.header("x-ratelimit-reset-tokens")).matches("\\d+m\\d+s");
        // The upstream's own figures are about another key.
        assertThat(first.header("x-ratelimit-limit-requests")).isNull();

        FakeClient refused = ask(CHAT, "total");
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.body()).contains("150 tokens per hour");
        FakeClient parts = ask("/v1/messages", "parts");
        assertThat(parts.header("anthropic-ratelimit-input-tokens-limit")).isEqualTo("100");
        assertThat(parts.header("anthropic-ratelimit-output-tokens-remaining")).isEqualTo("50");
    }

    @Test
    void aQuotaThatIsUsedUpIsNotAskedForAgain() throws Exception {
        assertThat(ask(CHAT, "forever").status()).isEqualTo(200);

        FakeClient refused = ask(CHAT, "forever");

        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("insufficient_quota");
        assertThat(refused.header("x-should-retry")).isEqualTo("false");
        assertThat(refused.header("Retry-After")).isNull();
        assertThat(ask("/v1/messages", "forever").status()).isEqualTo(402);
    }

    @Test
    void whatIsNotToldLeavesTheUpstreamsFigures() throws Exception {
        assertThat(ask(CHAT, "shadow").header("x-ratelimit-limit-requests")).isEqualTo("4711");
        assertThat(ask(CHAT, "shadow").status()).isEqualTo(200);
        assertThat(ask(CHAT, "cost").header("x-ratelimit-limit-requests")).isEqualTo("4711");
        FakeClient day = ask(CHAT, "day");
        assertThat(day.header("x-ratelimit-limit-requests")).isEqualTo("1000");
        assertThat(day.header("x-ratelimit-reset-requests")).matches("(\\d+h)?\\d+m\\d+s|\\d+\\.\\d\\ds|\\d+ms");
    }

    @Test
    void whatAnUpstreamRefusesTakesNoTokens() throws Exception {
        upstream.otherwise(Behaviour.status(400, HEAD, "{}"));
        for (int i = 0; i < 3; i++) {
            assertThat(ask(CHAT, "total").status()).isEqualTo(400);
        }
        assertThat(ask("/v1/messages/count_tokens", "requests").status()).isEqualTo(400);
        assertThat(ask("/v1/messages/count_tokens", "requests").status()).isEqualTo(400);
        assertThat(ask("/v1/files", "requests", "text").status()).isEqualTo(400);
    }
}
