package io.llmproxy.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.llmproxy.testing.Answer;
import io.llmproxy.testing.Behaviour;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.KindSource;
import io.llmproxy.testing.Ports;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.UpstreamRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;

/** Traces and metrics, as a collector receives them that reads OpenTelemetry's own definition of the protocol. */
class OtlpIT {
    private static final String CHAT = "/v1/chat/completions";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CLIENT = "00f067aa0ba902b7";
    private static final String ANSWER = """
            {"id": "c", "object": "chat.completion", "model": "gpt-5", "choices": [{"index": 0, "message": {"role": "assistant", \
            "content": "Hi"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}}""";

    private static Gateway gateway(FakeUpstream upstream, String collector, String more) {
        return new Gateway()
                .top("otel: {endpoint: \"" + collector + "\", sample_ratio: 0, headers: [{key: X-Token, value: t-1}]"
                        + more + "}")
                .upstream(
                        "bad",
                        upstream.url() + "/bad",
                        "provider: openai, models: [gpt-5], auth: {type: bearer, token: sk-x}")
                .upstream(
                        "good",
                        upstream.url() + "/good",
                        "provider: openai, models: [gpt-5], auth: {type: bearer, token: sk-x}")
                .group("g", "{name: bad}, {name: good}", "balance: {strategy: failover}")
                .forward("f", "g", "");
    }

    private static void ask(Deployment deployment, String headers) {
        byte[] body = "{\"model\": \"gpt-5\", \"messages\": []}".getBytes(StandardCharsets.UTF_8);
        RawClient.exchange(deployment.forward("f", CHAT), "POST", headers, body);
    }

