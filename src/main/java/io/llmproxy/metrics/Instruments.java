package io.llmproxy.metrics;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/**
 * Makes what counts and measures. None takes exemplars: nothing here traces, and for them the library would start a thread
 * that never ends, and keeps an application that is deployed again in memory.
 */
record Instruments(PrometheusRegistry registry) {
    private static final String TOTAL = "_total";
    private static final double[] SECONDS = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60};

    Counter counter(String name, String help, String... labels) {
        return Counter.builder()
                .withoutExemplars()
                .name(name)
                .help(help)
                .labelNames(labels)
                .register(registry);
    }

    /** One that can be told by key, too. */
    KeyedCounter keyed(String name, String help, String... labels) {
        KeyedCounter counter = new KeyedCounter(name.substring(0, name.length() - TOTAL.length()), help, labels);
        registry.register(counter);
        return counter;
    }

    Gauge gauge(String name, String help, String... labels) {
        return Gauge.builder()
                .withoutExemplars()
                .name(name)
                .help(help)
                .labelNames(labels)
                .register(registry);
    }

    Histogram seconds(String name, String help, String... labels) {
        return histogram(name, help, SECONDS, labels);
    }

    Histogram histogram(String name, String help, double[] upperBounds, String... labels) {
        return Histogram.builder()
                .withoutExemplars()
                .name(name)
                .help(help)
                .labelNames(labels)
                .classicOnly()
                .classicUpperBounds(upperBounds)
                .register(registry);
    }
}
