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
 * @param followed the database of another system that says what is served; null if none does
 */
public record StoreStanding(
        String node,
        long head,
        long active,
        long tried,
        List<String> nack,
        @Nullable Duration away,
        @Nullable Instant confirmUntil,
        @Nullable Followed followed) {
    /**
     * What has come of the database of another system that is followed.
     *
     * @param system whose it is
     * @param version counts its changes, as it was seen last; 0 if it was not seen yet
     * @param problems why that version is not carried over, a line for each; empty if it is
     * @param away for how long it has not answered; null while it does
     */
    public record Followed(
            String system,
            long version,
            List<String> problems,
            @Nullable Duration away) {
        /** Copies the list. */
        public Followed {
            problems = List.copyOf(problems);
        }

        private void describe(ObjectNode followed, boolean detailed) {
            followed.put("system", system).put("version", version).put("carried_over", problems.isEmpty());
            if (away != null) {
                followed.put("away_seconds", away.toSeconds());
            }
            if (detailed) {
                problems.forEach(followed.putArray("problems")::add);
            }
        }
    }

    /** One that follows no other system; see the record for the rest. */
    public StoreStanding(
            String node,
            long head,
            long active,
            long tried,
            List<String> nack,
            @Nullable Duration away,
            @Nullable Instant confirmUntil) {
        this(node, head, active, tried, nack, away, confirmUntil, null);
    }

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
        if (followed != null) {
            followed.describe(data.putObject("followed"), detailed);
        }
        if (detailed) {
            data.put("node", node);
            nack.forEach(data.putArray("nack")::add);
        }
    }
}
