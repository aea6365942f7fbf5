package io.llmproxy.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.Secret;
import io.llmproxy.config.UpstreamConfig;
import io.llmproxy.config.load.ConfigLoader;
import io.llmproxy.store.MaywzhRows.Credential;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class MaywzhRowsTest {
    private static MaywzhRows.Provider provider(String key, String type, String models, String params) {
        return new MaywzhRows.Provider(
                key, type, "https://api.example.com/v1", new Secret("sk-" + key), models, 2, true, params);
    }

    private static Credential credential(long id, String name, String models) {
        String digest = KeyDigest.of("key-" + id).configured().reveal().substring("sha256:".length());
        return new Credential(id, digest, name, models, null, true);
    }

    private static ProxyConfig load(List<MaywzhRows.Provider> providers, List<Credential> credentials) {
        String document = new MaywzhRows(providers, credentials).document();
        return ConfigLoader.parse(document, "the database", Path.of(""), Map.of())
                .config();
    }

    @Test
    void aProviderIsAnUpstream() {
        ProxyConfig config = load(
                List.of(provider("main", "openai", "{\"gpt-4\": \"gpt-4o\", \"größe\\n\": \"b\\u0001\"}", "{}")),
                List.of(credential(1, "team", "[\"gpt-*\", \"claude\"]")));

        UpstreamConfig upstream = config.upstreams().get(0);
        assertThat(upstream.name()).isEqualTo("main");
        assertThat(upstream.url()).hasToString("https://api.example.com/v1");
        assertThat(Objects.requireNonNull(upstream.auth()).token()).isEqualTo(new Secret("sk-main"));
        assertThat(Objects.requireNonNull(upstream.models()).upstreamName("gpt-4"))
                .isEqualTo("gpt-4o");
        assertThat(config.keys().get(0).allowedModels()).hasSize(2);
        assertThat(KeyDigest.configured(config.keys().get(0).key())).isEqualTo(KeyDigest.of("key-1"));
    }

    @Test
    void nothingInADatabaseRefersToAVariable() {
        MaywzhRows.Provider odd = new MaywzhRows.Provider(
                "main",
                "openai",
                "https://api.example.com",
                new Secret("${HOME} ${A:b} $${C}"),
                "{\"m\": \"${HOME}\"}",
                1,
                true,
                "{}");
        UpstreamConfig upstream = load(List.of(odd), List.of(credential(1, "a", "[]")))
                .upstreams()
                .get(0);
        assertThat(Objects.requireNonNull(upstream.auth()).token()).isEqualTo(new Secret("${HOME} ${A:b} $${C}"));
        assertThat(Objects.requireNonNull(upstream.models()).upstreamName("m")).isEqualTo("${HOME}");
    }

    @Test
    void credentialsOfOneNameAreToldApart() {
        ProxyConfig config = load(
                List.of(provider("main", "openai", "{\"m\": \"m\"}", "{}")),
                List.of(credential(1, "team", "[]"), credential(7, "team", "[]"), credential(9, "other", "[]")));
        assertThat(config.keys()).extracting(ClientKeyConfig::name).containsExactly("team", "team#7", "other");
    }

    @Test
    void whoHasNoEnabledCredentialAsksForNoKey() {
        Credential disabled = new Credential(1, "0".repeat(64), "a", "[]", 5, false);
        assertThat(new MaywzhRows(List.of(), List.of(disabled)).asksForKeys()).isFalse();
        assertThat(new MaywzhRows(List.of(), List.of()).asksForKeys()).isFalse();
        assertThat(new MaywzhRows(List.of(), List.of(disabled, credential(2, "b", "[]"))).asksForKeys())
                .isTrue();
    }

    @Test
    void whoIsRevokedIsDisabledAndTheRestStays() {
        MaywzhRows before = new MaywzhRows(
                List.of(provider("main", "openai", "{}", "{}")),
                List.of(credential(1, "a", "[]"), credential(2, "b", "[]"), credential(3, "c", "[]")));
        Credential renamed = new Credential(1, before.credentials().get(0).digest(), "new", "[\"x\"]", 5, true);
        Credential disabled = new Credential(2, before.credentials().get(1).digest(), "b", "[]", null, false);

        MaywzhRows without = before.only(new MaywzhRows(List.of(), List.of(renamed, disabled)).enabled());

        assertThat(without.providers()).isEqualTo(before.providers());
        assertThat(without.credentials().get(0)).isEqualTo(before.credentials().get(0));
        assertThat(without.credentials()).extracting(Credential::enabled).containsExactly(true, false, false);
        assertThat(before.only(before.enabled())).isEqualTo(before);
    }

    @Test
    void withoutCredentialsClientsAreAskedForOneThatNoClientHas() {
        MaywzhRows open = new MaywzhRows(List.of(provider("main", "openai", "{\"m\": \"m\"}", "{}")), List.of());
        MaywzhRows closed = open.closed();

        assertThat(closed.asksForKeys()).isFalse();
        assertThat(load(closed.providers(), closed.credentials()).keys())
                .singleElement()
                .satisfies(key -> assertThat(key.enabled()).isFalse());
        assertThat(closed.closed()).isEqualTo(closed);
    }

    @Test
    void theProjectOfVertexIsPartOfTheUrl() {
        ProxyConfig config = load(
                List.of(
                        provider(
                                "claude",
                                "gcp-vertex",
                                "{\"c\": \"c\"}",
                                "{\"gcp_project\": \"p\", \"gcp_location\": \"global\", \"gcp_publisher\": \"anthropic\"}"),
                        provider("gemini", "gemini", "{\"g\": \"g\"}", "{\"gcp_project\": \"q\"}"),
                        provider("whole", "gemini", "{\"g\": \"g\"}", "{}")),
                List.of(credential(1, "a", "[]")));
        assertThat(config.upstreams())
                .extracting(upstream -> String.valueOf(upstream.url()))
                .containsExactly(
                        "https://api.example.com/v1/v1/projects/p/locations/global",
                        "https://api.example.com/v1/v1/projects/q/locations/us-central1",
                        "https://api.example.com/v1");
    }
}
