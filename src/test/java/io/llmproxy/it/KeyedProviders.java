package io.llmproxy.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.llmproxy.testing.Deployment;
import io.llmproxy.testing.FakeUpstream;
import io.llmproxy.testing.Gateway;
import io.llmproxy.testing.Head;
import io.llmproxy.testing.UpstreamRequest;
import java.net.URI;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** One address that wants keys of the gateway's, and behind it the API of each vendor, which knows one key of its own. */
final class KeyedProviders {
    /** The key of a client that may do anything. */
    static final String KEY = "sk-gateway-key-of-a-client";

    /** A key for the model {@code embedder} alone. */
    static final String CONFINED = "sk-gateway-key-that-is-confined";

    /** A key for one request a second. */
    static final String LIMITED = "sk-gateway-key-that-is-limited";

    /** A key that the gateway does not know. */
    static final String UNKNOWN = "sk-gateway-key-of-nobody";

    private static final String ANY_CLIENTS = "gateway-key";
    private static final List<String> PLACES = List.of("Authorization", "x-api-key", "x-goog-api-key", "api-key");

    /** Knows {@code chat}, {@code embedder} and {@code painter} by other names, and {@code busy} by the same. */
    final FakeProvider openai = new FakeProvider(
            FakeUpstream.start(), "Authorization", "Bearer ", "sk-of-openai", "X-Stainless-Lang", "java");

    /** Knows {@code opus} as {@code claude}. */
    final FakeProvider anthropic = new FakeProvider(
            FakeUpstream.start(), "x-api-key", "", "sk-of-anthropic", "anthropic-version", "2026-10-21");

    /** Knows {@code flash} and {@code flash-embedder} by other names. */
    final FakeProvider gemini = new FakeProvider(
            FakeUpstream.start(), "x-goog-api-key", "", "key-of-gemini", "x-goog-api-client", "google-genai-sdk/");

    private final List<FakeProvider> all = List.of(openai, anthropic, gemini);
    private final Map<Deployment.Kind, Deployment> deployments = new EnumMap<>(Deployment.Kind.class);

    /**
     * The API of a vendor.
     *
     * @param place the header with the key
     * @param scheme what comes before the key there
     * @param ownHeader a header that the vendor's client sends with each request
     * @param ownValue how that begins
     */
    record FakeProvider(FakeUpstream api, String place, String scheme, String key, String ownHeader, String ownValue) {
        private String upstream(String provider, String models) {
            return "provider: %s, auth: {type: api_key, token: %s}, models: %s".formatted(provider, key, models);
        }

        /** Everything of the client's is there but its key, for which there is the provider's, once. */
        private void assertOwnKeyAlone(UpstreamRequest request) {
            Head head = request.head();
            assertThat(head.values(place)).containsExactly(scheme + key);
            for (String header : PLACES) {
                assertThat(head.has(header)).as(header).isEqualTo(header.equals(place));
            }
            assertThat(head.toString()).containsOnlyOnce(key).doesNotContain(ANY_CLIENTS);
            assertThat(text(request)).doesNotContain(key, ANY_CLIENTS);
            assertThat(head.values("Host")).containsExactly("127.0.0.1:" + api.port());
            assertThat(head.values(ownHeader)).singleElement().asString().startsWith(ownValue);
        }
    }

    private Gateway gateway() {
        String keys = "{name: client, key: %s}, {name: confined, key: %s, allowed_models: [embedder]},"
                + " {name: limited, key: %s, rate_limit: {requests_per_second: 1, burst_size: 1}}";
        String v1 = openai.api.url() + "/v1";
        return new Gateway()
                .top("keys: [" + keys.formatted(KEY, CONFINED, LIMITED) + "]")
                .upstream(
                        "openai",
                        v1,
                        openai.upstream("openai", "{chat: gpt-large, embedder: text-embedding, painter: gpt-image}"))
                .upstream("openai-busy", v1, openai.upstream("openai", "[busy]"))
                .upstream("anthropic", anthropic.api.url(), anthropic.upstream("anthropic", "{opus: claude}"))
                .upstream(
                        "gemini",
                        gemini.api.url(),
                        gemini.upstream("gemini", "{flash: gemini-flash, flash-embedder: gemini-embedding}"))
                .group(
                        "all",
                        "{name: openai}, {name: openai-busy}, {name: anthropic}, {name: gemini}",
                        "convert: never")
                .forward("all", "all", "");
    }

    /** Where a deployment is reached, by the clients of each vendor. */
    URI address(Deployment.Kind kind) {
        return deployments
                .computeIfAbsent(kind, missing -> Deployment.start(missing, gateway(), "-Xmx128m"))
                .forward("all");
    }

    /** Ends the deployments. */
    void stop() {
        deployments.values().forEach(Deployment::close);
        deployments.clear();
    }

    /** Forgets what the providers were asked, and what they were to answer. */
    void reset() {
        all.forEach(provider -> provider.api.reset());
    }

    /** Looks at each request that went out. */
    void assertOwnKeysAlone() {
        all.forEach(provider -> provider.api.requests().forEach(provider::assertOwnKeyAlone));
    }

    /** Returns the one request that went out, which must have gone to this provider. */
    UpstreamRequest asked(FakeProvider expected) {
        for (FakeProvider provider : all) {
            assertThat(provider.api.requests()).hasSize(provider.equals(expected) ? 1 : 0);
        }
        return expected.api.requests().get(0);
    }

    /** No request went out. */
    void askedNoUpstream() {
        all.forEach(provider -> assertThat(provider.api.requests()).isEmpty());
    }

    /** Returns the body of a request, a character for each byte. */
    static String text(UpstreamRequest request) {
        return new String(request.body(), ISO_8859_1);
    }

    /** Returns the body of a request, which must be JSON. */
    static JsonNode json(UpstreamRequest request) {
        assertThat(request.head().value("Content-Type").orElse("")).startsWith("application/json");
        String body = new String(request.body(), UTF_8);
        try {
            return new ObjectMapper().readTree(body);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + body, e);
        }
    }
}
