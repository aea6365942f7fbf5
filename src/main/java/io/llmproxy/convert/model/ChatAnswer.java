package io.llmproxy.convert.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an upstream answers.
 *
 * @param id the upstream's name for it; null if there is none
 * @param choices in the order of their index; at least one
 * @param usage null if not told
 * @param tier the upstream's word
 */
public record ChatAnswer(
        @Nullable String id,
        List<Choice> choices,
        @Nullable Usage usage,
        @Nullable String tier) {}
