package io.llmproxy.proxy.exchange;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The steps of an exchange, in order: so many of them, and how many there were beyond. Written by one thread at a time. */
final class Steps {
    private static final int MOST = 32;
    private static final int USUAL = 4;

    private @Nullable Step[] steps = new @Nullable Step[USUAL];
    private volatile int count;

    void add(Step step) {
        int at = count;
        if (at >= MOST) {
            return;
        }
        if (at == steps.length) {
            @Nullable Step[] longer = new @Nullable Step[MOST];
            System.arraycopy(steps, 0, longer, 0, at);
            steps = longer;
        }
        steps[at] = step;
        count = at + 1;
    }

    boolean isFull() {
        return count >= MOST;
    }

    List<Step> all() {
        int known = count;
        List<Step> all = new ArrayList<>(known);
        for (int i = 0; i < known; i++) {
            Step step = steps[i];
            if (step != null) {
                all.add(step);
            }
        }
        return all;
    }
}
