package io.llmproxy.usage;

import java.util.List;

/** Tokens that have a price of their own. Each token is in one bucket. */
enum Bucket {
    INPUT("input"),
    CACHE_READ("cache_read"),
    CACHE_WRITE("cache_write"),
    CACHE_WRITE_1H("cache_write_1h"),
    AUDIO_INPUT("audio_input"),
    IMAGE_INPUT("image_input"),
    AUDIO_CACHE_READ("audio_cache_read"),
    IMAGE_CACHE_READ("image_cache_read"),
    OUTPUT("output"),
    REASONING("reasoning"),
    AUDIO_OUTPUT("audio_output"),
    IMAGE_OUTPUT("image_output");

    static final List<Bucket> ALL = List.of(values());

    private final String key;

    Bucket(String key) {
        this.key = key;
    }

    /** Its name in a file of prices. */
    String key() {
        return key;
    }

    @SuppressWarnings("EnumOrdinal")
    int index() {
        return ordinal();
    }
}