    private static List<Span> spans(FakeUpstream collector) {
        return collector.requests("/v1/traces").stream()
                .map(OtlpIT::read)
                .flatMap(export -> export.getResourceSpansList().stream())
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    private static ExportTraceServiceRequest read(UpstreamRequest request) {
        try (InputStream body = body(request)) {
            return ExportTraceServiceRequest.parseFrom(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream body(UpstreamRequest request) throws IOException {
        assertThat(request.head().value("X-Token")).contains("t-1");
        assertThat(request.head().value("Content-Type")).contains("application/x-protobuf");
        return new GZIPInputStream(new ByteArrayInputStream(request.body()));
    }

    /** What was sent last. */
    private static List<Metric> metrics(FakeUpstream collector) {
        List<UpstreamRequest> requests = collector.requests("/v1/metrics");
        if (requests.isEmpty()) {
            return List.of();
        }
        try (InputStream body = body(requests.get(requests.size() - 1))) {
            ResourceMetrics resource =
                    ExportMetricsServiceRequest.parseFrom(body).getResourceMetrics(0);
            assertThat(resource.getResource().getAttributesList())
                    .anyMatch(attribute -> attribute.getKey().equals("service.name")
                            && attribute.getValue().getStringValue().equals("llmproxy"))
                    .anyMatch(attribute -> attribute.getKey().equals("service.instance.id"));
            return resource.getScopeMetrics(0).getMetricsList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double sum(List<Metric> metrics, String name, String attribute, String value) {
        return metrics.stream()
                .filter(metric -> metric.getName().equals(name))
                .flatMap(metric -> metric.getSum().getDataPointsList().stream())
                .filter(point -> has(point.getAttributesList(), attribute, value))
                .mapToDouble(NumberDataPoint::getAsDouble)
                .sum();
    }

    private static boolean has(List<KeyValue> attributes, String key, String value) {
        return attributes.stream()
                .anyMatch(one -> one.getKey().equals(key)
                        && one.getValue().getStringValue().equals(value));
    }

    private static List<Span> await(FakeUpstream collector, int count) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> spans(collector).size() >= count);
        return spans(collector);
    }

    private static Span named(List<Span> spans, Span.SpanKind kind, String upstream) {
        return spans.stream()
                .filter(span -> span.getKind() == kind
                        && (upstream.isEmpty() || upstream.equals(get(span, "llmproxy.upstream"))))
                .findFirst()
                .orElseThrow();
    }

    private static String get(Span span, String key) {
        return span.getAttributesList().stream()
                .filter(attribute -> attribute.getKey().equals(key))
                .map(KeyValue::getValue)
                .map(value -> value.hasIntValue() ? Long.toString(value.getIntValue()) : value.getStringValue())
                .findFirst()
                .orElse("");
    }

    private static String hex(ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @ParameterizedTest
    @KindSource
    void aTraceGoesOnThroughTheGateway(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream collector = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        kind,
                        gateway(upstream, collector.url(), "")
                                .top("metrics: {names: [llmproxy, llm_proxy, gen_ai]}"))) {
            collector.otherwise(Behaviour.json("{}"));
            upstream.on("/bad" + CHAT, Behaviour.status(503, "", "{}"));
            upstream.on("/good" + CHAT, Behaviour.json(ANSWER));

            ask(
                    deployment,
                    "traceparent: 00-" + TRACE + "-" + CLIENT + "-01\r\ntracestate: a=1\r\nbaggage: user=1\r\n");
            List<Span> spans = await(collector, 3);

            Span exchange = named(spans, Span.SpanKind.SPAN_KIND_SERVER, "");
            Span failed = named(spans, Span.SpanKind.SPAN_KIND_CLIENT, "bad");
            Span served = named(spans, Span.SpanKind.SPAN_KIND_CLIENT, "good");
            assertThat(spans).hasSize(3).allMatch(span -> hex(span.getTraceId()).equals(TRACE));
            assertThat(hex(exchange.getParentSpanId())).isEqualTo(CLIENT);
            assertThat(exchange.getName()).isEqualTo("POST " + CHAT);
            assertThat(get(exchange, "http.response.status_code")).isEqualTo("200");
            assertThat(get(exchange, "llmproxy.attempts")).isEqualTo("2");
            assertThat(get(exchange, "error.type")).isEmpty();
            assertThat(failed.getParentSpanId()).isEqualTo(exchange.getSpanId());
            assertThat(get(failed, "http.response.status_code")).isEqualTo("503");
            assertThat(get(failed, "error.type")).isNotEmpty();
            assertThat(served.getName()).isEqualTo("chat gpt-5");
            assertThat(get(served, "gen_ai.provider.name")).isEqualTo("openai");
            assertThat(get(served, "gen_ai.usage.input_tokens")).isEqualTo("12");
            assertThat(get(served, "gen_ai.usage.output_tokens")).isEqualTo("5");
            UpstreamRequest sent = upstream.requests("/good" + CHAT).get(0);
            assertThat(sent.head().values("traceparent"))
                    .containsExactly("00-" + TRACE + "-" + hex(served.getSpanId()) + "-01");
            assertThat(sent.head().values("tracestate")).containsExactly("a=1");
            assertThat(sent.head().has("baggage")).isFalse();
            String scraped = RawClient.exchange(
                            deployment.admin("/metrics"),
                            "GET",
                            "Connection: close\r\nAccept: application/openmetrics-text; version=1.0.0\r\n",
                            new byte[0])
                    .text();
            assertThat(scraped).containsPattern("_seconds_bucket\\{[^}]*\\} \\d+ # \\{trace_id=\"" + TRACE + "\"\\} ");
        }
    }

    @ParameterizedTest
    @KindSource
    void aBrokenHeaderBeginsATraceOfWhichFailuresAreSent(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream collector = FakeUpstream.start();
                Deployment deployment =
                        Deployment.start(kind, gateway(upstream, collector.url(), ", propagate: false"))) {
            collector.otherwise(Behaviour.json("{}"));
            upstream.on("/bad" + CHAT, Behaviour.status(503, "", "{}"));
            upstream.on("/good" + CHAT, Behaviour.json(ANSWER));

            ask(deployment, "traceparent: 00-" + TRACE + "-nonsense-01\r\n");

            Span failed = await(collector, 1).get(0);
            assertThat(get(failed, "llmproxy.upstream")).isEqualTo("bad");
            assertThat(hex(failed.getTraceId())).isNotEqualTo(TRACE);
            upstream.requests()
                    .forEach(request ->
                            assertThat(request.head().has("traceparent")).isFalse());
            assertThat(scrape(deployment)).contains("llmproxy_export_spans_total{target=\"otlp\"} 1.0");
        }
    }

    @ParameterizedTest
    @KindSource
    void aCollectorThatIsAwayDisturbsNobody(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                Deployment deployment =
                        Deployment.start(kind, gateway(upstream, "http://127.0.0.1:" + Ports.free(), ""))) {
            upstream.otherwise(Behaviour.json(ANSWER));

            ask(deployment, "traceparent: 00-" + TRACE + "-" + CLIENT + "-01\r\n");

            assertThat(upstream.requests()).hasSize(1);
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(scrape(deployment))
                            .contains("llmproxy_export_dropped_total{target=\"otlp\"} 2.0"));
        }
    }

