package io.llmproxy.auth;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The places in which a client may show a key. */
public enum KeyPlace {
    /** As the clients of OpenAI do: {@code Authorization: Bearer}. Another scheme, such as Basic, shows no key. */
    AUTHORIZATION("Authorization"),

    /** As the clients of Anthropic do. */
    X_API_KEY("x-api-key"),

    /** As the clients of Google do. */
    X_GOOG_API_KEY("x-goog-api-key"),

    /** As the clients of Azure do. */
    API_KEY("api-key"),

    /** As web pages do that open a WebSocket of OpenAI's, since they cannot set another header. */
    SUBPROTOCOL("Sec-WebSocket-Protocol"),
    /** The parameter of the query that Google's clients may use. */
    QUERY("the query's key");

    private static final String BEARER = "Bearer ";
    private static final String KEY_PROTOCOL = "openai-insecure-api-key.";
    private static final Set<String> HEADERS = Stream.of(values())
            .filter(place -> place != QUERY)
            .map(place -> place.label.toLowerCase(Locale.ROOT))
            .collect(Collectors.toUnmodifiableSet());

    private final String label;

    KeyPlace(String label) {
        this.label = label;
    }

    /** Whether a key may stand in a header. */
    public static boolean isHeader(String lowerCaseName) {
        return HEADERS.contains(lowerCaseName);
    }

    /** Returns the query without its keys; all other parameters stay as they were written. */
    public static @Nullable String withoutKey(@Nullable String query) {
        if (query == null || !QueryParameter.mayHold(query)) {
            return query;
        }
        String rest = Arrays.stream(query.split("&", -1))
                .filter(parameter -> !QueryParameter.isKey(parameter))
                .collect(Collectors.joining("&"));
        return rest.isEmpty() ? null : rest;
    }

    /** Whether a subprotocol of WebSocket is none, but a key. */
    public static boolean isKeyProtocol(String protocol) {
        return protocol.regionMatches(true, 0, KEY_PROTOCOL, 0, KEY_PROTOCOL.length());
    }

    /** What the client is told. */
    public String label() {
        return label;
    }

    /** The keys that are shown here; an empty one is none. */
    List<String> keys(Function<String, ? extends Iterable<String>> headers, @Nullable String query) {
        if (this == QUERY) {
            return query == null || !QueryParameter.mayHold(query) ? List.of() : keysIn(query);
        }
        List<String> keys = new ArrayList<>(1);
        if (this == SUBPROTOCOL) {
            headers.apply(label).forEach(value -> keys.addAll(keysAmong(value)));
            return keys;
        }
        for (String value : headers.apply(label)) {
            String key = this == AUTHORIZATION ? bearer(value) : value.strip();
            if (!key.isEmpty()) {
                keys.add(key);
            }
        }
        return keys;
    }

    private static List<String> keysAmong(String protocols) {
        return Arrays.stream(protocols.split(",", -1))
                .map(String::strip)
                .filter(KeyPlace::isKeyProtocol)
                .map(protocol -> protocol.substring(KEY_PROTOCOL.length()))
                .filter(key -> !key.isEmpty())
                .toList();
    }

    private static List<String> keysIn(String query) {
        return Arrays.stream(query.split("&", -1))
                .filter(QueryParameter::isKey)
                .map(QueryParameter::value)
                .filter(key -> !key.isEmpty())
                .toList();
    }

    private static String bearer(String value) {
        return value.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? value.substring(BEARER.length()).strip()
                : "";
    }
}
