package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.data.Offset;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;

/** Limits of keys, of the scopes above them and of the whole gateway, as clients see them. */
class QuotaIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";
    private static final String GENERATE = "/v1beta/models/m:generateContent";
    private static final String QUESTION = "{'model':'m','messages':[{'role':'user','content':'hello'}]%s}";
    private static final String ANSWER = json(
            "{'id':'c','object':'chat.completion','created':1,'model':'m','choices':[{'index':0,'message':{'role':'assistant',"
                    + "'content':'hi'},'finish_reason':'stop'}],'usage':{'prompt_tokens':60,'completion_tokens':40,'total_tokens':100}}");
    private static final String DELTA = json(
            "data: {'id':'c','object':'chat.completion.chunk','created':1,'model':'m','choices':[{'index':0,'delta':"
                    + "{'content':'%s'},'finish_reason':null}]}\n\n");

    @TempDir
    private Path directory;

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static String key(String name, String scope, String limits) {
        return "{name: %1$s, key: sk-%1$s-0001%2$s, limits: [%3$s]}"
                .formatted(name, scope.isEmpty() ? "" : ", scope: " + scope, limits);
    }

    private Gateway gateway(FakeUpstream upstream) {
        Path prices = directory.resolve("prices.yaml");
        try {
            Files.writeString(prices, """
                    version: "1"
                    currency: USD
                    models:
                      - model: "m"
                        per_million: {input: "1000", output: "1000"}
                      - {model: "half", per_million: {input: "1000"}}
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> keys = List.of(
                key("two", "", "{metric: requests, per: hour, amount: 2}"),
                key("red-1", "red", "{metric: requests, per: day, amount: 5}"),
                key("red-2", "red", ""),
                key("idle", "off", ""),
                key("tokens", "", "{metric: total, per: hour, amount: 1000}"),
                key("left", "", "{metric: output, per: hour, amount: 10000}"),
                key("money", "", "{metric: cost, per: month, amount: 0.15}"),
                key("new", "", "{metric: cost, per: month, amount: 1}"),
                key("warned", "", "{metric: requests, per: day, amount: 4, warn_at: [0.5, 1]}"),
                key("strict", "", "{metric: cost, per: total, amount: 5, unmeasured: refuse}"),
                key("single", "", "{metric: concurrent, amount: 1}"),
                key("some", "", "{metric: requests, per: hour, amount: 1, models: [m]}"),
                key("shadow", "", "{metric: requests, per: hour, amount: 1, mode: shadow}"));
        return new Gateway()
                .single("open", upstream.url(), "provider: openai", "", "")
                .single("claude", upstream.url(), "provider: anthropic", "", "")
                .single("gemini", upstream.url(), "provider: gemini", "", "")
                .top("prices: \"%s\"".formatted(prices))
                .top("webhook: {url: \"%s/hook\", headers: [{key: X-Token, value: t-1}]}".formatted(upstream.url()))
                .top(
                        "scopes: [{name: acme, kind: org, limits: [{metric: requests, per: hour, amount: 3}]}, {name: red, parent:"
                                + " acme, models: [\"m*\"]}, {name: off, parent: acme, enabled: false}]")
                .top("keys: [%s]".formatted(String.join(", ", keys)));
    }

    private static Answer ask(URI uri, String key, String body) {
        return RawClient.exchange(uri, "POST", head(key), json(body).getBytes(StandardCharsets.UTF_8));
    }

    private static String head(String key) {
        return "Content-Type: application/json\r\nAuthorization: Bearer sk-%s-0001\r\n".formatted(key);
    }

    @ParameterizedTest
    @KindSource
    void limitsHold(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream))) {
            upstream.otherwise(Behaviour.bytes(
                    200,
                    "Content-Type: application/json\r\nx-ratelimit-remaining-requests: 4711\r\n",
                    ANSWER.getBytes(StandardCharsets.UTF_8)));
            URI chat = deployment.forward("open", CHAT);
            aKeyHasItsRequests(deployment, chat);
            everyDialectIsToldInItsOwnWords(deployment);
            everyAncestorApplies(chat);
            tokensAndCostAreSettled(deployment, chat);
            onlySomeModelsCount(chat);
            costIsReservedAtThePriceWhileNothingIsKnown(upstream, chat);
            atTheSameTime(upstream, chat);
            aStreamThatIsLeftIsPaidFor(upstream, deployment, chat);
            whatIsNotMeasuredIsRefused(deployment, chat);
            theMetricsTell(deployment, chat);
            operatorsAreWarned(upstream, deployment, chat);
        }
    }

    private static void aKeyHasItsRequests(Deployment deployment, URI chat) {
        Answer first = ask(chat, "two", QUESTION.formatted(""));
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("2");
        assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("1");
        assertThat(ask(chat, "two", QUESTION.formatted("")).header("x-ratelimit-remaining-requests"))
                .isEqualTo("0");

        Answer refused = ask(chat, "two", QUESTION.formatted(""));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("limit_exceeded");
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1000, 1800);
        assertThat(refused.header("x-ratelimit-remaining-requests")).isEqualTo("0");
        assertThat(refused.text()).contains("The limit of the API key 'two' is reached: 2 requests per hour.");
        // Nothing is bounded for others, whose answers are passed on as they are.
        Answer other = ask(deployment.forward("open", CHAT), "red-2", QUESTION.formatted(""));
        assertThat(other.status()).isEqualTo(200);
    }

    private static void everyDialectIsToldInItsOwnWords(Deployment deployment) {
        Answer anthropic = ask(deployment.forward("claude", MESSAGES), "two", QUESTION.formatted(",'max_tokens':9"));
        assertThat(anthropic.status()).isEqualTo(429);
        assertThat(anthropic.header("anthropic-ratelimit-requests-limit")).isEqualTo("2");
        assertThat(anthropic.header("anthropic-ratelimit-requests-remaining")).isEqualTo("0");
        assertThat(anthropic.header("anthropic-ratelimit-requests-reset")).matches("20\\d\\d-.*Z");
        assertThat(anthropic.text()).contains("rate_limit_error");

        Answer gemini = ask(deployment.forward("gemini", GENERATE), "two", "{'contents':[]}");
        assertThat(gemini.status()).isEqualTo(429);
        assertThat(gemini.text()).contains("RESOURCE_EXHAUSTED").contains("retryDelay");
    }

    /** The organisation has three requests an hour, of which one is used. */
    private static void everyAncestorApplies(URI chat) {
        assertThat(ask(chat, "red-1", QUESTION.formatted("")).status()).isEqualTo(200);
        Answer forbidden = ask(chat, "red-1", QUESTION.formatted("").replace("'m'", "'other'"));
        assertThat(forbidden.status()).isEqualTo(403);
        assertThat(ask(chat, "red-1", QUESTION.formatted("")).status()).isEqualTo(200);
        Answer refused = ask(chat, "red-2", QUESTION.formatted(""));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.text()).contains("The limit of 'acme' is reached");
        assertThat(ask(chat, "idle", QUESTION.formatted("")).status()).isEqualTo(401);
    }

    /** Each answer takes 100 tokens, which cost 0.1. */
    private static void tokensAndCostAreSettled(Deployment deployment, URI chat) {
        Answer first = ask(chat, "tokens", QUESTION.formatted(",'max_tokens':900"));
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.header("x-ratelimit-limit-tokens")).isEqualTo("1000");
        assertThat(Integer.parseInt(first.header("x-ratelimit-remaining-tokens")))
                .isBetween(50, 120);
        awaitLeft(deployment, "tokens", 900);
        for (int i = 2; i <= 9; i++) {
            assertThat(ask(chat, "tokens", QUESTION.formatted("")).status())
                    .as("%d", i)
                    .isEqualTo(200);
        }
        Answer refused = ask(chat, "tokens", QUESTION.formatted("").replace("hello", "x".repeat(2000)));
        assertThat(refused.status()).isEqualTo(429);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("limit_exceeded");

        assertThat(ask(chat, "money", QUESTION.formatted("")).status()).isEqualTo(200);
        awaitLeft(deployment, "money", 0.05);
        Answer broke = ask(chat, "money", QUESTION.formatted(""));
        assertThat(broke.status()).isEqualTo(429);
        assertThat(broke.header("X-LLMProxy-Error")).isEqualTo("insufficient_quota");
        assertThat(broke.header("x-should-retry")).isEqualTo("false");
        assertThat(broke.text()).contains("\"type\":\"insufficient_quota\"", "0.15 of cost per month");
    }

    /** An exchange may end after its client has the answer. */
    private static void awaitLeft(Deployment deployment, String name, double left) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(
                        () -> assertThat(deployment.metrics().sum("llmproxy_limit_remaining", "name=\"" + name + "\""))
                                .isCloseTo(left, Offset.offset(left / 50)));
    }

    private static void onlySomeModelsCount(URI chat) {
        String other = QUESTION.formatted("").replace("'m'", "'other'");
        assertThat(ask(chat, "some", QUESTION.formatted("")).status()).isEqualTo(200);
        assertThat(ask(chat, "some", QUESTION.formatted("")).status()).isEqualTo(429);
        Answer free = ask(chat, "some", other);
        assertThat(free.status()).isEqualTo(200);
        // No limit of ours concerns it, so that the upstream's figures pass.
        assertThat(free.header("x-ratelimit-remaining-requests")).isEqualTo("4711");
    }

    /** The first request with the key may cost 0.9. */
    private static void costIsReservedAtThePriceWhileNothingIsKnown(FakeUpstream upstream, URI chat) {
        LockStep steps = new LockStep();
        upstream.on(CHAT, Behaviour.lockStep(steps, List.of(DELTA.formatted("a"), DELTA.formatted("b"))));
        String stream = QUESTION.formatted(",'stream':true,'max_tokens':900");
        try (RawClient client = RawClient.connect(chat)) {
            client.send(
                    "POST", RawClient.target(chat), head("new"), json(stream).getBytes(StandardCharsets.UTF_8));
            client.head();
            client.event();
            Answer refused = ask(chat, "new", QUESTION.formatted(",'max_tokens':900"));
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("insufficient_quota");
            client.reset();
        }
        steps.finish();
        upstream.on(CHAT, Behaviour.json(ANSWER));
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> ask(chat, "new", QUESTION.formatted(",'max_tokens':900"))
                                .status()
                        == 200);
    }

    /** `other` has no price, `half` one for a part, and batches tell no usage. */
    private static void whatIsNotMeasuredIsRefused(Deployment deployment, URI chat) {
        assertThat(ask(chat, "strict", QUESTION.formatted("")).status()).isEqualTo(200);
        Answer refused = ask(chat, "strict", QUESTION.formatted("").replace("'m'", "'other'"));
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.header("X-LLMProxy-Error")).isEqualTo("usage_not_measured");
        assertThat(refused.text())
                .contains("the limit of the API key 'strict' allows no such request: 5 of cost in total.");
        assertThat(ask(chat, "strict", QUESTION.formatted("").replace("'m'", "'half'"))
                        .status())
                .isEqualTo(403);
        // What only reads or counts uses nothing.
        assertThat(RawClient.exchange(deployment.forward("open", "/v1/batches"), "GET", head("strict"), new byte[0])
                        .status())
                .isEqualTo(200);
        assertThat(ask(deployment.forward("open", "/v1/responses/input_tokens"), "strict", "{'input':'a'}")
                        .status())
                .isEqualTo(200);
        assertThat(ask(deployment.forward("open", "/v1/batches"), "strict", "{'input_file_id':'file-1'}")
                        .status())
                .isEqualTo(403);
    }

    private static void atTheSameTime(FakeUpstream upstream, URI chat) {
        LockStep steps = new LockStep();
        upstream.on(CHAT, Behaviour.lockStep(steps, List.of(DELTA.formatted("a"), DELTA.formatted("b"))));
        String stream = QUESTION.formatted(",'stream':true");
        try (RawClient client = RawClient.connect(chat)) {
            client.send(
                    "POST", RawClient.target(chat), head("single"), json(stream).getBytes(StandardCharsets.UTF_8));
            client.head();
            client.event();
            Answer refused = ask(chat, "single", QUESTION.formatted(""));
            assertThat(refused.status()).isEqualTo(429);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            client.reset();
        }
        steps.finish();
        upstream.on(CHAT, Behaviour.json(ANSWER));
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> ask(chat, "single", QUESTION.formatted("")).status() == 200);
    }

    private static void aStreamThatIsLeftIsPaidFor(FakeUpstream upstream, Deployment deployment, URI chat) {
        LockStep steps = new LockStep();
        String text = "x".repeat(400);
        upstream.on(CHAT, Behaviour.lockStep(steps, List.of(DELTA.formatted(text), DELTA.formatted(text))));
        String stream = QUESTION.formatted(",'stream':true,'max_tokens':5000");
        try (RawClient client = RawClient.connect(chat)) {
            client.send(
                    "POST", RawClient.target(chat), head("left"), json(stream).getBytes(StandardCharsets.UTF_8));
            client.head();
            client.event();
            client.reset();
        }
        steps.finish();
        // A token has four bytes, as long as nothing is known.
        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(deployment.metrics().sum("llmproxy_limit_remaining", "name=\"left\""))
                        .isBetween(9_780.0, 9_950.0));
    }

    private static void operatorsAreWarned(FakeUpstream upstream, Deployment deployment, URI chat) {
        ask(chat, "warned", QUESTION.formatted(""));
        ask(chat, "warned", QUESTION.formatted(""));

        UpstreamRequest warning = upstream.awaitRequest("/hook");
        assertThat(warning.head().value("X-Token")).contains("t-1");
        assertThat(new String(warning.body(), StandardCharsets.UTF_8))
                .contains("\"text\":\"the API key 'warned' has used 50 % of its limit: 4 requests per day\"")
                .contains("\"used\":2,\"amount\":4");
        ask(chat, "warned", QUESTION.formatted(""));
        ask(chat, "warned", QUESTION.formatted(""));
        Awaitility.await().until(() -> upstream.requests("/hook").size() == 2);
        assertThat(deployment
                        .metrics()
                        .sum("llmproxy_limit_warnings_total", "subject=\"key\"", "name=\"warned\"", "share=\"1.0\""))
                .isEqualTo(1);
        Awaitility.await()
                .until(() -> deployment.metrics().sum("llmproxy_webhook_posts_total", "result=\"sent\"") == 2);
    }

    private static void theMetricsTell(Deployment deployment, URI chat) {
        ask(chat, "shadow", QUESTION.formatted(""));
        assertThat(ask(chat, "shadow", QUESTION.formatted("")).status()).isEqualTo(200);
        var metrics = deployment.metrics();

        assertThat(metrics.sum("llmproxy_limit_refused_total", "mode=\"shadow\""))
                .isEqualTo(1);
        assertThat(metrics.sum("llmproxy_limit_amount", "name=\"money\"", "metric=\"cost\"", "per=\"month\""))
                .isEqualTo(0.15);
        assertThat(metrics.sum("llmproxy_limit_remaining", "subject=\"scope\"", "name=\"acme\""))
                .isZero();
        assertThat(metrics.sum("llmproxy_limit_refused_total", "name=\"acme\"")).isPositive();
    }
}
