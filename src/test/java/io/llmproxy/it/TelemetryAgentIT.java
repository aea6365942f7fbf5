package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Artefacts;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.LockStep;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** OpenTelemetry's own agent for Java, which many operators have in the JVMs of their app servers. */
class TelemetryAgentIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CLIENT = "00f067aa0ba902b7";
    private static final String OURS = "io.llmproxy";
    private static final String EVENT = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%d\"}}]}\n\n";

    /** The agent prepares each class that is loaded, which takes a start several times as long. */
    private static final Duration AGENTS_START = Duration.ofSeconds(60);

    @ParameterizedTest(allowZeroInvocations = true)
    @KindSource({Deployment.Kind.LAUNCHER, Deployment.Kind.TOMCAT})
    void spansGoTheWayOfTheAgentBelowItsOwn(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream collector = FakeUpstream.start();
                FakeUpstream other = FakeUpstream.start();
                Deployment deployment = Deployment.start(kind, gateway(upstream, other), agent(collector))) {
            collector.otherwise(Behaviour.json("{}"));
            upstream.on(CHAT, Behaviour.json("{\"id\": \"c\", \"model\": \"gpt-5\", \"choices\": []}"));

            Answer answer = RawClient.exchange(
                    deployment.forward("f", CHAT),
                    "POST",
                    "traceparent: 00-" + TRACE + "-" + CLIENT + "-01\r\n",
                    "{\"model\": \"gpt-5\", \"messages\": []}".getBytes(StandardCharsets.UTF_8));

            assertThat(answer.status()).isEqualTo(200);
            Span exchange = await(collector, Span.SpanKind.SPAN_KIND_INTERNAL, true);
            Span attempt = await(collector, Span.SpanKind.SPAN_KIND_CLIENT, true);
            Span server = await(collector, Span.SpanKind.SPAN_KIND_SERVER, false);
            assertThat(exchange.getName()).isEqualTo("POST " + CHAT);
            assertThat(exchange.getParentSpanId()).isEqualTo(server.getSpanId());
            assertThat(attempt.getParentSpanId()).isEqualTo(exchange.getSpanId());
            assertThat(hex(server.getParentSpanId().toByteArray())).isEqualTo(CLIENT);
            assertThat(upstream.requests(CHAT))
                    .singleElement()
                    .satisfies(request -> assertThat(request.head().values("traceparent"))
                            .singleElement()
                            .asString()
                            .startsWith("00-" + TRACE + "-")
                            .doesNotContain(CLIENT));
            assertThat(other.requests("/v1/traces")).isEmpty();
            streamsInLockStep(upstream, deployment);
            assertThat(deployment.log()).doesNotContain(" ERROR ", "WARN  i.l.t", "Exception");
        }
    }

    private static void streamsInLockStep(FakeUpstream upstream, Deployment deployment) {
        LockStep steps = new LockStep();
        List<String> events = List.of(EVENT.formatted(1), EVENT.formatted(2), "data: [DONE]\n\n");
        upstream.on(CHAT, Behaviour.lockStep(steps, events));
        byte[] body = "{\"model\": \"gpt-5\", \"stream\": true, \"messages\": []}".getBytes(StandardCharsets.UTF_8);
        URI uri = deployment.forward("f", CHAT);
        try (RawClient client = RawClient.connect(uri).send("POST", RawClient.target(uri), "", body)) {
            assertThat(client.head().status()).isEqualTo(200);
            for (int i = 1; i <= 2; i++) {
                assertThat(client.event().data()).contains("\"content\":\"" + i + "\"");
                steps.next();
            }
            assertThat(client.event().data()).isEqualTo("[DONE]");
        }
    }

    private static Gateway gateway(FakeUpstream upstream, FakeUpstream other) {
        return new Gateway()
                .top("otel: {endpoint: \"" + other.url() + "\", sample_ratio: 1}")
                .single("f", upstream.url(), "provider: openai, models: [gpt-5]", "", "");
    }

    private static String[] agent(FakeUpstream collector) {
        return new String[] {
            "-javaagent:" + Artefacts.telemetryAgent(),
            "-Dotel.exporter.otlp.endpoint=" + collector.url(),
            "-Dotel.exporter.otlp.protocol=http/protobuf",
            "-Dotel.metrics.exporter=none",
            "-Dotel.logs.exporter=none",
            "-Dotel.bsp.schedule.delay=100"
        };
    }

    private static Span await(FakeUpstream collector, Span.SpanKind kind, boolean ours) {
        return Awaitility.await()
                .atMost(AGENTS_START)
                .until(
                        () -> scopes(collector)
                                .filter(scope -> scope.getScope().getName().equals(OURS) == ours)
                                .flatMap(scope -> scope.getSpansList().stream())
                                .filter(span -> span.getKind() == kind
                                        && hex(span.getTraceId().toByteArray()).equals(TRACE))
                                .findFirst(),
                        Optional::isPresent)
                .orElseThrow();
    }

    private static Stream<ScopeSpans> scopes(FakeUpstream collector) {
        return collector.requests("/v1/traces").stream()
                .map(TelemetryAgentIT::read)
                .flatMap(export -> export.getResourceSpansList().stream())
                .flatMap(resource -> resource.getScopeSpansList().stream());
    }

    private static ExportTraceServiceRequest read(UpstreamRequest request) {
        boolean packed = request.head().value("Content-Encoding").equals(Optional.of("gzip"));
        try (var body = new ByteArrayInputStream(request.body())) {
            return ExportTraceServiceRequest.parseFrom(packed ? new GZIPInputStream(body) : body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
