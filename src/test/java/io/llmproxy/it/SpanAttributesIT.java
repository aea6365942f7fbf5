package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every attribute of the spans of known exchanges, compared with files: readers of spans rely on all of them, and are to see it in
 * the changelog when one changes. {@code -Dregenerate} writes the files anew.
 */
class SpanAttributesIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String PRICES = """
            version: "1"
            currency: USD
            models: [{model: gpt-5, per_million: {input: "2", cache_read: "1", output: "10"}}]
            """;
    private static final String USAGE = """
            {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17, "prompt_tokens_details": {"cached_tokens": 4}, \
            "completion_tokens_details": {"reasoning_tokens": 2}}""";
    private static final String ANSWER = """
            {"id": "c", "object": "chat.completion", "model": "gpt-5-2025-08-07", "choices": [{"index": 0, "message": {"role": "assistant", \
            "content": "Hi"}, "finish_reason": "stop"}], "usage": %s}""".formatted(USAGE);
    private static final List<String> EVENTS = List.of(
            event("{\"index\": 0, \"delta\": {\"content\": \"Hi\"}, \"finish_reason\": null}", "null"),
            event("{\"index\": 0, \"delta\": {}, \"finish_reason\": \"stop\"}", "null"),
            event("", USAGE),
            "data: [DONE]\n\n");
    private static final String ERROR = "{\"error\": {\"message\": \"busy\"}}";

    /** What is different each time. */
    private static final Set<String> TIMES =
            Set.of("gen_ai.response.time_to_first_chunk", "langfuse.observation.completion_start_time");

    @TempDir
    private Path directory;

    private static String event(String choices, String usage) {
        return "data: {\"id\": \"c\", \"object\": \"chat.completion.chunk\", \"model\": \"gpt-5-2025-08-07\", \"choices\": ["
                + choices + "], \"usage\": " + usage + "}\n\n";
    }

    @Test
    void aCollectorGetsThese() {
        compare("otel: {endpoint: \"%s\", sample_ratio: 0}", "/v1/traces", "spans-otlp.txt");
    }

    @Test
    void langfuseGetsThese() {
        String settings =
                "langfuse: {host: \"%s\", public_key: pk-1, secret_key: sk-lf-1, environment: test, release: r1, content: true}";
        compare(settings, "/api/public/otel/v1/traces", "spans-langfuse.txt");
    }

    private void compare(String settings, String path, String golden) {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream receiver = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        Deployment.Kind.LAUNCHER, gateway(upstream, settings.formatted(receiver.url())))) {
            receiver.otherwise(Behaviour.json("{}"));
            upstream.on(
                    "/first" + CHAT,
                    Behaviour.json(ANSWER),
                    Behaviour.streams(Duration.ZERO, EVENTS),
                    Behaviour.status(503, "Content-Type: application/json\r\n", ERROR));
            upstream.on("/second" + CHAT, Behaviour.json(ANSWER));

            String shown = told(deployment, receiver, path, 1, "plain", false)
                    + told(deployment, receiver, path, 2, "streamed", true)
                    + told(deployment, receiver, path, 3, "failed over", false);

            assertThat(shown).isEqualTo(read(Path.of("src/test/resources", golden), shown));
        }
    }

    private Gateway gateway(FakeUpstream upstream, String settings) {
        Path prices = directory.resolve("prices.yaml");
        String keyed = "provider: openai, models: [gpt-5], auth: {type: bearer, token: sk-upstream-1}";
        try {
            Files.writeString(prices, PRICES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Gateway()
                .top(settings)
                .top("prices: \"" + prices + "\"")
                .top("keys: [{name: team-a, key: sk-team-a-1}]")
                .upstream("first", upstream.url() + "/first", keyed)
                .upstream("second", upstream.url() + "/second", keyed)
                .group("g", "{name: first}, {name: second}", "balance: {strategy: failover}")
                .forward("f", "g", "");
    }

    private static String read(Path golden, String shown) {
        try {
            if (System.getProperty("regenerate") != null) {
                Files.writeString(golden, shown);
            }
            return Files.readString(golden);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asks, and shows the spans of that. The trace tells them from others, and has them sent. */
    private static String told(
            Deployment deployment, FakeUpstream receiver, String path, int number, String name, boolean stream) {
        String trace = "%032x".formatted(number);
        byte[] body = ("{\"model\": \"gpt-5\", \"stream\": " + stream
                        + ", \"temperature\": 0, \"messages\": [{\"role\": \"user\", \"content\": \"" + name + "\"}]}")
                .getBytes(StandardCharsets.UTF_8);
        String head = "Authorization: Bearer sk-team-a-1\r\nX-Request-Id: r" + number + "\r\ntraceparent: 00-" + trace
                + "-00f067aa0ba902b7-01\r\n";
        RawClient.exchange(deployment.forward("f", CHAT), "POST", head, body);
        Awaitility.await()
                .until(() -> spans(receiver, path, trace).stream()
                        .anyMatch(span -> span.getKind() == Span.SpanKind.SPAN_KIND_SERVER));
        return spans(receiver, path, trace).stream()
                .sorted(Comparator.comparingLong(Span::getStartTimeUnixNano))
                .map(span -> shown(name, span))
                .collect(Collectors.joining());
    }

    private static List<Span> spans(FakeUpstream receiver, String path, String trace) {
        return receiver.requests(path).stream()
                .map(SpanAttributesIT::read)
                .flatMap(export -> export.getResourceSpansList().stream())
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .filter(span -> HexFormat.of()
                        .formatHex(span.getTraceId().toByteArray())
                        .equals(trace))
                .toList();
    }

    private static ExportTraceServiceRequest read(UpstreamRequest request) {
        try (GZIPInputStream body = new GZIPInputStream(new ByteArrayInputStream(request.body()))) {
            return ExportTraceServiceRequest.parseFrom(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String shown(String exchange, Span span) {
        String kind = span.getKind().name().replace("SPAN_KIND_", "");
        String status = span.getStatus().getCode().name().replace("STATUS_CODE_", "");
        String attributes = span.getAttributesList().stream()
                .sorted(Comparator.comparing(KeyValue::getKey))
                .map(attribute -> "  " + attribute.getKey() + " = " + shown(attribute) + "\n")
                .collect(Collectors.joining());
        return exchange + ": " + kind + " \"" + span.getName() + "\", " + status + "\n" + attributes + "\n";
    }

    private static String shown(KeyValue attribute) {
        return TIMES.contains(attribute.getKey()) ? "(a time)" : shown(attribute.getValue());
    }

    private static String shown(AnyValue value) {
        return switch (value.getValueCase()) {
            case STRING_VALUE -> "\"" + value.getStringValue() + "\"";
            case INT_VALUE -> Long.toString(value.getIntValue());
            case DOUBLE_VALUE -> Double.toString(value.getDoubleValue());
            case ARRAY_VALUE ->
                value.getArrayValue().getValuesList().stream()
                        .map(SpanAttributesIT::shown)
                        .collect(Collectors.joining(", ", "[", "]"));
            default -> throw new AssertionError("a value of another type: " + value);
        };
    }
}
