/** When an upstream is left alone, and how often a failure may be tried again. Knows the configuration only. */
@NullMarked
package io.llmproxy.breaker;

import org.jspecify.annotations.NullMarked;
