package io.llmproxy.usage;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is paid for by the piece, and not by the token. */
enum UnitPrice {
    REQUEST("request", null),
    IMAGE("image", Count.IMAGES),
    SECOND("second", Count.SECONDS),
    CHARACTER("character", Count.CHARACTERS),
    WEB_SEARCH("web_search", Count.WEB_SEARCHES),
    WEB_FETCH("web_fetch", Count.WEB_FETCHES);

    static final List<UnitPrice> ALL = List.of(values());

    private final String key;
    private final @Nullable Count count;

    UnitPrice(String key, @Nullable Count count) {
        this.key = key;
        this.count = count;
    }

    /** Its name in a file of prices. */
    String key() {
        return key;
    }

    /** How many there are: of requests always one. */
    long pieces(Usage usage) {
        return count == null ? 1 : usage.get(count, 0);
    }

    /** Whether it costs nothing where no price is given. */
    boolean isOptional() {
        return this == REQUEST || this == WEB_FETCH;
    }
}
