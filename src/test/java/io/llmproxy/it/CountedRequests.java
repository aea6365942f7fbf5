package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** Requests to the forward {@code keyed} of nodes that share the limits of its keys through Redis. */
final class CountedRequests {
    static final String CHAT = "/v1/chat/completions";
    static final byte[] QUESTION = "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);

    private static final Pattern CHANGE = Pattern.compile("Redis at \\S+ is (available|unavailable)");
    private static final Duration SOON = Duration.ofMinutes(2);

    private CountedRequests() {}

    /** Waits until a node counts in a mode, such as {@code shared} or {@code away}. */
    static void awaitMode(Deployment node, String mode) {
        Awaitility.await()
                .atMost(SOON)
                .until(() -> node.metrics().sum("llmproxy_limit_mode", "mode=\"" + mode + "\"") == 1);
    }

    /** Returns what the log of a node says of Redis, one after the other, each told once: {@code available} or {@code unavailable}. */
    static List<String> changes(Deployment node) {
        List<String> changes = CHANGE.matcher(node.log())
                .results()
                .map(found -> found.group(1))
                .toList();
        for (int i = 1; i < changes.size(); i++) {
            assertThat(changes.get(i)).as("%s, at %d", changes, i).isNotEqualTo(changes.get(i - 1));
        }
        return changes;
    }

    static Answer ask(Deployment node, String key) {
        return RawClient.exchange(
                node.forward("keyed", CHAT),
                "POST",
                "Content-Type: application/json\r\nConnection: close\r\nAuthorization: Bearer sk-%s-0001\r\n"
                        .formatted(key),
                QUESTION);
    }

    /** Asks as a client does that heeds Retry-After: a node on a busy machine may lose sight of Redis for a moment. */
    static Answer askUntilCounted(Deployment node, String key) {
        return Awaitility.await()
                .atMost(SOON)
                .until(() -> ask(node, key), answer -> !"limits_unavailable".equals(answer.header("X-LLMProxy-Error")));
    }
}
