package io.llmproxy.store;

import io.llmproxy.config.IssuedKey;
import java.util.List;

/**
 * What has become of client keys.
 *
 * @param to how far this goes
 * @param whole whether {@code changed} holds all keys that there are
 * @param changed keys that are new or have changed, in this order
 * @param removed the ids of those that are gone
 */
public record KeyChanges(KeyPosition to, boolean whole, List<IssuedKey> changed, List<String> removed) {
    /** Copies the lists. */
    public KeyChanges {
        changed = List.copyOf(changed);
        removed = List.copyOf(removed);
    }
}
