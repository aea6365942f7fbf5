package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Metrics;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** One test's part of a {@link FaultWorld}: a path that nobody else uses, and the metrics since its beginning. */
final class Scene {
    static final String CHAT = "/v1/chat/completions";
    static final String MESSAGES = "/v1/messages";
    static final String RESPONSES = "/v1/responses";
    static final String GENERATE = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
    static final byte[] NOTHING = {};
    static final byte[] QUESTION = "{\"model\":\"m\",\"messages\":[]}".getBytes(StandardCharsets.UTF_8);
    static final byte[] STREAM = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}".getBytes(StandardCharsets.UTF_8);
    static final String JSON = "Content-Type: application/json\r\n";

    private static final String DELTA =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"},\"finish_reason\":null}]}\n\n";
    static final String STOP = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    static final String DONE = "data: [DONE]\n\n";
    static final List<String> BEGUN = List.of(DELTA.formatted(1), DELTA.formatted(2));
    static final List<String> WHOLE = List.of(DELTA.formatted(1), DELTA.formatted(2), STOP, DONE);

    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final Duration MOMENT = Duration.ofMillis(100);

    private final FaultWorld world;
    private final Deployment deployment;
    private final String forward;
    private final String group;
    private final String prefix;
    private final Metrics before;

    /** Whether what the last exchange is counted by has had its moment. */
    private boolean settled;

    Scene(FaultWorld world, Deployment deployment, String forward, String group) {
        this.world = world;
        this.deployment = deployment;
        this.forward = forward;
        this.group = group;
        this.prefix = "/" + group + "/n" + COUNT.incrementAndGet();
        this.before = deployment.metrics();
    }

    Deployment deployment() {
        return deployment;
    }

    /** How the first upstream treats requests to an API, one after the other. */
    Scene first(String api, Behaviour... inTurn) {
        world.first.on(prefix + api, inTurn);
        return this;
    }

    /** How the first upstream treats chat requests, one after the other. */
    Scene first(Behaviour... inTurn) {
        return first(CHAT, inTurn);
    }

    /** How the second upstream treats chat requests, one after the other. */
    Scene second(Behaviour... inTurn) {
        world.second.on(prefix + CHAT, inTurn);
        return this;
    }

    /** Where an API is reached. */
    URI uri(String api) {
        settled = false;
        return deployment.forward(forward, prefix + api);
    }

    /** Asks for a chat answer. */
    Answer ask() {
        return ask(CHAT);
    }

    /** Asks an API. */
    Answer ask(String api) {
        return ask(api, "");
    }

    /** Asks an API with further header lines. */
    Answer ask(String api, String headers) {
        return RawClient.exchange(uri(api), "POST", JSON + headers, QUESTION);
    }

    /** Asks with another method and no body. */
    Answer ask(String method, String api, String headers) {
        return RawClient.exchange(uri(api), method, headers, NOTHING);
    }

    /** Begins a chat stream. */
    RawClient open() {
        return open(CHAT);
    }

    /** Begins a stream. */
    RawClient open(String api) {
        URI uri = uri(api);
        return RawClient.connect(uri).send("POST", RawClient.target(uri), JSON, STREAM);
    }

    /** Reads a whole chat stream. */
    Answer stream() {
        return stream(CHAT);
    }

    /** Reads a whole stream. */
    Answer stream(String api) {
        try (RawClient client = open(api)) {
            return client.answer();
        }
    }

    /** The requests that a server got. */
    List<UpstreamRequest> requests(FakeUpstream server) {
        return server.requests().stream()
                .filter(request -> request.head().path().startsWith(prefix + "/"))
                .toList();
    }

    /** Waits for a chat request at the first upstream. */
    UpstreamRequest arrived() {
        return world.first.awaitRequest(prefix + CHAT);
    }

    /** Says how often the first and the second upstream were called. */
    void assertCalls(int ofFirst, int ofSecond) {
        assertThat(requests(world.first)).as("calls of the first upstream").hasSize(ofFirst);
        assertThat(requests(world.second)).as("calls of the second upstream").hasSize(ofSecond);
    }

    /** Says how many calls of one upstream of the group its breaker took for good and for bad. */
    void assertBreaker(String node, int successes, int failures) {
        String upstream = "upstream=\"" + group + "-" + node + "\"";
        assertCounted(successes, "llmproxy_circuitbreaker_calls_total", upstream, "result=\"success\"");
        assertCounted(failures, "llmproxy_circuitbreaker_calls_total", upstream, "result=\"failure\"");
    }

    /** Says how often a call of one upstream of the group failed in a way. */
    void assertUpstreamErrors(String node, String code, int times) {
        String upstream = "upstream=\"" + group + "-" + node + "\"";
        assertCounted(times, "llmproxy_upstream_errors_total", upstream, "error=\"" + code + "\"");
    }

    /** Says how often clients were told of an error. */
    void assertClientErrors(String code, int status, int times) {
        String seen = "status=\"" + status + "\"";
        assertCounted(
                times,
                "llmproxy_http_request_errors_total",
                "forward=\"" + forward + "\"",
                "error=\"" + code + "\"",
                seen);
    }

    /** Says that no upstream of the group failed. */
    void assertNoUpstreamErrors() {
        assertCounted(0, "llmproxy_upstream_errors_total", "group=\"" + group + "\"");
    }

    /** By how much a counter has grown since the beginning. */
    double growth(String name, String... labels) {
        return deployment.metrics().sum(name, labels) - before.sum(name, labels);
    }

    /**
     * Waits until a counter has grown by so much: metrics may come a moment after the answer, also those that must not come, so
     * that nothing is looked at sooner.
     */
    void assertCounted(double growth, String name, String... labels) {
        Duration late = settled ? Duration.ZERO : MOMENT;
        settled = true;
        Awaitility.await()
                .pollDelay(late)
                .atMost(FaultWorld.soon())
                .untilAsserted(() -> assertThat(growth(name, labels))
                        .as(name + List.of(labels))
                        .isEqualTo(growth));
    }

    /** Says that an answer is an error of the gateway's own, and tells nothing internal. */
    static void assertOurs(Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
        assertThat(answer.header("X-LLMProxy-Error")).as(answer.toString()).isEqualTo(code);
        assertThat(answer.header("X-Request-Id")).as(answer.toString()).isNotBlank();
        assertThat(answer.header("Content-Type")).startsWith("application/json");
        assertThat(answer.toString())
                .doesNotContain("127.0.0.1")
                .doesNotContain("Exception")
                .doesNotContain("fault-suite");
    }

    /** Says that a stream that broke off does not look complete, and says so. */
    static void assertBrokenOff(Answer answer, List<String> begun) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
        assertThat(answer.text())
                .as(answer.toString())
                .startsWith(String.join("", begun))
                .contains("\"error\"")
                .doesNotContain("[DONE]")
                .doesNotContain("message_stop");
    }
}
