package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;

/** Clients that leave must not disturb those that stay: a container uses its objects again for the next request. */
class DepartureIT {
    private static final int ROUNDS = 400;
    private static final byte[] QUESTION = "{\"stream\":true}".getBytes(java.nio.charset.StandardCharsets.UTF_8);

    private final World world = World.fresh();

    @ParameterizedTest
    @KindSource
    void clientsThatStayAreServedWhileOthersLeave(Deployment.Kind kind) {
        String stream = World.path();
        String plain = World.path();
        world.upstream.on(
                stream,
                Behaviour.streams(
                        Duration.ofMillis(1), Collections.nCopies(400, "data: " + "x".repeat(2000) + "\n\n")));
        world.upstream.on(plain, Behaviour.json("{\"fine\":true}"));
        URI leaving = world.deployment(kind).forward("plain", stream);
        URI staying = world.deployment(kind).forward("plain", plain);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> leavers = CompletableFuture.runAsync(() -> leaveUntil(over, leaving));

        try {
            for (int round = 0; round < ROUNDS; round++) {
                Answer answer = RawClient.exchange(staying, "GET", "", new byte[0]);
                assertThat(answer.text()).as("round %d: %s", round, answer).isEqualTo("{\"fine\":true}");
            }
        } finally {
            over.set(true);
            leavers.join();
        }
    }

    private static void leaveUntil(AtomicBoolean over, URI uri) {
        while (!over.get()) {
            try (RawClient client = RawClient.connect(uri)) {
                client.send("POST", RawClient.target(uri), "", QUESTION).head();
            }
        }
    }
}
