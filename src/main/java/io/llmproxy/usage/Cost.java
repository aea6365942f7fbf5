package io.llmproxy.usage;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an attempt cost. An unknown cost is null, and never 0.
 *
 * @param state how far it is known
 * @param amount the cost; null if it is not known; a lower bound if it is incomplete
 * @param from where the amount comes from; null if there is none
 * @param reported what the upstream itself says that the attempt cost; null if it does not
 * @param priceVersion the version of the prices that were asked; null if there are none
 */
public record Cost(
        State state,
        @Nullable Money amount,
        @Nullable From from,
        @Nullable Money reported,
        @Nullable String priceVersion) {

    /** Nothing was used that could cost anything. */
    public static final Cost NOTHING = new Cost(State.NONE, null, null, null, null);

    /** Returns what both cost together. What has no sum, as it stands in two currencies, is incomplete. */
    public Cost and(Cost more) {
        if (state == State.NONE || more.state == State.NONE) {
            return state == State.NONE ? more : this;
        }
        Money sum = sum(amount, more.amount);
        From origin = from == null || more.from == From.TABLE ? more.from : from;
        Money told = reported == null || more.reported == null ? null : reported.plus(more.reported);
        return new Cost(together(more, sum), sum == null ? amount : sum, origin, told, more.priceVersion);
    }

    private State together(Cost more, @Nullable Money sum) {
        if (isComplete() && more.isComplete() && sum != null) {
            return state == more.state ? state : State.PRICED;
        }
        return state == State.UNPRICED && more.state == State.UNPRICED ? State.UNPRICED : State.INCOMPLETE;
    }

    private boolean isComplete() {
        return state == State.PRICED || state == State.FREE;
    }

    private static @Nullable Money sum(@Nullable Money one, @Nullable Money other) {
        return one == null || other == null ? (one == null ? other : one) : one.plus(other);
    }

    /** How far a cost is known. */
    public enum State {
        /** All that was counted has a price. */
        PRICED,
        /** The model is said to be free. */
        FREE,
        /** Something that was counted has no price, or something that has a price could not be counted. */
        INCOMPLETE,
        /** The model has no price. */
        UNPRICED,
        /** Nothing was used that could cost anything, or nothing is known of what was used. */
        NONE;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** Its name in records and metrics. */
        public String label() {
            return label;
        }
    }

    /** Where an amount comes from. */
    public enum From {
        /** From our prices. */
        TABLE,
        /** From the upstream's own answer. */
        REPORTED;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** Its name in records. */
        public String label() {
            return label;
        }
    }
}
