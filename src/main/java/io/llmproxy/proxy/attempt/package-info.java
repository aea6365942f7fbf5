/** Asks one upstream after the other, judges what comes back, and decides what follows. */
@NullMarked
package io.llmproxy.proxy.attempt;

import org.jspecify.annotations.NullMarked;
