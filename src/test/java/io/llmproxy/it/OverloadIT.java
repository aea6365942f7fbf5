package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RequestLoad;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Asks more than the machine can do: one that takes some milliseconds for a request, as it never compiles its code. */
@Tag("measures")
class OverloadIT {
    private static final String SLOW_MACHINE = "-Xint";
    private static final int SOME = 100;
    private static final int MORE_OF_THEM = 4;
    private static final int OTHERS = 40;
    private static final int LOOKED_AT = 300;
    private static final int LOOKS = 4;
    private static final Duration THINKING = Duration.ofMillis(400);
    private static final Duration PAUSE = Duration.ofMillis(300);
    private static final Duration GROWTH = Duration.ofSeconds(4);
    private static final Duration START_UP = Duration.ofMinutes(2);

    @Test
    void whoIsServedIsServedInTimeAndTheOthersAreRefused() {
        Behaviour answer = Behaviour.delayed(THINKING, Behaviour.json("{}"));
        try (FakeUpstream upstream = FakeUpstream.start().otherwise(answer);
                Deployment deployment = Deployment.start(
                        Deployment.Kind.LAUNCHER,
                        new Gateway().single("few", upstream.url(), "", "", "").server("max_lag: 100ms"),
                        SLOW_MACHINE,
                        Deployment.AS_FAST_AS_IT_CAN)) {
            URI uri = deployment.forward("few", "/v1/chat/completions");
            Duration unloaded = RequestLoad.run(uri, 2, 20).p99();

            RequestLoad crowd = RequestLoad.start(uri, SOME, PAUSE);
            assertIsToldToComeBack(refusalByACrowdThatGrows(crowd, uri));
            Duration loaded = leastOfSomeLooks(unloaded.multipliedBy(3), () -> besideTheCrowd(uri));
            RequestLoad.Outcome all = crowd.stop();

            assertThat(loaded).as("unloaded: " + unloaded).isLessThan(unloaded.multipliedBy(3));
            assertThat(all.statuses().keySet()).as(all.toString()).isEqualTo(Set.of(200, 503));
            assertHasRecovered(deployment, uri, unloaded);
        }
    }

    /**
     * What a client is told that does not pause, and is part of a crowd that grows until that client is refused: how many requests
     * are too many depends on the machine and on the JDK. The client keeps its connection, as a new one is the first thing that a
     * round looks at.
     */
    private static Answer refusalByACrowdThatGrows(RequestLoad crowd, URI uri) {
        int size = SOME;
        long grown = System.nanoTime();
        long end = grown + START_UP.toNanos();
        try (RawClient client = RawClient.connect(uri)) {
            while (System.nanoTime() - end < 0) {
                Answer answer = client.send("POST", RawClient.target(uri), "", new byte[0])
                        .answer();
                if (answer.status() == 503) {
                    return answer;
                }
                if (System.nanoTime() - grown > GROWTH.toNanos()) {
                    crowd.add(size / MORE_OF_THEM);
                    size += size / MORE_OF_THEM;
                    grown = System.nanoTime();
                }
            }
        }
        throw new AssertionError("nothing was refused, though " + size + " clients asked");
    }

    /**
     * The 99th percentile of what is served. It is taken again while it is too long, a few times: what else the machine does makes
     * one look worse, and not all of them, while a queue that stands is seen at each.
     */
    private static Duration leastOfSomeLooks(Duration enough, Supplier<RequestLoad.Outcome> look) {
        Duration least = Duration.ofNanos(Long.MAX_VALUE);
        for (int looks = 0; looks < LOOKS && least.compareTo(enough) >= 0; looks++) {
            Duration p99 = look.get().p99();
            least = least.compareTo(p99) < 0 ? least : p99;
        }
        return least;
    }

    private static RequestLoad.Outcome besideTheCrowd(URI uri) {
        RequestLoad others = RequestLoad.start(uri, OTHERS, PAUSE);
        Awaitility.await().atMost(START_UP).until(() -> others.served() >= LOOKED_AT);
        RequestLoad.Outcome outcome = others.stop();
        assertThat(outcome.statuses().keySet()).as(outcome.toString()).isSubsetOf(Set.of(200, 503));
        return outcome;
    }

    private static void assertIsToldToComeBack(Answer refused) {
        assertThat(refused.header("X-LLMProxy-Error")).as(refused.toString()).isEqualTo("overloaded");
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.text()).contains("\"error\"");
    }

    private static void assertHasRecovered(Deployment deployment, URI uri, Duration unloaded) {
        double before = shed(deployment);
        Duration enough = unloaded.multipliedBy(2);
        Duration afterwards = leastOfSomeLooks(enough, () -> {
            RequestLoad.Outcome outcome = RequestLoad.run(uri, 2, 20);
            assertThat(outcome.failed()).as(outcome.toString()).isZero();
            return outcome;
        });
        assertThat(afterwards).isLessThan(enough);
        assertThat(shed(deployment)).isEqualTo(before);
    }

    private static double shed(Deployment deployment) {
        return deployment.metrics().sum("llmproxy_shed_total", "reason=\"loops_busy\"");
    }
}
