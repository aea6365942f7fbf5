package io.llmproxy.management;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What an operator has said of an upstream, whatever the configuration says.
 *
 * @param mode whether it is asked
 * @param until when this ends by itself; null for never
 * @param reason for other operators; null for none
 * @param by who has said so
 * @param since when
 */
public record UpstreamOverride(
        Mode mode, @Nullable Instant until, @Nullable String reason, String by, Instant since) {
    /** Whether an upstream is asked. */
    public enum Mode {
        /** It is. */
        ENABLED,
        /** It is not, because it is to come to rest. */
        DRAINING,
        /** It is not. */
        DISABLED;

        /** Its name outside. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Says so for as long as it takes. */
    public static UpstreamOverride of(Mode mode, String by) {
        return new UpstreamOverride(mode, null, null, by, Instant.EPOCH);
    }
}
