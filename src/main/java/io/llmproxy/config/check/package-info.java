/** What must be true of a configuration beyond the type and range of each value. */
@NullMarked
package io.llmproxy.config.check;

import org.jspecify.annotations.NullMarked;
