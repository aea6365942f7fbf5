package io.llmproxy.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.Secret;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PresentedKeyTest {
    private static PresentedKey find(@Nullable String query, String... lines) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line : lines) {
            String[] parts = line.split(":", 2);
            headers.computeIfAbsent(parts[0], name -> new ArrayList<>()).add(parts[1].strip());
        }
        return PresentedKey.find(name -> headers.getOrDefault(name, List.of()), query);
    }

    private static PresentedKey one(String key, KeyPlace place) {
        return new PresentedKey.One(new Secret(key), place);
    }

    @ParameterizedTest
    @CsvSource({
        "Authorization: Bearer k, AUTHORIZATION",
        "authorization: bEARER   k, AUTHORIZATION",
        "x-api-key: k, X_API_KEY",
        "X-Goog-Api-Key: k, X_GOOG_API_KEY",
        "api-key: k, API_KEY",
        "Sec-WebSocket-Protocol: openai-insecure-api-key.k, SUBPROTOCOL"
    })
    void aKeyIsFoundInEveryHeader(String line, KeyPlace place) {
        assertThat(find(null, line)).isEqualTo(one("k", place));
    }

    @ParameterizedTest
    @CsvSource({
        "key=k, k",
        "alt=sse&key=k, k",
        "key=k&alt=sse, k",
        "%6Bey=k, k",
        "key=a%2Bb, a+b",
        "key=a+b, a+b",
        "key=a=b, a=b",
        "key=%C3%A9, é",
        "key=100%, 100%",
        "key=%zz%4z%4, %zz%4z%4",
        "key=k&key=k, k",
        "key=&key=k, k"
    })
    void aKeyIsFoundInTheQuery(String query, String key) {
        assertThat(find(query)).isEqualTo(one(key, KeyPlace.QUERY));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Basic dXNlcjpwYXNz",
                "Authorization: sk-0123",
                "Authorization: Bearersk-0123",
                "Authorization: Bearer",
                "Authorization: Bearer  ",
                "Authorization:",
                "x-api-key:",
                "Proxy-Authorization: Bearer k",
                "Cookie: key=k"
            })
    void otherSchemesAndEmptyValuesAreNoKey(String line) {
        assertThat(find("", line)).isEqualTo(new PresentedKey.None());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "key", "key=", "&", "=", "keys=k", "Key=k", "monkey=k", "a=key", "a=%", "%=key"})
    void otherParametersAreNoKey(String query) {
        assertThat(find(query)).isEqualTo(new PresentedKey.None());
    }

    @Test
    void aKeyIsFoundAmongSubprotocols() {
        String line = "Sec-WebSocket-Protocol: realtime, openai-insecure-api-key.k , openai-insecure-api-key., other";
        assertThat(find(null, line)).isEqualTo(one("k", KeyPlace.SUBPROTOCOL));
        assertThat(find(null, "Sec-WebSocket-Protocol: realtime")).isEqualTo(new PresentedKey.None());
    }

    @Test
    void theSameKeyInAllPlacesIsOne() {
        assertThat(find("key=k", "Authorization: Bearer k", "x-api-key: k", "x-goog-api-key: k", "api-key: k"))
                .isEqualTo(one("k", KeyPlace.AUTHORIZATION));
        assertThat(find(null, "Authorization: Basic dXNlcjpwYXNz", "x-api-key: k", "x-api-key: k"))
                .isEqualTo(one("k", KeyPlace.X_API_KEY));
    }

    @Test
    void differentKeysAreAConflict() {
        assertThat(find("key=b", "x-api-key: a"))
                .isEqualTo(new PresentedKey.Conflict(Set.of(KeyPlace.QUERY, KeyPlace.X_API_KEY)));
        assertThat(find(null, "Authorization: Bearer a", "Authorization: Bearer b"))
                .isEqualTo(new PresentedKey.Conflict(Set.of(KeyPlace.AUTHORIZATION)));
        assertThat(find("key=a&key=b")).isEqualTo(new PresentedKey.Conflict(Set.of(KeyPlace.QUERY)));
        assertThat(((PresentedKey.Conflict) find("key=b", "api-key: a", "Authorization: Bearer a")).places())
                .containsExactly(KeyPlace.AUTHORIZATION, KeyPlace.API_KEY, KeyPlace.QUERY)
                .extracting(KeyPlace::label)
                .containsExactly("Authorization", "api-key", "the query's key");
    }

    @Test
    void aKeyIsNotPrinted() {
        assertThat(find(null, "x-api-key: sk-canary").toString()).doesNotContain("canary");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -",
                "a=b, a=b",
                "key=secret, -",
                "key, -",
                "a=b&key=secret&c=%20d, a=b&c=%20d",
                "key=1&key=2&monkey=3, monkey=3",
                "keys=1, keys=1"
            })
    void theKeyIsTakenOutOfAQuery(String query, String rest) {
        assertThat(KeyPlace.withoutKey(query)).isEqualTo(rest);
    }

    @Test
    void thePlacesThatAreLookedAtAreThoseThatAreTakenOut() {
        for (KeyPlace place : KeyPlace.values()) {
            assertThat(KeyPlace.isHeader(place.label().toLowerCase(Locale.ROOT)))
                    .isEqualTo(place != KeyPlace.QUERY);
        }
        assertThat(KeyPlace.withoutKey("a=1&%6bey=k&b=%20")).isEqualTo("a=1&b=%20");
        assertThat(KeyPlace.withoutKey("%6bey=k")).isNull();
    }
}
