/** A bounded queue, and one thread that writes what it takes: the caller never waits, however slow the sink is. */
@NullMarked
package io.llmproxy.journal;

import org.jspecify.annotations.NullMarked;
