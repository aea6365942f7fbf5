/**
 * What goes wrong: the errors that the gateway itself answers, what a client is told, and how an exchange with
 * an upstream fails.
 */
@NullMarked
package io.llmproxy.proxy.error;

import org.jspecify.annotations.NullMarked;
