package io.llmproxy.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How a node stands with the store that its configuration is in.
 *
 * @param node what operators call this node
 * @param head the version that was wanted when the store answered last; 0 if it was empty, or has not answered yet
 * @param active the version that is served; 0 if none
 * @param tried the version that was tried last; 0 if none
 * @param nack why that one is not served, a line for each problem; empty if it is
 * @param away for how long the store has not answered; null while it does
 * @param confirmUntil when an unconfirmed head goes back, by the database's clock; null if it stays
 */
public record StoreStanding(
        String node,
        long head,
        long active,
        long tried,
        List<String> nack,
        @Nullable Duration away,
        @Nullable Instant confirmUntil) {
    /** The states, the worst first. */
    public enum State {
        /** Nothing is served, as there is no configuration yet. */
        WAITING,
        /** The store does not answer; what was served goes on. */
        AWAY,
        /** The version that is wanted cannot be served here; the one before goes on. */
        REFUSED,
        /** The version that is wanted will be served in a moment. */
        BEHIND,
        /** The version that is wanted is served, and goes back unless it is confirmed. */
        UNCONFIRMED,
        /** The version that is wanted is served. */
        CURRENT
    }

    /** Copies the list. */
    public StoreStanding {
        nack = List.copyOf(nack);
    }

    /** Returns the state in one word. */
    public State state() {
        if (active == 0) {
            return State.WAITING;
        }
        if (away != null) {
            return State.AWAY;
        }
        if (!nack.isEmpty()) {
            return State.REFUSED;
        }
        if (head != active) {
            return State.BEHIND;
        }
        return confirmUntil == null ? State.CURRENT : State.UNCONFIRMED;
    }

    /**
     * Writes a check of {@code /health}. It is always up: what was served goes on, and a load balancer that took all nodes out of
     * service because of their database would help no client.
     *
     * @param detailed whether it is for operators only; then it says why a version was refused
     */
    void describe(ObjectNode check, boolean detailed) {
        check.put("name", "store").put("status", "UP");
        ObjectNode data = check.putObject("data")
                .put("state", state().name().toLowerCase(Locale.ROOT))
                .put("active", active)
                .put("head", head)
                .put("tried", tried);
        if (away != null) {
            data.put("away_seconds", away.toSeconds());
        }
        if (confirmUntil != null) {
            data.put("confirm_until", confirmUntil.toString());
        }
        if (detailed) {
            data.put("node", node);
            nack.forEach(data.putArray("nack")::add);
        }
    }
}
