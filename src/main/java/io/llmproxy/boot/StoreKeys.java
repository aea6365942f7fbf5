package io.llmproxy.boot;

import io.llmproxy.admin.IssuedKeys;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.ClientKeyConfig;
import io.llmproxy.config.IssuedKey;
import io.llmproxy.config.KeyDigest;
import io.llmproxy.proxy.admission.KeyDirectory;
import io.llmproxy.quota.Quotas;
import io.llmproxy.quota.Standing;
import io.llmproxy.store.ClientKeyStore;
import io.llmproxy.store.KeyConflictException;
import io.llmproxy.store.NewKey;
import io.llmproxy.store.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Client keys in a store. After a change, this node looks at once; the others follow when they look next. */
record StoreKeys(StoreFollower follower, KeyDirectory directory, Supplier<Quotas> quotas) implements IssuedKeys {
    /** What is asked of the store. */
    private interface Work<T> {
        T with(ClientKeyStore keys) throws KeyConflictException;
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public int count() {
        return directory.size();
    }

    @Override
    public Map<String, Long> byScope() {
        return directory.byScope();
    }

    @Override
    public List<IssuedKey> known() {
        return directory.all();
    }

    @Override
    public List<IssuedKey> page(String beginning, @Nullable Set<String> scopes, @Nullable String after, int limit) {
        return asked(keys -> keys.page(beginning, scopes, after, limit));
    }

    @Override
    public Optional<IssuedKey> find(String id) {
        return asked(keys -> keys.find(id));
    }

    @Override
    public List<Standing> standings(String id) {
        return directory.standings(id, quotas.get());
    }

    @Override
    public Optional<IssuedKey> find(KeyDigest digest) {
        return asked(keys -> keys.find(digest));
    }

    @Override
    public Issued issue(
            ClientKeyConfig config,
            @Nullable String hint,
            List<String> forwards,
            @Nullable String requestKey,
            AuditNote note)
            throws ConflictException {
        ClientKeyStore.Issued issued =
                changed(keys -> keys.issue(new NewKey(config, hint, forwards), requestKey, note));
        return new Issued(issued.key(), issued.again());
    }

    @Override
    public IssuedKey change(IssuedKey key, ClientKeyConfig config, List<String> forwards, AuditNote note)
            throws ConflictException {
        return changed(keys -> keys.change(key.id(), key.revision(), config, forwards, note));
    }

    @Override
    public IssuedKey rotate(IssuedKey key, KeyDigest digest, @Nullable String hint, Duration grace, AuditNote note)
            throws ConflictException {
        return changed(keys -> keys.rotate(key.id(), key.revision(), digest, hint, grace, note));
    }

    @Override
    public void delete(IssuedKey key, AuditNote note) throws ConflictException {
        changed(keys -> {
            keys.delete(key.id(), key.revision(), note);
            return key;
        });
    }

    private <T> T asked(Work<T> work) {
        try {
            return with(work);
        } catch (KeyConflictException e) {
            throw new IllegalStateException("nothing was changed", e);
        }
    }

    private <T> T changed(Work<T> work) throws ConflictException {
        try {
            T result = with(work);
            follower.nudge();
            return result;
        } catch (KeyConflictException e) {
            Conflict conflict = switch (e.reason()) {
                case GONE -> Conflict.GONE;
                case CHANGED -> Conflict.CHANGED;
                case NAME_TAKEN -> Conflict.NAME_TAKEN;
                case KEY_TAKEN -> Conflict.KEY_TAKEN;
            };
            throw new ConflictException(conflict, String.valueOf(e.getMessage()));
        }
    }

    private <T> T with(Work<T> work) throws KeyConflictException {
        OpenStore store = StoreDocuments.opened(follower);
        try {
            return work.with(store.keys());
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        }
    }
}
