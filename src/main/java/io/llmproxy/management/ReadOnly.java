package io.llmproxy.management;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Tells everything and does nothing. */
final class ReadOnly implements Operations {
    private final Operations operations;

    ReadOnly(Operations operations) {
        this.operations = operations;
    }

    private static IllegalStateException refused() {
        return new IllegalStateException("jmx: read_only (expected: operations, for this to be allowed)");
    }

    @Override
    public List<String> overrides() {
        return operations.overrides();
    }

    @Override
    public Instant configuredAt() {
        return operations.configuredAt();
    }

    @Override
    public long configVersion() {
        return operations.configVersion();
    }

    @Override
    public List<String> reload() {
        throw refused();
    }

    @Override
    public void drain(boolean on, String by) {
        throw refused();
    }

    @Override
    public Optional<NodeDrain> drained() {
        return operations.drained();
    }

    @Override
    public Optional<UpstreamOverride> said(String upstream) {
        return operations.said(upstream);
    }

    @Override
    public boolean isWeighed(String group, String upstream) {
        return operations.isWeighed(group, upstream);
    }

    @Override
    public void say(String upstream, UpstreamOverride said) {
        throw refused();
    }

    @Override
    public void unsay(String upstream, String by) {
        throw refused();
    }

    @Override
    public void resetBreaker(String upstream, String by) {
        throw refused();
    }

    @Override
    public void weigh(String group, String upstream, int weight, String by) {
        throw refused();
    }

    @Override
    public void unweigh(String group, String upstream, String by) {
        throw refused();
    }

    @Override
    public void logLevel(String logger, String level, int minutes) {
        throw refused();
    }

    @Override
    public void clearOverrides() {
        throw refused();
    }
}
