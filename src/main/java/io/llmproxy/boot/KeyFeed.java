package io.llmproxy.boot;

import io.llmproxy.proxy.admission.KeyDirectory;
import io.llmproxy.store.ClientKeyStore;
import io.llmproxy.store.KeyChanges;
import io.llmproxy.store.KeyPosition;
import io.llmproxy.store.LastGoodKeys;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a directory what becomes of the client keys of a store: at the start from the node's own disk, then by what has changed since.
 * Used by one thread at a time.
 */
final class KeyFeed {
    private static final Logger LOG = LoggerFactory.getLogger(KeyFeed.class);
    private static final Duration KEEP = Duration.ofSeconds(30);

    private final KeyDirectory directory;
    private final LastGoodKeys lastGood;
    private KeyPosition position = KeyPosition.START;
    /** What is on the disk; null if that is not known. */
    private @Nullable KeyPosition kept;

    private long keepAt = System.nanoTime();
    private boolean followed;

    /** Whether a store has had keys: a store that is lost must not let every client in. */
    private boolean asked;

    KeyFeed(KeyDirectory directory, LastGoodKeys lastGood) {
        this.directory = directory;
        this.lastGood = lastGood;
    }

    /** Begins with the keys that this node knew last. Called before anything else. */
    void restore() {
        lastGood.read().ifPresent(snapshot -> {
            position = snapshot.position();
            kept = position;
            directory.replace(snapshot.keys());
            asked = position.number() > 0;
            directory.required(asked);
        });
    }

    /** Takes over what has changed since the last time. */
    void follow(ClientKeyStore keys) {
        KeyChanges changes = keys.changes(position);
        if (changes.whole()) {
            if (position.number() > 0) {
                LOG.warn("the store was replaced; this node reloads all client keys");
                if (changes.to().number() == 0) {
                    LOG.error("the store has lost its client keys; every client still has to show one, until a key is"
                            + " issued or a version is committed");
                }
            }
            directory.replace(changes.changed());
        } else {
            changes.changed().forEach(directory::put);
            changes.removed().forEach(directory::remove);
        }
        position = changes.to();
        if (!asked && position.number() > 0) {
            asked = true;
            keepAt = System.nanoTime();
        }
        directory.required(asked);
        directory.fresh();
        if (!followed) {
            followed = true;
            LOG.info("loaded {} client keys from the store", directory.size());
        }
        keep();
    }

    /** An operator has put a version of this store in use: if it has never had a key, no client has to show one. */
    void accept() {
        asked = position.number() > 0;
        directory.required(asked);
    }

    /** What the disk says of a lost store is kept, so that a start does not forget that clients have to show a key. */
    private boolean isNews() {
        return !position.equals(kept) && (position.number() > 0 || !asked);
    }

    /** Writes all keys, so not too often. */
    private void keep() {
        long now = System.nanoTime();
        if (isNews() && now - keepAt >= 0) {
            lastGood.keep(position, directory.all());
            kept = position;
            keepAt = now + KEEP.toNanos();
        }
    }

    /** Writes what has not been written. */
    void close() {
        if (followed && isNews()) {
            lastGood.keep(position, directory.all());
        }
    }
}
