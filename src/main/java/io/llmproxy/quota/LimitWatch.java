package io.llmproxy.quota;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Finds the limits whose usage has reached a share that they warn of: each warning once, and again in the next window or for
 * a larger amount. What is reserved counts as used and may be given back: that is no reason to warn again. A limit that has refused a
 * request counts as wholly used, since it mostly does so before the last of it is taken. To be used by one thread at a time.
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

        Seen with(long refused) {
            return new Seen(
                    new Standing(standing.limit(), standing.size(), standing.left(), standing.untilFull(), refused),
                    share);
        }

        boolean hasRefused(Standing next) {
            return next.refused() > standing.refused();
        }
    }

    /**
     * Returns what is to be told since the last look, the highest warning of each limit. Where this node knows its part only, nothing is,
     * and what was refused in that time says nothing.
     *
     * @param standings of all limits that have warnings
     */
    public List<LimitWarning> look(List<Standing> standings) {
        Map<Limit.Id, Seen> next = new HashMap<>();
        List<LimitWarning> warnings = new ArrayList<>();
        for (Standing standing : standings) {
            if (!standing.isWhole()) {
                overlook(standing, next);
                continue;
            }
            Seen before = before(standing);
            double told = before == null ? 0 : before.share;
            boolean refused = before != null && before.hasRefused(standing);
            double share = reached(standing, refused ? 1 : standing.usedPart());
            if (share > told) {
                warnings.add(new LimitWarning(standing, share, refused ? 100 : standing.usedPercent()));
            }
            next.put(standing.limit().id(), new Seen(standing, Math.max(share, told)));
        }
        seen = next;
        return warnings;
    }

    /** How a limit was found at the last look; null if its window was another one, or its amount a smaller one. */
    private @Nullable Seen before(Standing standing) {
        Seen last = seen.get(standing.limit().id());
        return last != null && last.goesOn(standing) ? last : null;
    }

    private void overlook(Standing standing, Map<Limit.Id, Seen> next) {
        Seen before = seen.get(standing.limit().id());
        if (before != null) {
            next.put(standing.limit().id(), before.with(standing.refused()));
        }
    }

    private static double reached(Standing standing, double used) {
        return standing.limit().config().warnAt().stream()
                .filter(wanted -> used >= wanted)
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(0);
    }
}
