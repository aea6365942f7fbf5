package io.llmproxy.telemetry.push;

import io.llmproxy.config.Durations;
import io.llmproxy.config.OtelConfig;
import io.llmproxy.telemetry.Collector;
import io.llmproxy.telemetry.Exports;
import io.llmproxy.telemetry.PlainSender;
import io.llmproxy.telemetry.Service;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporterBuilder;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends all metrics at an interval, on a thread of its own. The library's reader would send the last figures on the thread that closes it,
 * for as long as a collector takes.
 */
final class Push implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Push.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final PrometheusRegistry registry;
    private final Resource resource;
    private final InstrumentationScopeInfo scope;
    private final long begin;
    private final MetricExporter exporter;
    private final Exports points;
    private final ScheduledThreadPoolExecutor thread;

    private Push(
            PrometheusRegistry registry,
            Resource resource,
            InstrumentationScopeInfo scope,
            long begin,
            MetricExporter exporter,
            Exports points) {
        this.registry = registry;
        this.resource = resource;
        this.scope = scope;
        this.begin = begin;
        this.exporter = exporter;
        this.points = points;
        this.thread = new ScheduledThreadPoolExecutor(1, task -> {
            Thread worker = new Thread(task, "llmproxy-metrics");
            worker.setDaemon(true);
            return worker;
        });
    }

    static Push start(OtelConfig otel, String version, long begin, PrometheusRegistry registry, Exports points) {
        Collector collector = Collector.of(otel);
        OtlpHttpMetricExporterBuilder exporter = OtlpHttpMetricExporter.builder()
                .setEndpoint(collector.endpoint("metrics"))
                .setCompression("gzip")
                .setTimeout(TIMEOUT)
                .setConnectTimeout(TIMEOUT)
                .setMeterProvider(MeterProvider.noop())
                .setComponentLoader(new PlainSender.Loader(points));
        collector.headers().forEach(exporter::addHeader);
        Push push = new Push(
                registry,
                Service.resource(otel.serviceName(), version),
                Service.scope(version),
                begin,
                exporter.build(),
                points);
        long interval = otel.metricsInterval().toMillis();
        var unused = push.thread.scheduleWithFixedDelay(push::send, interval, interval, TimeUnit.MILLISECONDS);
        LOG.info("metrics are sent to {} every {}", otel.endpoint(), Durations.format(otel.metricsInterval()));
        return push;
    }

    private void send() {
        try {
            List<MetricData> metrics =
                    new Points(resource, scope, begin, System.currentTimeMillis()).of(registry.scrape());
            int count = metrics.stream()
                    .mapToInt(metric -> metric.getData().getPoints().size())
                    .sum();
            points.ended(
                    count,
                    exporter.export(metrics)
                            .join(2 * TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                            .isSuccess());
        } catch (RuntimeException | Error e) {
            // Else nothing would be sent any more, and nothing said of it.
            LOG.error("metrics were not sent", e);
        }
    }

    /** Ends, without waiting. What was counted since the last interval is sent as well. */
    void end() {
        if (!thread.isShutdown()) {
            thread.execute(this::send);
            thread.shutdown();
        }
    }

    /** Ends at once, whatever is being sent. */
    void breakOff() {
        thread.shutdownNow();
        exporter.close();
    }

    /** Ends, and waits a moment for the last figures to be sent. */
    @Override
    public void close() {
        end();
        try {
            boolean ended = thread.awaitTermination(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            breakOff();
            if (!ended) {
                var unused = thread.awaitTermination(1, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            breakOff();
            Thread.currentThread().interrupt();
        }
    }
}
