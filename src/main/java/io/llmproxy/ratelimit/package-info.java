/** How much a client may ask for, who a client is, and how many are served at a time. Knows the configuration only. */
@NullMarked
package io.llmproxy.ratelimit;

import org.jspecify.annotations.NullMarked;
