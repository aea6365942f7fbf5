package io.llmproxy.proxy;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The places in which a client may show a key. None of them reaches an upstream that has a credential of its own. */
final class ClientCredentials {
    private static final Set<String> HEADERS = Set.of("authorization", "x-api-key", "x-goog-api-key", "api-key");
    private static final String PARAMETER = "key";

    private ClientCredentials() {}

    /** @param name a header's name in lower case */
    static boolean isHeader(String name) {
        return HEADERS.contains(name);
    }

    /** Returns the query without its keys; all other parameters stay as they were written. */
    static @Nullable String withoutKey(@Nullable String query) {
        if (query == null || !query.contains(PARAMETER)) {
            return query;
        }
        String rest = Arrays.stream(query.split("&", -1))
                .filter(parameter -> !parameter.equals(PARAMETER) && !parameter.startsWith(PARAMETER + "="))
                .collect(Collectors.joining("&"));
        return rest.isEmpty() ? null : rest;
    }
}