    @ParameterizedTest
    @KindSource
    void metricsAreSentAtAnInterval(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream collector = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        kind,
                        gateway(upstream, collector.url(), ", metrics_interval: 200ms")
                                .top("metrics: {names: [llmproxy, gen_ai]}"))) {
            collector.otherwise(Behaviour.json("{}"));
            upstream.on("/bad" + CHAT, Behaviour.status(503, "", "{}"));
            upstream.on("/good" + CHAT, Behaviour.json(ANSWER));
            ask(deployment, "");
            Awaitility.await()
                    .until(() -> sum(metrics(collector), "llmproxy_usage_output_tokens", "upstream", "good") == 5);

            ask(deployment, "");

            Awaitility.await()
                    .until(() -> sum(metrics(collector), "llmproxy_usage_output_tokens", "upstream", "good") == 10);
            List<Metric> metrics = metrics(collector);
            assertThat(sum(metrics, "llmproxy_usage_input_tokens", "upstream", "good"))
                    .isEqualTo(24);
            assertThat(metrics)
                    .filteredOn(metric -> metric.getName().equals("gen_ai.client.token.usage"))
                    .singleElement()
                    .satisfies(usage -> assertThat(usage.getHistogram().getDataPointsList())
                            .filteredOn(point -> has(point.getAttributesList(), "gen_ai.token.type", "output"))
                            .singleElement()
                            .returns(2L, HistogramDataPoint::getCount)
                            .returns(10.0, HistogramDataPoint::getSum));
            assertThat(metrics).extracting(Metric::getName).contains("jvm_memory_used_bytes", "llmproxy_build_info");
            assertThat(collector.requests("/v1/metrics").size()).isGreaterThanOrEqualTo(2);
            Awaitility.await()
                    .until(() -> scrape(deployment)
                            .matches("(?s).*llmproxy_export_spans_total\\{target=\"otlp_metrics\"} [1-9].*"));
        }
    }

    @ParameterizedTest
    @KindSource
    void aCollectorThatTakesNoMetricsIsTold(Deployment.Kind kind) {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream collector = FakeUpstream.start();
                Deployment deployment =
                        Deployment.start(kind, gateway(upstream, collector.url(), ", metrics_interval: 200ms"))) {
            collector.otherwise(Behaviour.status(503, "", ""));
            upstream.otherwise(Behaviour.json(ANSWER));

            Awaitility.await()
                    .until(() -> scrape(deployment)
                            .matches("(?s).*llmproxy_export_dropped_total\\{target=\"otlp_metrics\"} [1-9].*"));

            collector.otherwise(Behaviour.json("{}"));
            ask(deployment, "");
            Awaitility.await()
                    .until(() -> sum(metrics(collector), "llmproxy_usage_output_tokens", "upstream", "bad") == 5);
        }
    }

    @ParameterizedTest
    @KindSource
    void aCollectorThatHangsHoldsUpNoReload(Deployment.Kind kind) throws IOException {
        try (FakeUpstream upstream = FakeUpstream.start();
                FakeUpstream collector = FakeUpstream.start();
                Deployment deployment = Deployment.start(
                        kind, gateway(upstream, collector.url(), "").admin("token: operators"))) {
            collector.otherwise(Behaviour.hangs());
            upstream.otherwise(Behaviour.json(ANSWER));
            ask(deployment, "traceparent: 00-" + TRACE + "-" + CLIENT + "-01\r\n");
            Awaitility.await().until(() -> !collector.requests().isEmpty());
            String config = Files.readString(deployment.config());
            long begun = System.nanoTime();

            Files.writeString(deployment.config(), config.replace("sample_ratio: 0,", "sample_ratio: 1,"));
            Answer reload = RawClient.exchange(
                    deployment.admin("/admin/reload"), "POST", "Authorization: Bearer operators\r\n", new byte[0]);

            assertThat(reload.status()).isEqualTo(200);
            // Who waited for the collector would wait for five seconds, and for two more.
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        }
    }

    private static String scrape(Deployment deployment) {
        return RawClient.exchange(deployment.admin("/metrics"), "GET", "", new byte[0])
                .text();
    }
}
