package io.llmproxy.metrics;

import io.llmproxy.auth.ClientKey;
import io.llmproxy.config.MetricsConfig;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Names of client keys as labels. There are as many keys in the configuration as operators have written. Of those that are issued there may
 * be any number: so many have a label, in the order in which they are first used, and all others are one.
 */
public final class KeyLabels {
    static final String UNTOLD = "";
    private static final String NO_KEY = "-";
    private static final String OTHER = "other";

    private final Set<String> issued = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean byKey;
    private volatile int most;

    /** Counts by key from now on, or no longer, as a configuration says. */
    public void follow(MetricsConfig config) {
        most = config.maxKeys();
        byKey = config.byKey();
    }

    /** The label of a key where that is asked for; else {@link #UNTOLD}. */
    String asked(@Nullable ClientKey key) {
        return byKey ? of(key) : UNTOLD;
    }

    /** The label of a key; a dash for none. */
    String of(@Nullable ClientKey key) {
        if (key == null) {
            return NO_KEY;
        }
        return key.isConfigured() || isTold(key.name()) ? key.name() : OTHER;
    }

    private boolean isTold(String name) {
        if (issued.contains(name)) {
            return true;
        }
        if (count.incrementAndGet() <= most && issued.add(name)) {
            return true;
        }
        count.decrementAndGet();
        return issued.contains(name);
    }
}
