package io.llmproxy.convert.model;

import org.jspecify.annotations.Nullable;

/** The prompt up to here is to be cached; for how long, such as {@code 1h}, may not be said. */
public record CacheHint(@Nullable String ttl) {}
