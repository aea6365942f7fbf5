package io.llmproxy.capture;

import io.llmproxy.convert.json.Json;

/**
 * Something to write.
 *
 * @param facts what is known of it beside head and body
 * @param recorded head and body
 */
record Captured(Json.Obj facts, Recorded recorded) {}
