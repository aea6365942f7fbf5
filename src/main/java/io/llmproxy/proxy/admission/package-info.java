/** Which clients may use a forward: which keys, how often, how many at a time, and from which web pages. */
@NullMarked
package io.llmproxy.proxy.admission;

import org.jspecify.annotations.NullMarked;
