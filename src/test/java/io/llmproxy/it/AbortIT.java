package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import org.junit.jupiter.params.ParameterizedTest;

/** A client that leaves in the middle of a stream must not cost tokens for long. */
class AbortIT {
    private static final int CLIENTS = 100;
    private static final Duration PACE = Duration.ofMillis(20);
    private static final Duration LIMIT = Duration.ofMillis(250);
    private static final String EVENT =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n";

    private final World world = World.fresh();

    @ParameterizedTest
    @KindSource
    void theUpstreamLearnsOfItAtOnce(Deployment.Kind kind) {
        int late = 0;
        for (int i = 0; i < CLIENTS; i++) {
            String path = World.path() + "/v1/chat/completions";
            world.upstream.on(path, Behaviour.streams(PACE, Collections.nCopies(500, EVENT)));
            URI uri = world.deployment(kind).forward("plain", path);
            RawClient client = RawClient.connect(uri)
                    .send("POST", path, "", "{\"stream\":true}".getBytes(StandardCharsets.US_ASCII));
            client.head();
            client.event();
            UpstreamRequest request = world.upstream.awaitRequest(path);

            client.close();

            late += request.awaitAborted(LIMIT) ? 0 : 1;
        }
        assertThat(late).as("more than 250 ms").isLessThanOrEqualTo(CLIENTS / 100);
    }
}
