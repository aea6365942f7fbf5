package io.llmproxy.boot;

import io.llmproxy.admin.StoredSecrets;
import io.llmproxy.audit.AuditNote;
import io.llmproxy.config.Secret;
import io.llmproxy.store.SealedSecret;
import io.llmproxy.store.SealingKey;
import io.llmproxy.store.SecretRefusedException;
import io.llmproxy.store.SecretTable.Rotation;
import io.llmproxy.store.StoreException;

/** The secrets of a store, for operators who call this node. It looks at once after a change; others do when they look next. */
record OperatorSecrets(ConfigSource node, StoreFollower follower) implements StoredSecrets {
    /** What is asked of the store. */
    private interface Work<T> {
        T with(OpenStore store) throws SecretRefusedException;
    }

    @Override
    public All all() {
        OpenStore store = StoreDocuments.opened(follower);
        try {
            StoreSecrets secrets = store.secrets();
            return new All(
                    secrets.state().keyId(),
                    secrets.keys().keys().stream().map(SealingKey::id).toList(),
                    secrets.all().stream().map(OperatorSecrets::told).toList());
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        }
    }

    private static Told told(StoreSecrets.Told told) {
        SealedSecret secret = told.secret();
        return new Told(
                secret.name(),
                secret.revision(),
                told.fingerprint(),
                told.problem(),
                secret.author(),
                secret.changedAt());
    }

    @Override
    public Told put(String name, Secret value, AuditNote note) throws RefusedException {
        return changed(store -> told(store.secrets()
                .put(name, value, store.content(), node, false, note)
                .orElseThrow()));
    }

    @Override
    public boolean delete(String name, AuditNote note) throws RefusedException {
        return changed(store -> store.secrets().delete(name, false, note));
    }

    @Override
    public Rotated rotate(boolean dry, AuditNote note) throws RefusedException {
        Rotation rotation = changed(store -> store.secrets().rotate(dry, note));
        return new Rotated(rotation.from(), rotation.to(), rotation.secrets());
    }

    private <T> T changed(Work<T> work) throws RefusedException {
        OpenStore store = StoreDocuments.opened(follower);
        try {
            T result = work.with(store);
            follower.nudge();
            return result;
        } catch (SecretRefusedException e) {
            throw new RefusedException(String.valueOf(e.getMessage()));
        } catch (StoreException e) {
            throw StoreDocuments.unavailable(e);
        }
    }
}
