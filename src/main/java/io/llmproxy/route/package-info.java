/** Which target a path belongs to. Knows the configuration and {@code net} only. */
@NullMarked
package io.llmproxy.route;

import org.jspecify.annotations.NullMarked;
