package io.llmproxy.management;

import java.time.Instant;

/**
 * An operator has told load balancers to send a node no more requests.
 *
 * @param by who
 * @param since when
 */
public record NodeDrain(String by, Instant since) {}
