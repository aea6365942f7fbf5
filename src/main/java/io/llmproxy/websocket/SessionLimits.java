package io.llmproxy.websocket;

import java.time.Duration;

/**
 * What bounds a session.
 *
 * @param idle how long neither side may send anything; zero for any time
 * @param write how long a side may take nothing of what it is sent
 * @param maxMessage the most bytes that a message may have; 0 for any number
 */
public record SessionLimits(Duration idle, Duration write, long maxMessage) {}
