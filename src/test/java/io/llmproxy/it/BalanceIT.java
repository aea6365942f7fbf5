package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;

class BalanceIT {
    private static final byte[] QUESTION = {'{', '}'};
    private static final String CHAT = "/v1/chat/completions";

    private final World world = World.fresh();

    private static void ask(RawClient client, int times) {
        for (int i = 0; i < times; i++) {
            assertThat(client.send("POST", CHAT, "", QUESTION).answer().status())
                    .isEqualTo(200);
        }
    }

    private static void ask(URI uri, int times) {
        try (RawClient client = RawClient.connect(uri)) {
            ask(client, times);
        }
    }

    @ParameterizedTest
    @KindSource
    void weightsOfEightToTwoGiveEightToTwo(Deployment.Kind kind) {
        ask(world.deployment(kind).forward("weighted"), 100);

        assertThat(world.first.requests()).hasSizeBetween(79, 81);
        assertThat(world.second.requests()).hasSizeBetween(19, 21);
    }

    @ParameterizedTest
    @KindSource
    void takingTurnsIsEven(Deployment.Kind kind) {
        ask(world.deployment(kind).forward("roundrobin"), 20);

        assertThat(world.first.requests()).hasSize(10);
        assertThat(world.second.requests()).hasSize(10);
    }

    @ParameterizedTest
    @KindSource
    void aSlowNodeGetsUnderATenthOfWhatAFastOneGets(Deployment.Kind kind) throws Exception {
        world.first.otherwise(Behaviour.delayed(Duration.ofMillis(10), Behaviour.json("{}")));
        world.second.otherwise(Behaviour.delayed(Duration.ofMillis(200), Behaviour.json("{}")));
        URI uri = world.deployment(kind).forward("response_aware");

        concurrently(4, () -> ask(uri, 150));

        assertThat(world.first.requests().size() + world.second.requests().size())
                .isEqualTo(600);
        assertThat(world.second.requests().size() * 10)
                .isLessThan(world.first.requests().size());
    }

    private static void concurrently(int threads, Runnable task) throws InterruptedException, ExecutionException {
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<? extends Future<?>> running = IntStream.range(0, threads)
                    .mapToObj(n -> executor.submit(task))
                    .toList();
            for (Future<?> one : running) {
                one.get();
            }
        } finally {
            executor.shutdownNow();
        }
    }

    @ParameterizedTest
    @KindSource
    void failoverUsesTheFirstAsLongAsItCan(Deployment.Kind kind) {
        ask(world.deployment(kind).forward("failover"), 10);

        assertThat(world.first.requests()).hasSize(10);
        assertThat(world.second.requests()).isEmpty();
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatRefusesIsPassedOverBeforeTheClientNotices(Deployment.Kind kind) {
        ask(world.deployment(kind).forward("dead-first"), 10);

        assertThat(world.second.requests()).hasSize(10);
    }

    @ParameterizedTest
    @KindSource
    void anUpstreamThatThrottlesOrFailsGetsFewerRequestsUntilItRecovers(Deployment.Kind kind) {
        Behaviour tooMany = Behaviour.status(429, "Retry-After: 0\r\n", "{}");
        world.second.otherwise(Behaviour.alternates(tooMany, Behaviour.json("{}")));
        world.upstream.otherwise(Behaviour.status(500, "", "{}"));
        URI uri = world.deployment(kind).forward("adaptive");

        askOften(uri, 300, 200, 500);
        // It takes some failures to be found out.
        assertThat(world.first.requests().size()).isGreaterThan(180);
        assertThat(world.second.requests()).hasSizeBetween(5, 90);
        assertThat(world.upstream.requests()).hasSizeBetween(5, 60);

        world.second.otherwise(Behaviour.json("{}"));
        world.upstream.otherwise(Behaviour.json("{}"));
        askOften(uri, 400, 200);
        List.of(world.first, world.second, world.upstream).forEach(FakeUpstream::reset);
        List.of(world.first, world.second, world.upstream).forEach(fake -> fake.otherwise(Behaviour.json("{}")));
        askOften(uri, 300, 200);
        assertThat(world.first.requests()).hasSizeBetween(65, 135);
        assertThat(world.second.requests()).hasSizeBetween(65, 135);
        assertThat(world.upstream.requests()).hasSizeBetween(65, 135);
    }

    /** Asks on a connection each: a container closes one after a 500, and after a number of requests. */
    private static void askOften(URI uri, int times, Integer... statuses) {
        for (int i = 0; i < times; i++) {
            assertThat(RawClient.exchange(URI.create(uri + CHAT), "POST", "", QUESTION)
                            .status())
                    .isIn((Object[]) statuses);
        }
    }

    @ParameterizedTest
    @KindSource
    void everyStrategyServesAllRequests(Deployment.Kind kind) throws Exception {
        for (String strategy : List.of("random", "least_requests", "response_aware", "ttft_aware")) {
            World.fresh();
            URI uri = world.deployment(kind).forward(strategy);
            boolean byTime = strategy.endsWith("_aware");

            concurrently(4, () -> ask(uri, 15));

            int first = world.first.requests().size();
            int second = world.second.requests().size();
            assertThat(first + second).as(strategy).isEqualTo(60);
            // Which of two that are equally fast is the faster one is for the machine to say.
            assertThat(byTime || (first > 0 && second > 0)).as(strategy).isTrue();
        }
    }
}
