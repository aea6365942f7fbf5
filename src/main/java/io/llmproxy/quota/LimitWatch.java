package io.llmproxy.quota;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Finds the limits of which as much is used as their warnings want to be told of: each warning once, and again in the next window or for
 * a larger amount. What is reserved counts as used and may be given back: that is no reason to warn again. To be used by one thread at a
 * time.
 */
public final class LimitWatch {
    /** By no more than this a clock that is set, or that of a store, changes the time to the end of a window. */
    private static final long CLOCKS_DIFFER = TimeUnit.HOURS.toNanos(1);

    private Map<Limit.Id, Seen> seen = Map.of();

    /**
     * How a limit was found at the last look.
     *
     * @param share the highest warning that was given since its window began
     */
    private record Seen(Standing standing, double share) {
        boolean goesOn(Standing next) {
            return next.size() <= standing.size() && next.untilFull() - standing.untilFull() <= CLOCKS_DIFFER;
        }
    }

    /**
     * Returns what is to be told since the last look, the highest warning of each limit.
     *
     * @param standings of all limits that have warnings
     */
    public List<LimitWarning> look(List<Standing> standings) {
        Map<Limit.Id, Seen> next = new HashMap<>();
        List<LimitWarning> warnings = new ArrayList<>();
        for (Standing standing : standings) {
            Limit.Id id = standing.limit().id();
            Seen before = seen.get(id);
            double told = before != null && before.goesOn(standing) ? before.share : 0;
            double share = reached(standing);
            if (share > told) {
                warnings.add(new LimitWarning(standing, share));
            }
            next.put(id, new Seen(standing, Math.max(share, told)));
        }
        seen = next;
        return warnings;
    }

    private static double reached(Standing standing) {
        double used = standing.usedPart();
        return standing.limit().config().warnAt().stream()
                .filter(wanted -> used >= wanted)
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(0);
    }
}
