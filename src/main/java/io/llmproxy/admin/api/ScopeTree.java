package io.llmproxy.admin.api;

import io.llmproxy.config.ProxyConfig;
import io.llmproxy.config.ScopeConfig;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The scopes of a configuration, and what becomes of the keys below them. */
record ScopeTree(Map<String, ScopeConfig> scopes) {
    static final String GONE = "no_scope";
    static final String DISABLED = "scope_disabled";

    static ScopeTree of(ProxyConfig config) {
        return new ScopeTree(
                config.scopes().stream().collect(Collectors.toMap(ScopeConfig::name, Function.identity())));
    }

    /** Why keys of a scope are refused; null if they are not, or there is no scope. */
    @Nullable String refusal(@Nullable String name) {
        for (String at = name; at != null; ) {
            ScopeConfig scope = scopes.get(at);
            if (scope == null) {
                return GONE;
            }
            if (!scope.enabled()) {
                return DISABLED;
            }
            at = scope.parent();
        }
        return null;
    }

    /** The names of the scopes right below one. */
    List<String> below(String name) {
        return scopes.values().stream()
                .filter(scope -> name.equals(scope.parent()))
                .map(ScopeConfig::name)
                .sorted()
                .toList();
    }
}
