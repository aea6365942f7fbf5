/** A session of WebSocket between two connections: frames, their limits, and how it closes (RFC 6455). */
@NullMarked
package io.llmproxy.websocket;

import org.jspecify.annotations.NullMarked;
