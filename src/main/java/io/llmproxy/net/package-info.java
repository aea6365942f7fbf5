/**
 * Addresses, networks and patterns of paths: each text is read once, into a type that needs no further check. Also what a
 * server can tell of the connection of a client.
 */
@NullMarked
package io.llmproxy.net;

import org.jspecify.annotations.NullMarked;
