package io.llmproxy.convert.model;

import io.llmproxy.convert.json.Json;

/**
 * A member of a request's top that has no counterpart elsewhere.
 *
 * @param semantic whether an answer without it means something else
 */
public record Extra(String name, Json value, boolean semantic) {}
