package io.llmproxy.management;

import io.llmproxy.health.Lifecycle;
import java.util.List;
import java.util.Locale;
import java.util.function.IntSupplier;

final class GatewayBean implements GatewayMXBean {
    private final String version;
    private final Lifecycle lifecycle;
    private final IntSupplier open;
    private final Totals totals;
    private final Operations operations;

    GatewayBean(String version, Lifecycle lifecycle, IntSupplier open, Totals totals, Operations operations) {
        this.version = version;
        this.lifecycle = lifecycle;
        this.open = open;
        this.totals = totals;
        this.operations = operations;
    }

    @Override
    public String getVersion() {
        return version;
    }

    @Override
    public String getState() {
        return lifecycle.phase().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public long getConfigVersion() {
        return operations.configVersion();
    }

    @Override
    public String getConfigLoadedAt() {
        return operations.configuredAt().toString();
    }

    @Override
    public int getOpenExchanges() {
        return open.getAsInt();
    }

    @Override
    public long getRequests() {
        return totals.requests();
    }

    @Override
    public long getErrors() {
        return totals.errors();
    }

    @Override
    public List<String> getOverrides() {
        return operations.overrides();
    }

    @Override
    public List<String> reload() {
        return operations.reload();
    }

    @Override
    public void drain() {
        operations.drain(true, Operations.JMX);
    }

    @Override
    public void cancelDrain() {
        operations.drain(false, Operations.JMX);
    }

    @Override
    public void setLogLevel(String logger, String level, int minutes) {
        operations.logLevel(logger, level, minutes);
    }

    @Override
    public void clearOverrides() {
        operations.clearOverrides();
    }
}
