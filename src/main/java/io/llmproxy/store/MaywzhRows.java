package io.llmproxy.store;

import io.llmproxy.config.Secret;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the database of maywzh's llm-proxy says, as far as it is configuration.
 *
 * @param providers in the order of their numbers
 * @param credentials in the order of their numbers
 */
public record MaywzhRows(List<Provider> providers, List<Credential> credentials) {
    /** No key has this digest. */
    private static final String NO_DIGEST = "0".repeat(64);

    /** Copies the lists. */
    public MaywzhRows {
        providers = List.copyOf(providers);
        credentials = List.copyOf(credentials);
    }

    /**
     * A provider.
     *
     * @param modelMapping JSON: the names that clients use, with those of the provider
     * @param params JSON: what only some types have
     */
    public record Provider(
            String key,
            String type,
            String apiBase,
            Secret apiKey,
            String modelMapping,
            int weight,
            boolean enabled,
            String params) {}

    /**
     * What lets a client in.
     *
     * @param digest SHA-256 of the key in hexadecimal digits
     * @param allowedModels JSON: a list of names and patterns; empty for all
     * @param rateLimit requests a second, or null
     */
    public record Credential(
            long id,
            String digest,
            String name,
            String allowedModels,
            @Nullable Integer rateLimit,
            boolean enabled) {
        private Credential disabled() {
            return new Credential(id, digest, name, allowedModels, rateLimit, false);
        }
    }

    /** Returns the digests of the credentials that are enabled. */
    public Set<String> enabled() {
        return credentials.stream()
                .filter(Credential::enabled)
                .map(Credential::digest)
                .collect(Collectors.toSet());
    }

    /**
     * Returns the same with all credentials disabled that are not enabled any more.
     *
     * @param enabled the digests of those that are
     */
    public MaywzhRows only(Set<String> enabled) {
        return new MaywzhRows(
                providers,
                credentials.stream()
                        .map(credential -> enabled.contains(credential.digest) ? credential : credential.disabled())
                        .toList());
    }

    /** Returns the same; if there is no credential, with a disabled one that no client has: without any, every client would be let in. */
    public MaywzhRows closed() {
        return credentials.isEmpty()
                ? new MaywzhRows(providers, List.of(new Credential(0, NO_DIGEST, "no credential", "[]", null, false)))
                : this;
    }

    /** Whether clients have to show a key there. */
    public boolean asksForKeys() {
        return credentials.stream().anyMatch(Credential::enabled);
    }

    /** Returns the same as that system's file would say it: with the keys of providers, and the digests of clients' keys. */
    public String document() {
        StringBuilder yaml = new StringBuilder("providers:\n");
        providers.forEach(
                provider -> yaml.append("- ").append(section(provider)).append('\n'));
        if (!credentials.isEmpty()) {
            yaml.append("master_keys:\n");
            Set<String> taken = new HashSet<>();
            credentials.forEach(credential ->
                    yaml.append("- ").append(section(credential, taken)).append('\n'));
        }
        return yaml.toString();
    }

    private static String section(Provider provider) {
        return "{name: " + quoted(provider.key) + ", provider_type: " + quoted(provider.type) + ", api_base: "
                + quoted(provider.apiBase) + ", api_key: " + quoted(provider.apiKey.reveal()) + ", model_mapping: "
                + literal(provider.modelMapping) + ", weight: " + provider.weight + ", is_enabled: "
                + provider.enabled
                + (provider.params.equals("{}") ? "" : ", provider_params: " + literal(provider.params)) + "}";
    }

    /** Names need not differ there. */
    private static String section(Credential credential, Set<String> taken) {
        String name = taken.contains(credential.name) ? credential.name + "#" + credential.id : credential.name;
        taken.add(name);
        return "{name: " + quoted(name) + ", key: " + quoted("sha256:" + credential.digest) + ", is_enabled: "
                + credential.enabled + ", allowed_models: " + literal(credential.allowedModels)
                + (credential.rateLimit == null ? "" : ", rate_limit: " + credential.rateLimit) + "}";
    }

    /** As JSON has it, which is YAML as well. */
    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(point -> {
            if (point == '"' || point == '\\') {
                quoted.append('\\').appendCodePoint(point);
            } else if (Character.isISOControl(point)) {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", point));
            } else {
                quoted.appendCodePoint(point);
            }
        });
        return literal(quoted.append('"').toString());
    }

    /** Nothing in a database refers to a variable. */
    private static String literal(String json) {
        return json.replace("${", "$${");
    }
}
