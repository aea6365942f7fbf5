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
