package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.IdleStreams;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RemoteMemory;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * What an open stream holds on to: what is left in the heap and in buffers outside it when a collector has taken all garbage, so
 * that neither a clock nor the system's view of memory counts.
 */
@Tag("weighs")
class StreamMemoryIT {
    private static final int WARM_UP = 100;

    /**
     * Measured in bytes; the rest is room for another version's fields. In the launcher 18,400: two connections, their parsers and requests,
     * 2 KiB to write from, and 1,900 for what reads the usage of the answer. Jetty by itself, 35,000, also keeps the buffer that the request was read into, and has buffers
     * of multiples of 4 KiB. Of Tomcat's 130,000, some 100,000 are what it makes for an exchange: heads, bodies and characters.
     */
    private static long budget(Deployment.Kind kind) {
        return switch (kind) {
            case LAUNCHER -> 19_500;
            case JETTY -> 39_000;
            case TOMCAT -> 140_000;
        };
    }

    @ParameterizedTest
    @KindSource
    void anOpenStreamKeepsItsBudget(Deployment.Kind kind) {
        assertThat(bytesEach(kind, 1000, "tell me more")).isBetween(1L, budget(kind));
    }

    /** Once it is answered it will not be sent again, and nothing would bound what the prompts of all open streams take. */
    @ParameterizedTest
    @KindSource
    void anOpenStreamForgetsItsPrompt(Deployment.Kind kind) {
        int length = 1 << 20;

        assertThat(bytesEach(kind, 50, "x".repeat(length))).isBetween(1L, length / 4L);
    }

    private static long bytesEach(Deployment.Kind kind, int streams, String prompt) {
        try (IdleStreams idle = IdleStreams.start()) {
            Gateway gateway = new Gateway().single("idle", idle.url(), "", "", "");
            try (Deployment deployment = Deployment.start(kind, gateway, "-Xmx256m", Deployment.AS_FAST_AS_IT_CAN);
                    RemoteMemory memory = RemoteMemory.of(deployment.process())) {
                URI target = deployment.forward("idle", "/v1/chat/completions");
                open(idle, target, WARM_UP, "");
                long before = memory.bytes();
                open(idle, target, streams, prompt);
                long after = memory.bytes();
                idle.end();
                return (after - before) / streams;
            }
        }
    }

    private static void open(IdleStreams idle, URI target, int count, String prompt) {
        int open = idle.alive() + count;
        idle.open(target, count, prompt);
        await().atMost(Duration.ofSeconds(60)).until(() -> idle.alive() == open);
    }
}
