/** Addresses, networks and patterns of paths: each text is read once, into a type that needs no further check. */
@NullMarked
package io.llmproxy.net;

import org.jspecify.annotations.NullMarked;
