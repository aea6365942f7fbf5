package io.llmproxy.config.document;

/**
 * Where something is written.
 *
 * @param source name of the file, or {@code environment LLMPROXY_X}
 * @param line line in the file, counted from 1; 0 where there is none
 */
public record Origin(String source, int line) {}
