package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** Generations, as Langfuse takes them. */
class LangfuseIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String PATH = "/api/public/otel/v1/traces";
    private static final String INPUT = "langfuse.observation.input";
    private static final String OUTPUT = "langfuse.observation.output";
    private static final String PROMPT = "canary-of-a-prompt";
    private static final String ANSWER = """
            {"id": "c", "object": "chat.completion", "model": "gpt-5", "choices": [{"index": 0, "message": {"role": "assistant", \
            "content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17, \
            "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}}}""";

    private static Gateway gateway(FakeUpstream upstream, FakeUpstream langfuse) {
        return new Gateway()
                .top("langfuse: {host: \"" + langfuse.url()
                        + "\", public_key: pk-1, secret_key: sk-lf-1, environment: test}")
                .top("keys: [{name: team-a, key: sk-team-a-1}]")
                .single(
                        "f",
                        upstream.url(),
                        "provider: openai, models: [gpt-5], auth: {type: bearer, token: sk-x}",
                        "",
                        "");
    }

    private static List<Span> spans(FakeUpstream langfuse) {
        String keys = Base64.getEncoder().encodeToString("pk-1:sk-lf-1".getBytes(StandardCharsets.UTF_8));
        assertThat(langfuse.requests(PATH)).allSatisfy(request -> {
            assertThat(request.head().value("Authorization")).contains("Basic " + keys);
            assertThat(request.head().value("x-langfuse-ingestion-version")).contains("4");
        });
        return exported(langfuse, PATH);
    }

    private static List<Span> exported(FakeUpstream server, String path) {
        return server.requests(path).stream()
                .map(LangfuseIT::read)
                .flatMap(export -> export.getResourceSpansList().stream())
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    private static ExportTraceServiceRequest read(UpstreamRequest request) {
        try (GZIPInputStream body = new GZIPInputStream(new ByteArrayInputStream(request.body()))) {
            return ExportTraceServiceRequest.parseFrom(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, AnyValue> attributes(Span span) {
        return span.getAttributesList().stream().collect(Collectors.toMap(KeyValue::getKey, KeyValue::getValue));
    }

    private static String text(Span span, String key) {
        AnyValue value = attributes(span).get(key);
        return value == null ? "" : value.getStringValue();
    }

    private static Gateway telling(FakeUpstream upstream, FakeUpstream langfuse, FakeUpstream collector) {
        return new Gateway()
                .top("langfuse: {host: \"" + langfuse.url()
                        + "\", public_key: pk-1, secret_key: sk-lf-1, content: true, redact: [user]}")
                .top("otel: {endpoint: \"" + collector.url() + "\", sample_ratio: 1}")
                .top("keys: [{name: team-a, key: sk-team-a-1}]")
                .single(
                        "f",
                        upstream.url(),
                        "provider: openai, models: [gpt-5], auth: {type: bearer, token: sk-upstream-canary}",
                        "",
                        "");
    }

    private static byte[] question(String prompt, boolean stream) {
        return ("{\"model\": \"gpt-5\", \"stream\": " + stream
                        + ", \"temperature\": 0.5, \"user\": \"alice-canary\", \"messages\": [{\"role\": \"user\", \"user\": "
                        + "\"alice-canary\", \"content\": \"" + prompt + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String event(String text) {
        return "data: {\"id\": \"c\", \"object\": \"chat.completion.chunk\", \"model\": \"gpt-5\", \"choices\": [{\"index\": 0, "
                + "\"delta\": {\"content\": \"" + text + "\"}, \"finish_reason\": null}]}\n\n";
    }

    /** The spans of the exchange and the attempt that have this prompt. */
    private static List<Span> asking(FakeUpstream langfuse, String prompt) {
        Awaitility.await()
                .until(() -> spans(langfuse).stream()
                                .filter(span -> text(span, INPUT).contains(prompt))
                                .count()
                        == 2);
        return spans(langfuse).stream()
                .filter(span -> text(span, INPUT).contains(prompt))
                .toList();
    }

    @ParameterizedTest
    @KindSource
    void promptsAndAnswersAreSentOnlyWhereThatIsAskedForAndOnlyToLangfuse(Deployment.Kind kind) throws Exception {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream langfuse = FakeUpstream.start();
                FakeUpstream collector = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, telling(upstream, langfuse, collector))) {
            langfuse.otherwise(Behaviour.json("{}"));
            collector.otherwise(Behaviour.json("{}"));
            URI chat = deployment.forward("f", CHAT);
            String key = "Authorization: Bearer sk-team-a-1\r\n";

            upstream.otherwise(Behaviour.json(ANSWER.replace("Hi", "your key is sk-upstream-canary")));
            RawClient.exchange(chat, "POST", key, question("plain", false));
            assertThat(asking(langfuse, "plain")).allSatisfy(span -> {
                assertThat(text(span, INPUT))
                        .isEqualTo("{\"messages\":[{\"role\":\"user\",\"user\":\"***\",\"content\":\"plain\"}]}");
                assertThat(text(span, OUTPUT)).isEqualTo("{\"role\":\"assistant\",\"content\":\"your key is ***\"}");
                assertThat(text(span, "langfuse.observation.model.parameters")).isEqualTo("{\"temperature\":0.5}");
            });

            upstream.otherwise(
                    Behaviour.streams(Duration.ZERO, List.of(event("Hel"), event("lo"), "data: [DONE]\n\n")));
            RawClient.exchange(chat, "POST", key, question("streamed", true));
            assertThat(asking(langfuse, "streamed"))
                    .allSatisfy(span ->
                            assertThat(text(span, OUTPUT)).isEqualTo("{\"role\":\"assistant\",\"content\":\"Hello\"}"));

            upstream.otherwise(Behaviour.streams(Duration.ofMillis(5), Collections.nCopies(800, event("Hel"))));
            RawClient client =
                    RawClient.connect(chat).send("POST", RawClient.target(chat), key, question("left", true));
            client.head();
            client.event();
            client.close();
            assertThat(asking(langfuse, "left"))
                    .allSatisfy(span -> assertThat(text(span, OUTPUT))
                            .matches("\\{\"role\":\"assistant\",\"content\":\"(Hel)+\"}"));

            assertThat(spans(langfuse).toString()).doesNotContain("sk-upstream-canary", "alice-canary");
            Awaitility.await().until(() -> exported(collector, "/v1/traces").size() == 6);
            assertThat(exported(collector, "/v1/traces"))
                    .noneMatch(span -> attributes(span).containsKey(INPUT)
                            || attributes(span).containsKey(OUTPUT)
                            || span.toString().contains("streamed"));
        }
    }

    @ParameterizedTest
    @KindSource
    void anAttemptIsAGenerationWithDisjointCounts(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream langfuse = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream, langfuse))) {
            langfuse.otherwise(Behaviour.json("{}"));
            upstream.otherwise(Behaviour.json(ANSWER));
            byte[] body = ("{\"model\": \"gpt-5\", \"messages\": [{\"role\": \"user\", \"content\": \"" + PROMPT
                            + "\"}]}")
                    .getBytes(StandardCharsets.UTF_8);
            RawClient.exchange(deployment.forward("f", CHAT), "POST", "Authorization: Bearer sk-team-a-1\r\n", body);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> spans(langfuse).size() >= 2);
            List<Span> spans = spans(langfuse);

            assertThat(spans).hasSize(2).allSatisfy(span -> {
                assertThat(text(span, "langfuse.trace.name")).isEqualTo("llm-proxy-request");
                assertThat(text(span, "langfuse.user.id")).isEqualTo("team-a");
                assertThat(text(span, "langfuse.environment")).isEqualTo("test");
                assertThat(text(span, "langfuse.observation.level")).isEqualTo("DEFAULT");
                assertThat(span.toString()).doesNotContain(PROMPT, "sk-team-a-1", "sk-x");
            });
            Span generation = spans.stream()
                    .filter(span -> text(span, "langfuse.observation.type").equals("generation"))
                    .findFirst()
                    .orElseThrow();
            assertThat(text(generation, "gen_ai.request.model")).isEqualTo("gpt-5");
            assertThat(text(generation, "langfuse.observation.usage_details"))
                    .isEqualTo(
                            "{\"input\":8,\"input_cached_tokens\":4,\"output\":3,\"output_reasoning_tokens\":2,\"total\":17}");
            // The client sent no trace, and none is to be sent on without otel.
            assertThat(upstream.requests().get(0).head().has("traceparent")).isFalse();
        }
    }
}
