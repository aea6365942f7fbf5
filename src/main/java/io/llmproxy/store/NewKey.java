package io.llmproxy.store;

import io.llmproxy.config.ClientKeyConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client key that is to be stored.
 *
 * @param config what it is; its key is a digest
 * @param hint the first characters of the key; null if they are not known
 * @param forwards the names of the forwards that it opens; empty for all
 */
public record NewKey(ClientKeyConfig config, @Nullable String hint, List<String> forwards) {
    /** Copies the list. */
    public NewKey {
        forwards = List.copyOf(forwards);
    }
}
