package io.llmproxy.proxy.exchange;

import io.llmproxy.config.Provider;
import io.llmproxy.proxy.error.ProxyError;
import io.llmproxy.upstream.Placement;
import io.llmproxy.usage.AttemptUsage;
import io.llmproxy.usage.Cost;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that is over: what was asked of which upstream, how it went, and what it used.
 *
 * @param exchange number of the exchange, as {@link AttemptLog#nextExchange} gives it; 0 if it has none
 * @param number which of the exchange's attempts it is, from 1
 * @param group name of the group
 * @param upstream name of the upstream
 * @param provider whose API it serves
 * @param keyIndex which of the upstream's keys was shown, from 0
 * @param placement whether the upstream was the one that the request belongs to; null if that does not matter
 * @param model names of the model
 * @param stream whether the answer was a stream of events
 * @param status of the upstream's answer; 0 if there was none
 * @param ending how it ended
 * @param error what went wrong; null if nothing did, or if the upstream itself said so
 * @param times how long it took
 * @param bytesIn bytes of the request's body
 * @param bytesOut bytes of the answer's body
 * @param usage what it used
 * @param cost what it cost
 */
public record SettledAttempt(
        long exchange,
        int number,
        String group,
        String upstream,
        Provider provider,
        int keyIndex,
        @Nullable Placement placement,
        Model model,
        boolean stream,
        int status,
        Ending ending,
        @Nullable ProxyError error,
        Times times,
        long bytesIn,
        long bytesOut,
        AttemptUsage usage,
        Cost cost) {

    /** How an attempt ended. */
    public enum Ending {
        /** The answer is whole. */
        COMPLETED,
        /** There was no answer, or one that says that it is an error, or is none. */
        FAILED,
        /** The answer broke off. */
        CUT,
        /** The upstream stopped in the middle of its answer. */
        STALLED,
        /** The client left. */
        CLIENT_GONE,
        /** It was cancelled because another attempt of the same request had its first content before. */
        HEDGE_LOST;

        private final String label = name().toLowerCase(Locale.ROOT);

        /** Its name in records. */
        public String label() {
            return label;
        }
    }

    /**
     * Names of a model.
     *
     * @param configured the name, or the pattern, under which the configuration has it; null if it does not
     * @param asked what the client asked for; null if that was not looked up, as nothing depends on it
     * @param sent what the upstream was asked for, likewise
     */
    public record Model(
            @Nullable String configured,
            @Nullable String asked,
            @Nullable String sent) {
        public static final Model UNKNOWN = new Model(null, null, null);
    }

    /**
     * How long an attempt took, in nanoseconds. What is negative is unknown.
     *
     * @param queue from the client's request until it was sent
     * @param firstByte from there to the head of the answer
     * @param firstToken from there to the first text
     * @param lastToken from there to the last text
     * @param total from there to its end
     */
    public record Times(long queue, long firstByte, long firstToken, long lastToken, long total) {}
}
