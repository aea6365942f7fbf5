/**
 * A configuration as it is written: the YAML tree with the line of each value, variables, and the problems of a document.
 * It knows nothing of what the keys mean.
 */
@NullMarked
package io.llmproxy.config.document;

import org.jspecify.annotations.NullMarked;
