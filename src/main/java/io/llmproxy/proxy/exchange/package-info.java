/** One request and all that is known of it, the forward that took it, and the listeners that hear how it goes. */
@NullMarked
package io.llmproxy.proxy.exchange;

import org.jspecify.annotations.NullMarked;
