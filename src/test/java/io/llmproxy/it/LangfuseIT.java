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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
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
        return langfuse.requests(PATH).stream()
                .map(LangfuseIT::read)
                .flatMap(export -> export.getResourceSpansList().stream())
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    private static ExportTraceServiceRequest read(UpstreamRequest request) {
        String keys = Base64.getEncoder().encodeToString("pk-1:sk-lf-1".getBytes(StandardCharsets.UTF_8));
        assertThat(request.head().value("Authorization")).contains("Basic " + keys);
        assertThat(request.head().value("x-langfuse-ingestion-version")).contains("4");
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
