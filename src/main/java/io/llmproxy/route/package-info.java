/** Which target a path belongs to. Knows the configuration only. */
@NullMarked
package io.llmproxy.route;

import org.jspecify.annotations.NullMarked;
