package io.llmproxy.it.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment.Kind;
import io.llmproxy.testing.Event;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Streams of events that do not come to their end. */
class StreamFaultsIT {
    private static final Behaviour FINE = Behaviour.streams(Duration.ZERO, Scene.WHOLE);
    private static final List<String> MESSAGE_BEGUN = List.of(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":1}}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n");
    private static final List<String> RESPONSE_BEGUN = List.of(
            "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{}}\n\n",
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n");
    private static final List<String> GENERATE_BEGUN =
            List.of("data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n");

    private final FaultWorld world = FaultWorld.fresh();

    /** Each dialect's stream breaks off in a way. */
    private void breaksOff(Kind kind, String code, java.util.function.Function<List<String>, Behaviour> way) {
        Scene chat = world.scene(kind, "two").first(way.apply(Scene.BEGUN)).second(FINE);
        Scene.assertBrokenOff(chat.stream(), Scene.BEGUN);
        chat.assertCalls(1, 0);
        chat.assertBreaker("a", 0, 1);
        chat.assertUpstreamErrors("a", code, 1);
        chat.assertClientErrors(code, 200, 1);

        breaksOffIn(kind, Scene.MESSAGES, MESSAGE_BEGUN, "event: error", way);
        breaksOffIn(kind, Scene.RESPONSES, RESPONSE_BEGUN, "\"type\":\"error\"", way);
        breaksOffIn(kind, Scene.GENERATE, GENERATE_BEGUN, "\"status\"", way);
    }

    private void breaksOffIn(
            Kind kind,
            String api,
            List<String> begun,
            String mark,
            java.util.function.Function<List<String>, Behaviour> way) {
        Scene scene = world.scene(kind, "two").first(api, way.apply(begun));

        Answer answer = scene.stream(api);

        Scene.assertBrokenOff(answer, begun);
        assertThat(answer.text()).contains(mark).doesNotContain("response.completed");
        scene.assertCalls(1, 0);
    }

    @Fault("U10")
    void aStreamThatIsReset(Kind kind) {
        breaksOff(kind, "upstream_reset", Behaviour::resetsMidStream);
    }

    @Fault("U11")
    void aStreamThatIsClosedBeforeItsEnd(Kind kind) {
        breaksOff(kind, "upstream_reset", begun -> Behaviour.streams(Duration.ZERO, begun));
        Scene finished = world.scene(kind, "one")
                .first(Behaviour.streams(Duration.ZERO, List.of(Scene.BEGUN.get(0), Scene.STOP)));
        assertThat(finished.stream().text()).doesNotContain("error");
        finished.assertBreaker("a", 1, 0);
    }

    @Fault("U12")
    void aStreamThatFallsSilent(Kind kind) {
        Scene scene = world.scene(kind, "beating").first(Behaviour.fallsSilent(Scene.BEGUN));
        try (RawClient client = scene.open()) {
            client.head();
            assertThat(client.event().comment()).isFalse();
            assertThat(client.event().comment()).isFalse();
            Event heartbeat = client.event(Duration.ofSeconds(2));
            assertThat(heartbeat.comment()).as(heartbeat.text()).isTrue();
            Answer rest = client.answer();
            assertThat(rest.text()).contains("\"error\"").doesNotContain("[DONE]");
        }
        assertThat(scene.arrived().awaitAborted(Duration.ofSeconds(1))).isTrue();
        scene.assertCalls(1, 0);
        scene.assertBreaker("a", 0, 1);
        scene.assertUpstreamErrors("a", "upstream_stalled", 1);
        scene.assertClientErrors("upstream_stalled", 200, 1);
    }

    @Fault("U31")
    void compressedAnswers(Kind kind) {
        byte[] plain = Behaviour.compress("{\"compressed\":true}".repeat(100));
        Scene body = world.scene(kind, "one").first(Behaviour.gzip(plain));
        Answer answer = body.ask(Scene.CHAT, "Accept-Encoding: gzip, br, zstd\r\n");
        assertThat(answer.body()).isEqualTo(plain);
        assertThat(answer.header("Content-Encoding")).isEqualTo("gzip");
        assertThat(body.arrived().head().value("Accept-Encoding")).hasValue("gzip, br, zstd");
        body.assertBreaker("a", 1, 0);

        byte[] stream = Behaviour.compress(String.join("", Scene.WHOLE));
        LockStep steps = new LockStep();
        byte[] begin = Arrays.copyOf(stream, stream.length / 2);
        byte[] rest = Arrays.copyOfRange(stream, stream.length / 2, stream.length);
        Scene pieces = world.scene(kind, "one").first(Behaviour.lockStepGzip(steps, List.of(begin, rest)));
        try (RawClient client = pieces.open()) {
            assertThat(client.head().value("Content-Encoding")).hasValue("gzip");
            assertThat(client.read(begin.length)).isEqualTo(begin);
            steps.next();
            assertThat(client.answer().body()).isEqualTo(rest);
        }
        pieces.assertBreaker("a", 1, 0);
    }
}
