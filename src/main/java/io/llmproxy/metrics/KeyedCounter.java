package io.llmproxy.metrics;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.DoubleAdder;

/**
 * A counter that has the label {@code key} in what was counted while that was asked for, and not in all else. So the sum stays right when
 * it is asked for, or not any more. The library's counters have the same labels always.
 */
final class KeyedCounter implements Collector {
    private static final String KEY = "key";

    private final String name;
    private final String help;
    private final String[] names;
    private final ConcurrentMap<Values, DoubleAdder> cells = new ConcurrentHashMap<>();

    /** @param key empty for none */
    private record Values(String key, List<String> others) {}

    /**
     * @param name without the suffix {@code _total}
     * @param names those of the labels that it always has
     */
    KeyedCounter(String name, String help, String... names) {
        this.name = name;
        this.help = help;
        this.names = names.clone();
    }

    /**
     * What counts for these values of the labels.
     *
     * @param key of the label {@code key}; empty for none
     * @param others of the labels that it always has
     */
    DoubleAdder of(String key, String... others) {
        return cells.computeIfAbsent(new Values(key, List.of(others)), fresh -> new DoubleAdder());
    }

    @Override
    public MetricSnapshot collect() {
        CounterSnapshot.Builder family = CounterSnapshot.builder().name(name).help(help);
        cells.forEach((values, sum) -> family.dataPoint(CounterDataPointSnapshot.builder()
                .labels(labels(values))
                .value(sum.sum())
                .build()));
        return family.build();
    }

    private Labels labels(Values values) {
        Labels always = Labels.of(names, values.others().toArray(new String[0]));
        return values.key().isEmpty() ? always : always.merge(Labels.of(KEY, values.key()));
    }
}
