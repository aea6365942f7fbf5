package io.llmproxy.proxy.exchange;

import org.jspecify.annotations.Nullable;

/**
 * Keeps note of the attempts that are on their way, so that they are known of should the process die. No call blocks, and none
 * throws.
 */
public interface AttemptLog {
    /** Keeps no note. */
    AttemptLog NONE = new AttemptLog() {
        @Override
        public long nextExchange() {
            return 0;
        }

        @Override
        public int begun(Exchange exchange, int number, String upstream, @Nullable String model) {
            return -1;
        }

        @Override
        public void progress(int flight, long outputBytes) {}

        @Override
        public void ended(int flight) {}
    };

    /** Returns a number for an exchange; 0 if none is needed. */
    long nextExchange();

    /**
     * An attempt begins.
     *
     * @param number which of the exchange's attempts it is, from 1
     * @param upstream that is asked
     * @param model the configured name of the model that it is asked for; null if there is none
     * @return what {@link #progress} and {@link #ended} are to be told
     */
    int begun(Exchange exchange, int number, String upstream, @Nullable String model);

    /** So many bytes of text of an attempt's answer have come. */
    void progress(int flight, long outputBytes);

    /** An attempt has ended, and the listeners know. */
    void ended(int flight);
}
