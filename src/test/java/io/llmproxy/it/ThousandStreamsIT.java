package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.SsePacer;
import io.llmproxy.testing.StreamLoad;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("measures")
class ThousandStreamsIT {
    private static final int STREAMS = 1000;
    private static final int EVENTS = 20;
    private static final Duration GAP = Duration.ofMillis(400);

    /** On a machine of its own it is some 10 ms; what is held back anywhere would be late by seconds. */
    private static final Duration LATEST = Duration.ofMillis(Integer.getInteger("llmproxy.streams.p99", 1000));

    /** What a converted event may be late at least, whatever others are: less is noise of the machine. */
    private static final Duration NOISE = Duration.ofMillis(200);

    /** How often both are measured at most: a small machine may be busy with something else during one of them. */
    private static final int PAIRS = 3;

    @Test
    void aThousandConvertedStreamsFlowAsOthersDo() {
        try (SsePacer pacer = SsePacer.start(EVENTS, GAP);
                SsePacer quick = SsePacer.start(EVENTS, GAP.dividedBy(4))) {
            Gateway gateway = new Gateway()
                    .single("many", pacer.url(), "dialect: openai", "", "")
                    .single("warm", quick.url(), "dialect: openai", "", "");
            try (Deployment deployment =
                    Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx256m", Deployment.AS_FAST_AS_IT_CAN)) {
                for (String api : List.of("/v1/chat/completions", "/v1/messages")) {
                    new StreamLoad(deployment.forward("warm", api), 200)
                            .run(Duration.ofSeconds(1), Duration.ofSeconds(30));
                }

                Pair best = pair(deployment);
                for (int again = 1; again < PAIRS && !best.tooLate().isNegative(); again++) {
                    Pair next = pair(deployment);
                    best = next.tooLate().compareTo(best.tooLate()) < 0 ? next : best;
                }

                assertThat(best.tooLate()).as("%s", best).isNegative();
            }
        }
    }

    /** Streams that pass, and streams that are converted, one after the other. */
    private record Pair(StreamLoad.Outcome passed, StreamLoad.Outcome converted) {
        /** By how much the converted ones are later than they may be; negative if they are not. */
        Duration tooLate() {
            Duration twice = passed.p99().multipliedBy(2);
            return converted.p99().minus(twice.compareTo(NOISE) > 0 ? twice : NOISE);
        }
    }

    private static Pair pair(Deployment deployment) {
        StreamLoad.Outcome passed = load(deployment, "/v1/chat/completions");
        StreamLoad.Outcome converted = load(deployment, "/v1/messages");
        assertThat(converted.broken()).as(converted + "\n" + deployment.log()).isZero();
        assertThat(converted.events()).isEqualTo(passed.events()).isEqualTo(STREAMS * EVENTS);
        return new Pair(passed, converted);
    }

    private static StreamLoad.Outcome load(Deployment deployment, String api) {
        return new StreamLoad(deployment.forward("many", api), STREAMS)
                .run(Duration.ofSeconds(4), Duration.ofSeconds(60));
    }

    @Test
    void aThousandStreamsFlowThroughFewThreads() {
        try (SsePacer pacer = SsePacer.start(EVENTS, GAP);
                SsePacer quick = SsePacer.start(EVENTS, GAP.dividedBy(4))) {
            Gateway gateway =
                    new Gateway().single("many", pacer.url(), "", "", "").single("warm", quick.url(), "", "", "");
            try (Deployment deployment =
                    Deployment.start(Deployment.Kind.LAUNCHER, gateway, "-Xmx256m", Deployment.AS_FAST_AS_IT_CAN)) {
                StreamLoad warmUp = new StreamLoad(deployment.forward("warm", "/v1/chat/completions"), 200);
                warmUp.run(Duration.ofSeconds(1), Duration.ofSeconds(30));
                StreamLoad load = new StreamLoad(deployment.forward("many", "/v1/chat/completions"), STREAMS);

                CompletableFuture<StreamLoad.Outcome> running =
                        CompletableFuture.supplyAsync(() -> load.run(Duration.ofSeconds(4), Duration.ofSeconds(60)));
                int threads = 0;
                while (!running.isDone()) {
                    threads = Math.max(threads, deployment.process().threads());
                    running.copy()
                            .completeOnTimeout(null, 200, java.util.concurrent.TimeUnit.MILLISECONDS)
                            .join();
                }

                StreamLoad.Outcome outcome = running.join();
                assertThat(outcome.broken())
                        .as(outcome + "\n" + deployment.log())
                        .isZero();
                assertThat(outcome.events()).isEqualTo(STREAMS * EVENTS);
                assertThat(outcome.p99()).isLessThan(LATEST);
                assertThat(threads).isLessThan(STREAMS / 5);
            }
        }
    }
}
