package io.llmproxy.boot;

import io.llmproxy.admin.ConfigDocuments.Unavailable;
import io.llmproxy.admin.ConfigDocuments.UnavailableException;
import io.llmproxy.admin.IssuedKeys;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.quota.Standing;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** There are no other keys than those of the file. */
final class NoIssuedKeys implements IssuedKeys {
    @Override
    public boolean isWritable() {
        return false;
    }

    @Override
    public int count() {
        return 0;
    }

    @Override
    public Map<String, Long> byScope() {
        return Map.of();
    }

    @Override
    public List<IssuedKey> known() {
        return List.of();
    }

    @Override
    public List<IssuedKey> page(String beginning, @Nullable Set<String> scopes, @Nullable String after, int limit) {
        return List.of();
    }

    @Override
    public Optional<IssuedKey> find(String id) {
        return Optional.empty();
    }

    @Override
    public List<Standing> standings(String id) {
        return List.of();
    }

    @Override
    public Optional<IssuedKey> find(KeyDigest digest) {
        return Optional.empty();
    }

    @Override
    public Issued issue(
            ClientKeyConfig config,
            @Nullable String hint,
            List<String> forwards,
            @Nullable String requestKey,
            AuditNote note) {
        throw readOnly();
    }

    @Override
    public IssuedKey change(IssuedKey key, ClientKeyConfig config, List<String> forwards, AuditNote note) {
        throw readOnly();
    }

    @Override
    public IssuedKey rotate(IssuedKey key, KeyDigest digest, @Nullable String hint, Duration grace, AuditNote note) {
        throw readOnly();
    }

    @Override
    public void delete(IssuedKey key, AuditNote note) {
        throw readOnly();
    }

    private static UnavailableException readOnly() {
        return new UnavailableException(
                Unavailable.READ_ONLY,
                "The configuration is a file: change its keys and reload it, or start with a store.");
    }
}
