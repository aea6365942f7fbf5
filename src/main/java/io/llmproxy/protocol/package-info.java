/**
 * The APIs that clients speak: their paths, their error bodies, the ends of their streams. Knows the configuration
 * only.
 */
@NullMarked
package io.llmproxy.protocol;

import org.jspecify.annotations.NullMarked;
