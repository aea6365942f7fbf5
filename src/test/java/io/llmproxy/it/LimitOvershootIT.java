package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that use ten times as much as they ask for, which is what is reserved for them: beyond a limit passes at most what those in flight
 * use beyond that.
 */
class LimitOvershootIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final int LIMIT = 100_000;
    private static final int CLIENTS = 12;
    private static final int USED = 1000;
    private static final int MOST_OUTPUT = 100;

    /** What an answer may use beyond what was reserved for it: its output is what it asks for at least. */
    private static final int BEYOND = USED - MOST_OUTPUT;

    /** Each client has one request in flight, and the one before may not be settled yet when the client has its answer. */
    private static final int OPEN = 2 * CLIENTS;

    private static final int REFUSALS = 4;
    private static final String USAGE = "'usage':{'prompt_tokens':60,'completion_tokens':940,'total_tokens':1000}}";
    private static final String DELTA = event("'choices':[{'index':0,'delta':{'content':'%s'},'finish_reason':null}]}");

    @TempDir
    private Path directory;

    /** How clients take answers. */
    private enum Way {
        PLAIN,
        STREAMED,
        LEFT
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    private static String event(String rest) {
        return json("data: {'id':'c','object':'chat.completion.chunk','created':1,'model':'m'," + rest + "\n\n");
    }

    private static FakeUpstream upstream(Behaviour behaviour) {
        FakeUpstream upstream = FakeUpstream.start();
        upstream.otherwise(behaviour);
        return upstream;
    }

    private static Behaviour plain() {
        return Behaviour.delayed(
                Duration.ofMillis(20),
                Behaviour.json(json("{'id':'c','object':'chat.completion','created':1,"
                        + "'model':'m','choices':[{'index':0,'message':{'role':'assistant','content':'hi'},'finish_reason':'stop'}],"
                        + USAGE)));
    }

    private static Behaviour streamed() {
        return Behaviour.streams(
                Duration.ofMillis(10),
                List.of(DELTA.formatted("a"), event("'choices':[]," + USAGE), "data: [DONE]\n\n"));
    }

    /** Its words are more tokens than the request asks for. */
    private static Behaviour silent() {
        return Behaviour.fallsSilent(List.of(DELTA.formatted("x".repeat(480))));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theOvershootIsWhatIsInFlight(int nodes) throws IOException {
        Path prices = Files.writeString(directory.resolve("prices.yaml"), """
            version: "1"
            currency: USD
            models: [{model: m, per_million: {input: "1000", output: "1000"}}]
            """);
        try (FakeUpstream plain = upstream(plain());
                FakeUpstream streamed = upstream(streamed());
                FakeUpstream silent = upstream(silent());
                RedisServer redis = RedisServer.start()) {
            Gateway gateway = new Gateway()
                    .single("plain", plain.url(), "provider: openai", "", "")
                    .single("streamed", streamed.url(), "provider: openai", "", "")
                    .single("left", silent.url(), "provider: openai", "", "")
                    .top("prices: \"%s\"".formatted(prices))
                    .top("keys: [%s, %s]"
                            .formatted(
                                    key(
                                            "tokens",
                                            "{metric: total, per: total, amount: %d, on_store_loss: closed}"
                                                    .formatted(LIMIT)),
                                    // A token costs 0.001.
                                    key("money", "{metric: cost, per: month, amount: %d}".formatted(LIMIT / 1000))));
            if (nodes > 1) {
                gateway.top("redis: {url: \"%s\", prefix: over}".formatted(redis.url()));
            }
            List<Deployment> deployments = new ArrayList<>();
            try {
                for (int i = 0; i < nodes; i++) {
                    deployments.add(Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx96m"));
                }
                assertBounded(
                        deployments,
                        "tokens",
                        metrics -> metrics.sum("llmproxy_usage_input_tokens_total")
                                + metrics.sum("llmproxy_usage_output_tokens_total"));
                assertBounded(deployments, "money", metrics -> metrics.sum("llmproxy_cost_total") * 1000);
            } finally {
                deployments.forEach(Deployment::close);
            }
        }
    }

    private static String key(String name, String limit) {
        return "{name: %1$s, key: sk-%1$s-0001, limits: [%2$s]}".formatted(name, limit);
    }

    private static void assertBounded(List<Deployment> nodes, String key, ToDoubleFunction<Metrics> used) {
        if (nodes.size() > 1) {
            nodes.forEach(node -> CountedRequests.awaitMode(node, "shared"));
        }
        double before = sum(nodes, used);
        AtomicInteger whole = new AtomicInteger();
        AtomicInteger left = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        try {
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Deployment node = nodes.get(i % nodes.size());
                Way way = Way.values()[i / nodes.size() % Way.values().length];
                clients.add(CompletableFuture.runAsync(
                        () -> askUntilRefused(node, way, key, way == Way.LEFT ? left : whole), threads));
            }
            clients.forEach(CompletableFuture::join);
        } finally {
            threads.shutdownNow();
        }
        double passed = sum(nodes, used) - before;

        int all = whole.get() + left.get();
        String figures = "%s, %d nodes: %.0f of %d passed in %d requests, %d of them left"
                .formatted(key, nodes.size(), passed, LIMIT, all, left.get());
        System.out.println(figures);
        // What upstreams have reported of it.
        assertThat(passed).as(figures).isGreaterThanOrEqualTo((double) whole.get() * USED);
        assertThat(passed).as(figures).isGreaterThan(LIMIT - 2.0 * USED);
        assertThat(passed).as(figures).isLessThanOrEqualTo(LIMIT + (double) OPEN * BEYOND);
        assertThat(left.get()).as(figures).isPositive();
    }

    private static double sum(List<Deployment> nodes, ToDoubleFunction<Metrics> used) {
        return nodes.stream()
                .mapToDouble(node -> used.applyAsDouble(node.metricsAtRest()))
                .sum();
    }

    private static void askUntilRefused(Deployment node, Way way, String key, AtomicInteger served) {
        URI uri = node.forward(way.name().toLowerCase(Locale.ROOT), CHAT);
        String body = json("{'model':'m','max_tokens':%d%s,'messages':[{'role':'user','content':'hello'}]}"
                .formatted(MOST_OUTPUT, way == Way.PLAIN ? "" : ",'stream':true"));
        String headers = "Content-Type: application/json\r\nConnection: close\r\nAuthorization: Bearer sk-%s-0001\r\n"
                .formatted(key);
        int refused = 0;
        while (refused < REFUSALS) {
            try (RawClient client = RawClient.connect(uri)) {
                client.send("POST", RawClient.target(uri), headers, body.getBytes(StandardCharsets.UTF_8));
                Head head = client.head();
                assertThat(head.status()).as(head::toString).isIn(200, 429, 503);
                refused += head.status() == 429 ? 1 : 0;
                if (head.status() == 200 && way == Way.LEFT) {
                    client.event();
                    client.reset();
                } else {
                    Answer answer = client.answer();
                    assertThat(answer.whole()).as(answer::toString).isTrue();
                }
                served.addAndGet(head.status() == 200 ? 1 : 0);
            }
        }
    }
}
