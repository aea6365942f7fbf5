package io.llmproxy.cluster;

import java.util.concurrent.atomic.LongAdder;

/** What became of what a node asked others, and told them, of things that upstreams keep; one for each identifier. */
public final class HomeCounts {
    private final LongAdder found = new LongAdder();
    private final LongAdder unknown = new LongAdder();
    private final LongAdder unanswered = new LongAdder();
    private final LongAdder told = new LongAdder();
    private final LongAdder dropped = new LongAdder();

    /** How many others knew. */
    public long found() {
        return found.sum();
    }

    /** How many no other knew. */
    public long unknown() {
        return unknown.sum();
    }

    /** To how many there was no answer in time. */
    public long unanswered() {
        return unanswered.sum();
    }

    /** How many others were told. */
    public long told() {
        return told.sum();
    }

    /** How many they were not told at once, as there was too much to tell. */
    public long dropped() {
        return dropped.sum();
    }

    void answered(boolean known) {
        (known ? found : unknown).increment();
    }

    void unanswered(int ids) {
        unanswered.add(ids);
    }

    void told(int ids) {
        told.add(ids);
    }

    void drop() {
        dropped.increment();
    }
}
