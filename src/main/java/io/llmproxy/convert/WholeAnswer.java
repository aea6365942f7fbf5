package io.llmproxy.convert;

import io.llmproxy.convert.model.Usage;
import org.jspecify.annotations.Nullable;

/**
 * An answer in a client's dialect.
 *
 * @param body JSON in UTF-8, or the whole of an event stream
 * @param usage what the upstream told; null if it did not
 * @param upstreamId the upstream's name for the answer; null if it has none
 */
@SuppressWarnings("ArrayRecordComponent") // It is written once and compared with nothing.
public record WholeAnswer(
        byte[] body, @Nullable Usage usage, @Nullable String upstreamId) {}
