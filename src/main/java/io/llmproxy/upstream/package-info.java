/**
 * The backends: which there are, which of them may be used, and how they are reached. Knows the mechanisms and the
 * configuration; knows nothing of servlets.
 */
@NullMarked
package io.llmproxy.upstream;

import org.jspecify.annotations.NullMarked;
