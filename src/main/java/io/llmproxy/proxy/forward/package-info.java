/** Carries an exchange from its turn in the queue to its end, and keeps its deadlines. */
@NullMarked
package io.llmproxy.proxy.forward;

import org.jspecify.annotations.NullMarked;
