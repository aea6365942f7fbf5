package io.llmproxy.store;

import org.jspecify.annotations.Nullable;

/**
 * How the secrets of a store stand.
 *
 * @param keyId id of the key that all are sealed with; null if there was none yet
 * @param revision another after each change
 */
public record SecretState(@Nullable String keyId, long revision) {}
