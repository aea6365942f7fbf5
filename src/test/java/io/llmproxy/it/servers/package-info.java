/** App servers beside those of the ordinary integration tests. Only the profile {@code servers} runs them. */
@NullMarked
package io.llmproxy.it.servers;

import org.jspecify.annotations.NullMarked;
