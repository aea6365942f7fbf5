package io.llmproxy.quota;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the limits of which as much is used as their warnings want to be told of: each warning once, and again after more of the limit is
 * left than that, as it is in the next month. To be used by one thread at a time.
 */
public final class LimitWatch {
    private Map<Limit.Id, Double> told = Map.of();

    /**
     * Returns what is to be told since the last look, the highest warning of each limit.
     *
     * @param standings of all limits that have warnings
     */
    public List<LimitWarning> look(List<Standing> standings) {
        Map<Limit.Id, Double> reached = new HashMap<>();
        List<LimitWarning> warnings = new ArrayList<>();
        for (Standing standing : standings) {
            Limit limit = standing.limit();
            double used = standing.usedPart();
            double share = limit.config().warnAt().stream()
                    .filter(wanted -> used >= wanted)
                    .mapToDouble(Double::doubleValue)
                    .max()
                    .orElse(0);
            if (share > 0) {
                reached.put(limit.id(), share);
            }
            if (share > told.getOrDefault(limit.id(), 0.0)) {
                warnings.add(new LimitWarning(standing, share));
            }
        }
        told = reached;
        return warnings;
    }
}
