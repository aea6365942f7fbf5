package io.llmproxy.boot;

import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.boot.Overrides.Change;
import io.llmproxy.boot.Overrides.Said;
import io.llmproxy.boot.Overrides.Weight;
import io.llmproxy.management.UpstreamOverride;
import io.llmproxy.store.OverrideTable;
import io.llmproxy.store.StoreException;
import java.time.Instant;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells nodes of each other's operators through the store. While that is away, an operator can still drain an upstream of the node that he
 * calls.
 */
record StoreOverrides(StoreFollower follower) implements SharedOverrides {
    private static final Logger LOG = LoggerFactory.getLogger(StoreOverrides.class);

    @Override
    public boolean add(Change change, String by, Instant since) {
        return told(table -> table.put(row(change, by, since)));
    }

    @Override
    public boolean remove(Change change) {
        if (change instanceof Weight weight) {
            return told(table -> table.remove(weight.upstream(), weight.group()));
        }
        return told(table -> table.remove(((Said) change).upstream(), ""));
    }

    @Override
    public boolean end(Change change) {
        Instant until = change instanceof Said said ? said.said().until() : null;
        return until != null && told(table -> table.removeOver(((Said) change).upstream(), until));
    }

    @Override
    public boolean clear() {
        return told(OverrideTable::clear);
    }

    @Override
    public void drain(boolean on, String by) {
        follower.drain(on, by);
    }

    private boolean told(Consumer<OverrideTable> what) {
        try {
            what.accept(StoreDocuments.opened(follower).overrides());
            follower.nudge();
            return true;
        } catch (UnavailableException | StoreException e) {
            LOG.warn("the other nodes are not told what an operator has changed: {}", RootCause.of(e));
            return false;
        }
    }

    private static OverrideTable.Row row(Change change, String by, Instant since) {
        if (change instanceof Weight weight) {
            return new OverrideTable.Row(
                    weight.upstream(), weight.group(), null, weight.weight(), null, null, by, since);
        }
        Said said = (Said) change;
        UpstreamOverride what = said.said();
        return new OverrideTable.Row(
                said.upstream(), "", what.mode().label(), 0, what.until(), what.reason(), what.by(), since);
    }

    /** Returns what a row says. */
    static Change change(OverrideTable.Row row) {
        String mode = row.mode();
        return mode == null
                ? new Weight(row.group(), row.upstream(), row.weight())
                : new Said(
                        row.upstream(),
                        new UpstreamOverride(
                                UpstreamOverride.Mode.valueOf(mode.toUpperCase(Locale.ROOT)),
                                row.until(),
                                row.reason(),
                                row.author(),
                                Instant.EPOCH));
    }
}
