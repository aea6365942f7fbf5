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
            directory.required(position.number() > 0);
        });
    }

    /** Takes over what has changed since the last time. */
    void follow(ClientKeyStore keys) {
        KeyChanges changes = keys.changes(position);
        if (changes.whole()) {
            if (position.number() > 0) {
                LOG.warn("the store was replaced; this node reloads all client keys");
            }
            directory.replace(changes.changed());
        } else {
            changes.changed().forEach(directory::put);
            changes.removed().forEach(directory::remove);
        }
        position = changes.to();
        directory.required(position.number() > 0);
        directory.fresh();
        if (!followed) {
            followed = true;
            LOG.info("loaded {} client keys from the store", directory.size());
        }
        keep();
    }

    /** Writes all keys, so not too often. */
    private void keep() {
        long now = System.nanoTime();
        if (!position.equals(kept) && now - keepAt >= 0) {
            lastGood.keep(position, directory.all());
            kept = position;
            keepAt = now + KEEP.toNanos();
        }
    }

    /** Writes what has not been written. */
    void close() {
        if (followed && !position.equals(kept)) {
            lastGood.keep(position, directory.all());
        }
    }
}
