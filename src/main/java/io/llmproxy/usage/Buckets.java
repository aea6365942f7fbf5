package io.llmproxy.usage;

/**
 * Divides the tokens of an answer among the buckets that have a price, so that none is paid for twice: reasoning counts as
 * output where it has no price of its own, and so do sound and images.
 */
final class Buckets {
    private final Usage usage;
    private final Rates rates;
    private final long[] tokens = new long[Bucket.ALL.size()];

    private Buckets(Usage usage, Rates rates) {
        this.usage = usage;
        this.rates = rates;
    }

    static Buckets of(Usage usage, Rates rates) {
        Buckets buckets = new Buckets(usage, rates);
        buckets.input();
        buckets.output();
        return buckets;
    }

    long get(Bucket bucket) {
        return tokens[bucket.index()];
    }

    private void input() {
        long read = usage.get(Count.CACHE_READ, 0);
        long write = usage.get(Count.CACHE_WRITE, 0);
        long rest = usage.get(Count.INPUT, 0) - read - write;
        long hour = Math.min(usage.get(Count.CACHE_WRITE_1H, 0), write);
        put(Bucket.CACHE_WRITE, write - hour);
        put(Bucket.CACHE_WRITE_1H, hour);

        long cachedAudio = usage.get(Count.AUDIO_CACHE_READ, 0);
        long cachedImages = usage.get(Count.IMAGE_CACHE_READ, 0);
        read -= apart(Bucket.AUDIO_CACHE_READ, cachedAudio);
        read -= apart(Bucket.IMAGE_CACHE_READ, cachedImages);
        put(Bucket.CACHE_READ, read);

        rest -= apart(Bucket.AUDIO_INPUT, usage.get(Count.AUDIO_INPUT, 0) - cachedAudio);
        rest -= apart(Bucket.IMAGE_INPUT, usage.get(Count.IMAGE_INPUT, 0) - cachedImages);
        put(Bucket.INPUT, rest);
    }

    private void output() {
        long rest = usage.get(Count.OUTPUT, 0);
        rest -= apart(Bucket.REASONING, usage.get(Count.REASONING, 0));
        rest -= apart(Bucket.AUDIO_OUTPUT, usage.get(Count.AUDIO_OUTPUT, 0));
        rest -= apart(Bucket.IMAGE_OUTPUT, usage.get(Count.IMAGE_OUTPUT, 0));
        put(Bucket.OUTPUT, rest);
    }

    /** Puts tokens into a bucket if it has a price. Returns how many. */
    private long apart(Bucket bucket, long count) {
        if (!rates.knows(bucket)) {
            return 0;
        }
        put(bucket, count);
        return get(bucket);
    }

    /** Parts that are larger than their whole were found at settling; they make nothing cheaper than free. */
    private void put(Bucket bucket, long count) {
        tokens[bucket.index()] = Math.max(0, count);
    }
}
