package io.llmproxy.convert;

/**
 * A request that asks an upstream to count.
 *
 * @param path below the upstream's base
 * @param body JSON in UTF-8
 */
@SuppressWarnings("ArrayRecordComponent") // It is written once and compared with nothing.
public record CountRequest(String path, byte[] body) {}
